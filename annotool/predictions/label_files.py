"""A folder of label files with confidences, as detectors save them: one text file an image, one row a detection.

    class cx cy w h confidence              a box; the confidence may stand second instead
    class x1 y1 ... xn yn confidence        an outline, or the four corners of an oriented box

Coordinates are fractions of the image. The class is its index in the order of the classes, or its name. An image without a
file has no detections.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotool.errors import UsageError
from annotool.findings import Severity
from annotool.formats.base import Problems, ReadOptions, objects
from annotool.formats.yolo import numbers
from annotool.formats.yolo.classes import is_class_list
from annotool.formats.yolo.decode import DECODER
from annotool.formats.yolo.files import Held, Wrong, read_files, text_files, tree
from annotool.predictions.results import CODE, References, Results
from annotool.schema import NO_ID, Kind, make
from annotool.table import Array, Table

__all__ = ["label_folder", "read_label_files"]

BOM = b"\xef\xbb\xbf"
WHITE = np.isin(np.arange(256), np.frombuffer(b" \t\r\n\v\f", np.uint8))
DIGIT = np.isin(np.arange(256), np.frombuffer(b"0123456789.", np.uint8))
SLACK = 0.01  # of the image's side by which a box may leave it
PIXELS = 1.5  # what is beyond is no fraction
WRONG = {
    "bom": ("the file begins with a byte order mark", Severity.WARNING),
    "encoding": ("not UTF-8: {why}", Severity.ERROR),
    "utf-16": ("the file is UTF-16; save it as UTF-8", Severity.ERROR),
    "binary": ("the file is no text", Severity.ERROR),
    "pointer": ("a git-lfs pointer stands in place of the file; run `git lfs pull`", Severity.ERROR),
    "unread": ("the file cannot be read: {why}", Severity.ERROR),
}


@dataclass(frozen=True)
class Rows:
    """The non-blank lines. file: number of the file; start, end: bytes of the buffer; line: from 1 in its file; first:
    place of its first token among all; count: of its tokens; token_start, token_end, values of all tokens (NaN: no number).
    """

    file: Array
    start: Array
    end: Array
    line: Array
    first: Array
    count: Array
    token_start: Array
    token_end: Array
    values: Array

    def at(self, place: Array | int) -> Array:
        """The number at a place of each row, counted from its end where negative; NaN where there is none."""
        place = np.broadcast_to(np.asarray(place), self.count.shape)
        at = self.first + np.where(place < 0, self.count + place, place)
        there = np.where(place < 0, -place, place + 1) <= self.count
        return np.where(there, self.values[np.where(there, at, 0)], np.nan) if len(at) else np.empty(0)


def label_folder(path: Path, options: ReadOptions) -> dict[str, list[str]]:
    """Return the names of the label files below a folder, by folder; of `labels` in it where there are some."""
    failed: dict[str, str] = {}
    for root in (path / "labels", path):
        found = {folder: text_files(names) for folder, names in tree(root, options, failed).items()}
        found = {folder: names for folder, names in found.items() if names}
        if found:
            return found
    if failed:
        raise UsageError(f"--predictions {path}: cannot be listed ({next(iter(failed.values()))})")
    return {}


def read_label_files(
    path: Path, folders: Mapping[str, list[str]], options: ReadOptions, file: str
) -> Results:
    """Read label files, given by folder; `file` is how a source names `path`. What is wrong is in `faults`."""
    held = read_files(folders, options)
    names = [
        os.path.relpath(os.path.join(folder, name), path) for folder, own in folders.items() for name in own
    ]
    bounds = zip(names, held.start.tolist(), held.end.tolist(), strict=True)
    lists = [is_class_list(name.rpartition(os.sep)[2], held.buffer[s:e]) for name, s, e in bounds]
    rows = rows_of(held, np.array(lists, dtype=bool))
    problems = Problems()
    file_faults(problems, held.wrong)
    place = confidence(rows)
    table, kept = columns(problems, rows, held, place)
    stems = [name[:-4].replace(os.sep, "/") for name in names]
    labels = ["/".join(part for part in each.split("/") if part != "labels") or each for each in stems]
    sources = make(
        "sources", len(names), file=objects([f"{file}/{name.replace(os.sep, '/')}" for name in names]),
        format=objects(["yolo"] * len(names)), role=objects(["predictions"] * len(names)),
        buffer=np.zeros(len(names)), start=held.start, end=held.end,
        records=np.bincount(rows.file, minlength=len(names)),
    )  # fmt: skip
    none = np.full(len(table), NO_ID)
    said = "without confidence" if place == 0 else f"confidence {'last' if place < 0 else 'second'}"
    return Results(
        f"label files, {said}", table,
        References(none, tuple(labels), rows.file[kept]), called(rows, held, kept), sources, (held.buffer,),
        problems.findings(), {"yolo": DECODER}, facts={"classes": "index", "files": len(names), "confidence": said},
    )  # fmt: skip


def rows_of(held: Held, left_out: Array) -> Rows:
    """Cut the text into rows of tokens, and read those that are numbers."""
    text = held.buffer.replace(BOM, b"   ")
    block = np.frombuffer(text, np.uint8)
    start, end = numbers.tokens(WHITE[block])
    newline = np.flatnonzero(block == ord("\n"))
    line_of = np.searchsorted(newline, start)
    new = np.flatnonzero(np.append(True, line_of[1:] != line_of[:-1])[: len(start)])
    count = np.diff(np.append(new, len(start)))
    strange = np.add.reduceat(~DIGIT[block], start)[: len(start)] if len(start) else start
    spaces = np.append(start[1:], len(block)) - end
    values, _ = numbers.decimals(block, start, end, strange > spaces)
    for at in np.flatnonzero(np.isnan(values)).tolist():  # few: signs, exponents, words
        values[at] = number(text[start[at] : end[at]])
    file = np.searchsorted(held.start, start[new], side="right") - 1
    keep = ~left_out[file] if len(left_out) else np.ones(len(new), dtype=bool)
    own_line = line_of[new] - np.searchsorted(newline, held.start)[file] + 1
    last = new + count - 1
    return Rows(
        file[keep],
        start[new][keep],
        end[last][keep],
        own_line[keep],
        new[keep],
        count[keep],
        start,
        end,
        values,
    )


def number(token: bytes) -> float:
    try:
        return float(token) if b"_" not in token else np.nan
    except ValueError:
        return np.nan


def confidence(rows: Rows) -> int:
    """Return where the confidence stands: -1 last, 1 second, 0 nowhere: by which the boxes lie in their images."""
    with_one = rows.count % 2 == 0
    if not with_one.any():
        return 0 if len(rows.count) else -1
    last, second = (unit(rows.at(at)) & (rows.count == 6) for at in (-1, 1))
    behind, after = inside(rows, 1), inside(rows, 2)
    if (behind | after).any():  # else they are no fractions
        last, second = last & behind, second & after
    return 1 if second.sum() > last.sum() else -1


def unit(values: Array) -> Array:
    return np.asarray((values >= 0) & (values <= 1))


def inside(rows: Rows, first: int) -> Array:
    """Whether the four numbers from a place on are a box in its image."""
    x, y, w, h = (rows.at(first + at) for at in range(4))
    good = (w > 0) & (h > 0)
    for center, side in ((x, w), (y, h)):
        good &= (center - side / 2 >= -SLACK) & (center + side / 2 <= 1 + SLACK)
    return np.asarray(good)


def columns(problems: Problems, rows: Rows, held: Held, place: int) -> tuple[Table, Array]:
    """Return the table of rows that can be kept, and which these are; file what is wrong with rows."""
    scored = rows.count % 2 == 0
    points = rows.count - 1 - scored
    box = points == 4
    outline = (points >= 6) & (points % 2 == 0)
    first = np.where(scored & (place > 0), 2, 1)
    extent = extents(rows, first, np.where(box | outline, points, 0))
    score = np.where(scored, rows.at(-1 if place <= 0 else 1), np.nan)
    begin = held.start[rows.file]

    def file(which: Array, message: str, kept: bool = True, **values: Any) -> None:
        at = np.flatnonzero(which)
        spans = {"start": (rows.start - begin)[at], "end": (rows.end - begin)[at]}
        values = {name: each[at] for name, each in values.items()}
        problems.add_many(CODE, message, len(at), values=values, source=rows.file[at], line=rows.line[at],
                          kept=kept, severity=int(Severity.ERROR), **spans)  # fmt: skip

    strange = ~(box | outline)
    file(strange, "{count} fields; expected class cx cy w h confidence, or points in place of the box",
         kept=False, count=rows.count)  # fmt: skip
    broken = ~strange & ~np.isfinite(extent).all(axis=1)
    file(broken, "a coordinate is no finite number", kept=False)
    pixels = ~strange & ~broken & (np.abs(extent) > PIXELS).any(axis=1)
    file(pixels, "coordinates up to {most:g}, so in pixels; fractions of the image are expected: not scored",
         most=np.abs(extent).max(axis=1, initial=0))  # fmt: skip
    kept = np.flatnonzero(~strange & ~broken)
    missing = np.isnan(score) & ~strange & ~broken
    file(missing & ~scored, "the confidence is missing: {count} fields", count=rows.count)
    file(missing & scored, "the confidence is no number")
    xn, yn, wn, hn = np.where(pixels[:, None], np.nan, extent)[kept].T
    seg = outline[kept]
    seg_first = rows.token_start[rows.first[kept] + first[kept]] - begin[kept]
    seg_last = rows.token_end[rows.first[kept] + first[kept] + points[kept] - 1] - begin[kept]
    classes = rows.at(0)[kept]
    whole = np.isfinite(classes) & (classes == np.floor(classes)) & (np.abs(classes) < 1e9)
    table = make(
        "predictions", len(kept), source=rows.file[kept], score=score[kept], xn=xn, yn=yn, wn=wn, hn=hn,
        kind=np.where(seg, Kind.POLYGON, Kind.BOX), bbox_derived=seg, line=rows.line[kept],
        start=(rows.start - begin)[kept], end=(rows.end - begin)[kept],
        index=(np.arange(len(rows.file)) - np.searchsorted(rows.file, rows.file))[kept],
        seg_start=np.where(seg, seg_first, -1), seg_end=np.where(seg, seg_last, -1),
        category_id=np.where(whole, np.where(whole, classes, 0), NO_ID).astype(np.int64),
    )  # fmt: skip
    return table, kept


def extents(rows: Rows, first: Array, points: Array) -> Array:
    """X y w h of each row, fractions, float64 (n, 4): of the box, or around its points; NaN where one is no number."""
    result = np.full((len(first), 4), np.nan)
    boxes = np.flatnonzero(points == 4)
    x, y, w, h = (rows.values[(rows.first + first)[boxes] + at] for at in range(4))
    result[boxes] = np.stack([x - w / 2, y - h / 2, w, h], axis=1)
    many = np.flatnonzero(points >= 6)
    if len(many):
        pairs = points[many] // 2
        starts = np.cumsum(pairs) - pairs
        at = np.repeat((rows.first + first)[many] - 2 * starts, pairs) + 2 * np.arange(pairs.sum())
        for axis in (0, 1):
            low = np.minimum.reduceat(rows.values[at + axis], starts)
            result[many, axis] = low
            result[many, axis + 2] = np.maximum.reduceat(rows.values[at + axis], starts) - low
    return result


def called(rows: Rows, held: Held, kept: Array) -> References:
    """What rows call their class: its index, else the name that stands first."""
    classes = rows.at(0)[kept]
    whole = np.isfinite(classes) & (classes == np.floor(classes)) & (np.abs(classes) < 1e9)
    ids = np.where(whole, np.where(whole, classes, 0), NO_ID).astype(np.int64)
    named = np.flatnonzero(~whole)
    if not len(named):
        return References(ids)
    number: dict[str, int] = {}
    name_of = np.full(len(kept), -1)
    token = rows.first[kept[named]]
    spans = zip(rows.token_start[token].tolist(), rows.token_end[token].tolist(), strict=True)
    texts = (held.buffer[start:end].removeprefix(BOM).decode("utf-8", "replace") for start, end in spans)
    name_of[named] = [number.setdefault(text, len(number)) for text in texts]
    return References(ids, tuple(number), name_of)


def file_faults(problems: Problems, wrong: Mapping[int, Wrong]) -> None:
    """File what is wrong with files as a whole."""
    for at, fault in wrong.items():
        message, severity = WRONG[fault.kind]
        problems.add(CODE, message, source=at, start=fault.at, line=1, severity=severity, why=fault.why)
