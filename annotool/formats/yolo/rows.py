"""From the lines of label files to annotations: kinds, boxes, spans, and the faults of rows."""

from __future__ import annotations

import msgspec
import numpy as np

from annotool.formats.base import Problems
from annotool.formats.yolo.lines import Lines
from annotool.formats.yolo.task import Task
from annotool.schema import NO_ID, Kind
from annotool.table import Array

__all__ = ["Placed", "annotation_columns", "file_faults", "kinds_of"]


class Placed(msgspec.Struct, frozen=True):
    """Where lines stand: start of their file in the buffer, its row in `sources`, the row of its image; row: of the
    annotation, -1 where the line could not be kept.
    """

    start: Array
    source: Array
    image: Array
    row: Array


def kinds_of(lines: Lines, task: Task) -> tuple[Array, Array]:
    """Return the kind of each line (NONE: no geometry can be had), and whether its number of numbers is wrong."""
    count = lines.count
    outline = (count >= 7) & (count % 2 == 1)
    kind = np.select([count == 5, outline], [int(Kind.BOX), int(Kind.POLYGON)], int(Kind.NONE)).astype(
        np.int8
    )
    wrong = ~outline & (count != 5)
    kind[count == 6] = Kind.BOX  # a confidence after the box
    if task.name == "obb":
        kind[count == 9] = Kind.OBB
        wrong |= outline & (count != 9)
    if task.name == "pose" and task.row_length > 5:
        kind[(count == task.row_length) | (count == task.row_length + 1)] = Kind.KEYPOINTS
        wrong = (count != 5) & (count != task.row_length)
    return kind, wrong


def annotation_columns(lines: Lines, kind: Array, placed: Placed) -> dict[str, Array]:
    """Return the columns of `annotations` that do not need an image's size, for the lines that are kept."""
    keep = placed.row >= 0
    every = bool(keep.all())

    def kept(values: Array) -> Array:
        return values if every else values[keep]

    kind, begin, values = kept(kind), kept(placed.start), kept(lines.values)
    boxed = (kind == Kind.BOX) | (kind == Kind.KEYPOINTS)
    xn, yn = values[:, 1] - values[:, 3] / 2, values[:, 2] - values[:, 4] / 2
    wn, hn = values[:, 3], values[:, 4]
    end = kept(lines.end) - begin
    columns: dict[str, Array] = {}
    if not boxed.all():
        x0, y0, x1, y1 = kept(lines.extent).T
        xn, yn = np.where(boxed, xn, x0), np.where(boxed, yn, y0)
        wn, hn = np.where(boxed, wn, x1 - x0), np.where(boxed, hn, y1 - y0)
        columns["bbox_derived"] = ~boxed
        columns["seg_start"] = np.where(boxed, -1, kept(lines.second) - begin)
        columns["seg_end"] = np.where(boxed, -1, end)
    points = kind == Kind.KEYPOINTS
    if points.any():
        columns["kpt_start"] = np.where(points, kept(lines.sixth) - begin, -1)
        columns["kpt_end"] = np.where(points, end, -1)
    index = values[:, 0]
    return columns | {
        "category_id": np.where(np.isnan(index), NO_ID, np.nan_to_num(index).astype(np.int64)),
        "image": kept(placed.image),
        "source": kept(placed.source),
        "kind": kind if (kind != kind[:1]).any() else np.broadcast_to(kind.max(initial=0), len(kind)),
        "xn": xn,
        "yn": yn,
        "wn": wn,
        "hn": hn,
        "decimals": kept(decimals(lines)),
        "start": kept(lines.start) - begin,
        "end": end,
        "line": kept(lines.line),
        "index": kept(lines.index),
    }


def decimals(lines: Lines) -> Array:
    """Decimals the numbers of each line's file are written with; -1 where none has any.

    A writer that drops zeros at the end writes 0.5 for 0.500000, so the file's longest counts, and no less than what
    half of all rows have.
    """
    if not len(lines):
        return np.empty(0, dtype=np.int8)
    starts = np.flatnonzero(np.append(True, lines.file[1:] != lines.file[:-1]))
    longest = np.maximum.reduceat(lines.places, starts)
    usual = int(np.median(lines.places))
    counts = np.diff(np.append(starts, len(lines)))
    return np.repeat(np.minimum(np.maximum(longest, usual), 99).astype(np.int8), counts)


def file_faults(
    problems: Problems, lines: Lines, placed: Placed, wrong: Array, task: Task, category: Array
) -> None:
    """File the faults of rows: wrong numbers of numbers, and what was met in odd lines. `category` has a key an
    annotation.
    """
    rows = np.flatnonzero(wrong & (lines.count > 0))
    predicted = np.isin(lines.count[rows], (6, task.row_length + 1 if task.row_length else 6))
    for mine, what in (
        (rows[predicted], ": a prediction saved with its confidence"),
        (rows[~predicted], ""),
    ):
        values = {"count": lines.count[mine], "expected": task.expected}
        message = f"{{count}} numbers in the row{what}; expected {{expected}}"
        problems.add_many("FMT002", message, len(mine), values=values, **keys(lines, placed, mine))
    lost = set(rows[placed.row[rows] < 0].tolist())
    for row, faults in lines.faults.items():
        if row not in lost:
            where = {name: each[0].item() for name, each in keys(lines, placed, np.array([row])).items()}
            for fault in faults:
                place = {**where, "kept": fault.kept}
                if "new" in fault.values:
                    first = where["start"]
                    place |= {"start": first + fault.start, "end": first + fault.end}
                if fault.rule == "SCH004":
                    place["category"] = int(category[place["annotation"]])
                problems.add(fault.rule, fault.message, fix=fault.fix, **place, **fault.values)


def keys(lines: Lines, placed: Placed, rows: Array) -> dict[str, Array]:
    """Which records these lines are, and where."""
    return {
        "source": placed.source[rows],
        "image": placed.image[rows],
        "annotation": placed.row[rows],
        "line": lines.line[rows],
        "start": lines.start[rows] - placed.start[rows],
        "end": lines.end[rows] - placed.start[rows],
        "kept": placed.row[rows] >= 0,
    }
