"""What a fix would change, record by record, for people: `annotool fix --diff`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import Any

from annotool.fixes.places import name_in
from annotool.table import Table
from annotool.wording import printable

__all__ = ["lines"]

WIDTH = 160  # characters of a value that are shown
BEFORE = 60  # of these, such as stand before a difference
TOLD = ("rule", "safe", "score", "path", "line", "image", "annotation_id", "category", "column", "old", "new")
VALUES = ("old_value", "new_value")


def lines(changes: Table, slugs: Mapping[str, str], root: Path) -> Iterator[str]:
    """Yield the changes in the style of a unified diff, in the order made: a line `@@ file:line rule,
    record`, then `-` what is there and `+` what would be, records on one line. File names are below `root`;
    `changes` as in changes.described.
    """
    columns = {name: changes[name].tolist() for name in ("round", "edit", *TOLD, *VALUES)}
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    for _, part in groupby(rows, key=lambda row: (row["round"], row["edit"], is_file(row) and row["path"])):
        first, *more = part
        yield head(first, slugs, root)
        name = f"{first['column']} " if first["column"] else ""
        if is_file(first):
            if first["column"]:
                yield from (f"-{name}{first['old_value']}", f"+{name}{first['new_value']}")
        elif first["old"] is None:
            yield from (f"+{text(each)}" for each in first["new"].splitlines())
        elif more or boxed(first["old_value"], first["column"]):
            yield f"-{name}{told(first['old_value'])}"
            yield f"+{name}{told(first['new_value'])}"
        elif first["new"] is not None:
            old, new = apart(one_line(first["old"]), one_line(first["new"]))
            if old.strip():
                yield f"-{name}{short(old)}"
            if new.strip():  # a new member comes with its comma and key
                yield f"+{name}{short(new) if first['old'] or not name else told(first['new_value'])}"


def is_file(row: Mapping[str, Any]) -> bool:
    """Whether a change is of an image file as a whole: it takes another name or place, or goes."""
    return row["old"] is None and row["new"] is None


def boxed(old: Any, column: str) -> bool:
    """Whether a change is of a box that was one before."""
    return column == "bbox" and old is not None and all(map(isfinite, old))


def head(row: Mapping[str, Any], slugs: Mapping[str, str], root: Path) -> str:
    file = name_in(root, row["path"]) or row["path"].as_posix()
    place = f"{file}:{row['line']}" if row["line"] else file
    record = [row["image"], f"annotation {row['annotation_id']}" if row["annotation_id"] is not None else ""]
    what = ", ".join(each for each in (*record, row["category"]) if each)
    score = "" if row["score"] is None else f", predicted with {row['score']:.2f}"
    unsafe = "" if row["safe"] else f" (unsafe{score})"
    added, gone = row["old"] is None, row["new"] is None
    moved = " (a new place)" if "/" in str(row["new_value"]) else " (a new name)"
    goes = (
        (moved if row["column"] else " (left out)") * (added and gone)
        or " (the file goes)" * gone
        or " (a new file)" * added
    )
    return f"@@ {place} {row['rule']} {slugs.get(row['rule'], '')}{unsafe}{goes}{': ' if what else ''}{what}"


def text(held: bytes) -> str:
    """Bytes as one line of text, cut where it is long."""
    return short(one_line(held))


def one_line(held: bytes) -> str:
    """Bytes as one line of text."""
    return printable(" ".join(held.decode("utf-8", "backslashreplace").split()))


def apart(old: str, new: str) -> tuple[str, str]:
    """Two long texts from a little before they differ, so that it is seen in what is shown of them."""
    pairs = enumerate(zip(old, new, strict=False))
    begin = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new))) - BEFORE
    if not old or not new or max(len(old), len(new)) <= WIDTH or begin <= 0:
        return old, new
    return f"… {old[begin:]}", f"… {new[begin:]}"


def told(value: Any) -> str:
    """A value; a box as x y w h in pixels."""
    return short(" ".join(f"{each:.10g}" for each in value) if isinstance(value, tuple) else str(value))


def short(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 2]} …"
