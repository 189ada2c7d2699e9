"""The house keeps its floors: an upper room imports a lower one, never the other way, never sideways."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import annotool

ROOT = Path(annotool.__file__).parent

# Lowest first. Rooms on one floor do not import each other, unless in one string, where the left is below the right.
FLOORS = [
    ["errors wording notebook output progress parallel memory table schema geometry imagefile"],
    ["findings"],
    ["dataset"],
    ["metrics", "fingerprint baselines joining"],
    ["formats", "rules"],
    ["selection config", "predictions"],
    ["engine", "fixes", "conversion splitting", "drawing"],
    ["reporting", "reviewing"],
    ["api"],
    ["cli __main__", "testing"],
]
# Rooms whose parts know nothing of each other but what their base offers.
SEPARATE = {
    "formats": {"base", "images", "labelled", "listing", "naming", "sheet", "sidefile"},
    "rules": {"base", "targets"},
    "reporting": {"told", "rows", "counts", "explained", "places", "verdict"},
}


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor_of(room: str) -> int:
    for number, floor in enumerate(FLOORS):
        if room in " ".join(floor).split():
            return number
    raise AssertionError(
        f"annotool.{room} has no floor: give it one in FLOORS and in the house's description"
    )


def neighbours(room: str, other: str) -> bool:
    """Whether `room` may import `other` on its own floor: it stands to the right of it in one string."""
    groups = [group.split() for floor in FLOORS for group in floor]
    return any(room in group and other in group[: group.index(room)] for group in groups)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down(path: Path) -> None:
    name = name_of(path)
    if name == "annotool":
        return
    room = name.split(".")[1]
    for target in imported(ast.parse(path.read_text("utf-8"))):
        parts = target.split(".")
        if parts[0] != "annotool":
            continue
        assert len(parts) > 1 and target != "annotool", f"{name} imports the package root"
        other = parts[1]
        if other == room or (room in ("__main__", "cli") and other in ("api", "cli")):
            continue
        lower = floor_of(other) < floor_of(room)
        assert lower or neighbours(room, other), f"{name} imports {target}, which is not below it"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_formats_rules_and_reports_do_not_know_each_other(path: Path) -> None:
    parts = name_of(path).split(".")
    if len(parts) < 3 or parts[1] not in SEPARATE or parts[2] in SEPARATE[parts[1]]:
        return
    room, own = parts[1], parts[2]
    for target in imported(ast.parse(path.read_text("utf-8"))):
        there = target.split(".")
        if there[:2] == ["annotool", room] and len(there) > 2:
            allowed = SEPARATE[room] | {own}
            known = (ROOT / room / there[2]).exists() or (ROOT / room / f"{there[2]}.py").exists()
            assert not known or there[2] in allowed, f"{'.'.join(parts)} imports {target}"


def test_no_import_cycles() -> None:
    graph: dict[str, set[str]] = {name_of(path): set() for path in modules()}
    for path in modules():
        tree = ast.parse(path.read_text("utf-8"))
        for statement in tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for target in imported(statement):
                    found = target
                    while found and found not in graph:
                        found = found.rpartition(".")[0]
                    if found and found != name_of(path):
                        graph[name_of(path)].add(found)
    for start in graph:
        seen: set[str] = set()
        todo = list(graph[start])
        while todo:
            each = todo.pop()
            if each not in seen:
                seen.add(each)
                todo += graph[each]
        assert start not in seen, f"{start} imports itself in a circle"


def test_public_names_survive_importing_every_module() -> None:
    for each in pkgutil.walk_packages(annotool.__path__, "annotool."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
    assert annotool.__all__ == sorted(annotool.__all__)
    for name in annotool.__all__:
        value = getattr(annotool, name)
        assert callable(value), f"annotool.{name} is {value!r}: a module took its name"
    assert annotool.list_rules()
