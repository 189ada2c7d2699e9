"""A scene as it would be after a fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.drawing.colours import MENDED
from annotool.drawing.scene import Mark, Scene, named
from annotool.findings import Edits, Op
from annotool.geometry.rle import counts_from_string, outlines
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["mended"]


def mended(data: Dataset, before: Scene, edits: Edits) -> tuple[Scene | None, str]:
    """Return the scene with the edits of one finding made, and what became of what it names: removed, moved, renamed, added.
    None where nothing is to be seen of them."""
    mine = edits.take(
        (edits["table"] == "annotations") & ((edits["op"] == Op.SET) | (edits["op"] == Op.DROP))
    )
    by_row = {mark.row: at for at, mark in enumerate(before.marks)}
    marks: list[Mark | None] = [*before.marks]
    words = dict[str, None]()
    for op, row, column, new in zip(
        *(mine[name].tolist() for name in ("op", "row", "column", "new")), strict=True
    ):
        at = by_row.get(row, -1)
        mark = marks[at] if at >= 0 else None
        if mark is None:
            continue
        marks[at], word = (None, "removed") if op == Op.DROP else changed(data, mark, column, new)
        words |= {word: None} if word else {}
    new_ones = added(data, before, edits)
    words |= {"added": None} if new_ones else {}
    if not words:
        return None, ""
    return replace(before, marks=(*(mark for mark in marks if mark), *new_ones)), ", ".join(words)


def added(data: Dataset, before: Scene, edits: Edits) -> list[Mark]:
    """The boxes that come to an image."""
    mine = edits.take((edits["table"] == "images") & (edits["op"] == Op.ADD))
    marks = []
    for row, new in zip(mine["row"].tolist(), mine["new"].tolist(), strict=True):
        x, y, w, h = new.box
        if not data.table("images")["width"][row] > 0:  # then it is in fractions
            x, y, w, h = x * before.width, y * before.height, w * before.width, h * before.height
        label = named(str(data.table("categories")["name"][new.category]), NO_ID)
        marks.append(Mark(-1, "mended", label, MENDED, (x, y, x + w, y + h)))
    return marks


def changed(data: Dataset, mark: Mark, column: str, new: Any) -> tuple[Mark, str]:
    """A mark with a new value, and what that does; no word where it cannot be seen."""
    green = replace(mark, role="mended", colour=MENDED)
    if column == "bbox" and not data.boxes.fraction[mark.row] and np.isfinite(new).all():
        x, y, w, h = (float(each) for each in new)
        return replace(green, box=(x, y, x + w, y + h)), "new box"
    if column == "segmentation":
        outer, holes = rings(new)
        return (replace(green, outer=outer, holes=holes), "new outline") if outer else (mark, "")
    if column == "rings" and mark.outer:
        kept = tuple(ring for at, ring in enumerate(mark.outer) if at not in new)
        return replace(green, outer=kept), "new outline"
    if column == "category":
        name = str(data.table("categories")["name"][int(new)])
        return replace(green, label=named(name, int(data.table("annotations")["id"][mark.row]))), "new class"
    return mark, ""


def rings(new: Any) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """The outer rings and the holes of a segmentation as an edit has it."""
    if not isinstance(new, Mapping):
        return tuple(np.array(ring, dtype=np.float64).reshape(-1, 2) for ring in new), ()
    counts, size = new["counts"], new["size"]
    runs = counts_from_string(counts) if isinstance(counts, str) else counts
    outer, holes = outlines(runs, size)
    return tuple(ring.reshape(-1, 2) for ring in outer), tuple(ring.reshape(-1, 2) for ring in holes)
