from __future__ import annotations

import pytest

from annotool.engine import run
from annotool.engine.ignores import in_path
from annotool.findings import Findings, Ignored
from annotool.rules import registry
from annotool.testing import tiny

TINY = {"box": (10, 10, 0.5, 20)}
DATA = tiny(
    images=[
        {"file_name": name} for name in ("a/0.jpg", "batch_3/1.jpg", "images/batch_3/x/2.jpg", "b/3.jpg")
    ],
    annotations=[
        {"image": 0, **TINY},
        {"image": 1, **TINY},
        {"image": 2, **TINY, "category": 1},
        {"image": 3, **TINY, "category": 1},
    ],
    categories=("person", "crowd of people"),
    splits={"train": [0, 1], "test": [1, 2], "test-small": [3]},
)


def ran(by: str, name: str, *, codes: frozenset[str] = frozenset({"BOX003"})) -> Findings:
    rules = {code: rule() for code, rule in registry().items()}
    return run(DATA, rules, {"BOX003"}, {}, {by: {name: codes}})


@pytest.mark.parametrize(
    ("by", "name", "left"),
    [
        ("split", "test", [0, 1, 3]),  # image 1 is in train too
        ("split", "test*", [0, 1]),
        ("split", "tes", [0, 1, 2, 3]),
        ("file", "batch_3/**", [0, 3]),
        ("file", "batch_3/*", [0, 3]),  # * is a folder or a file of it
        ("file", "batch_?", [0, 3]),
        ("file", "3/**", [0, 1, 2, 3]),
        ("file", "*.jpg", []),
        ("file", "b/3.jpg", [0, 1, 2]),
        ("category", "crowd*", [0, 1]),
        ("category", "crowd", [0, 1, 2, 3]),
        ("category", "person", [2, 3]),
    ],
)
def test_where(by: str, name: str, left: list[int]) -> None:
    findings = ran(by, name)
    rows = [row for row in findings.column("annotation").tolist() if row >= 0]
    assert rows == left
    count = 4 - len(left)
    told = [each for each in findings.ignored if each.count]
    assert told == ([Ignored(by, name, "BOX003", count)] if count else [])


def test_other_rules_are_left_alone() -> None:
    assert len(ran("category", "crowd*", codes=frozenset({"BOX001"}))) == len(ran("category", "none"))


def test_each_finding_is_counted_once() -> None:
    rules = {code: rule() for code, rule in registry().items()}
    ignores = {"split": {"test": frozenset({"BOX003"})}, "file": {"**": frozenset({"BOX003"})}}
    findings = run(DATA, rules, {"BOX003"}, {}, ignores)
    assert [(each.by, each.count) for each in findings.ignored] == [("split", 1), ("file", 3)]


def test_findings_of_a_split_and_of_a_label_file() -> None:
    split = tiny(images=6, splits={"train": [0, 1], "val": [2, 3, 4, 5]}, annotations=[
        *({"image": at, "category": 0} for at in (0, 1, 2)), *({"image": 3, "category": 1} for _ in range(30)),
    ])  # fmt: skip
    rules = {code: rule() for code, rule in registry().items()}
    every = run(split, rules, {"SPL004"}, {})
    assert len(every) == 1 and every.blocks[0].values["split"].tolist() == ["val"]
    assert len(run(split, rules, {"SPL004"}, {}, {"split": {"val": frozenset({"SPL004"})}})) == 0
    assert len(run(split, rules, {"SPL004"}, {}, {"split": {"train": frozenset({"SPL004"})}})) == 1


@pytest.mark.parametrize(
    ("glob", "path", "hit"),
    [
        ("batch_3/**", "batch_3/a/b.jpg", True),
        ("batch_3", "batch_30/a.jpg", False),
        ("a/*/c.jpg", "a/b/c.jpg", True),
        ("a/*/c.jpg", "a/b/b/c.jpg", False),
        ("a/**/c.jpg", "a/b/b/c.jpg", True),
        ("a/**/c.jpg", "a/c.jpg", True),
        ("*.png", "a\\b.png", True),
        ("[ab].jpg", "b.jpg", True),
        ("[!ab].jpg", "b.jpg", False),
        ("a+b.jpg", "a+b.jpg", True),
        ("*.jpg", "a.jpg.txt", False),
        ("[z-a].jpg", "x/[z-a].jpg", True),  # no range: it means itself
        ("[\\]", "a.jpg", False),
    ],
)
def test_globs(glob: str, path: str, hit: bool) -> None:
    assert in_path(glob, path) is hit
