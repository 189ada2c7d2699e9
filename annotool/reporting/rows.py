"""Findings in the order people read them, with everything a report says of each: the one view all reports share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Findings, Fix, Severity
from annotool.fingerprint import fingerprints
from annotool.rules import registry
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["Row", "examples", "finding", "ordered", "rows"]

SECTIONS = {"annotation": "annotations", "image": "images", "category": "categories"}
GRADES = [each.name.lower() for each in Severity]
FIXES = [each.name.lower() for each in Fix]
AT_ONCE = 8192  # findings that stand as Python objects at a time


class Row(msgspec.Struct, frozen=True):
    """One finding, ready to be told; a text is empty where it names nothing."""

    rule: str
    slug: str
    severity: str
    message: str
    path: int
    file: str
    line: int
    pointer: str
    image: str
    image_id: int | None
    annotation_id: int | None
    category: str
    split: str | None
    values: dict[str, Any]
    fix: str
    silenced: int
    known: bool
    fingerprint: str
    consequence: str  # what the consumers of --target do
    joined: dict[str, str]

    @property
    def place(self) -> str:
        """`file:line`, or the image, or nothing: where to look."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file or self.image

    @property
    def said(self) -> str:
        """The message, and behind it the image and the annotation's id where neither it nor the place names the image:
        a file in one line says nothing else."""
        if not self.image or self.image in self.message or PurePosixPath(self.image).stem in self.place:
            return self.message
        record = "" if self.annotation_id is None else f", annotation {self.annotation_id}"
        return f"{self.message} ({self.image}{record})"


def finding(row: Row) -> dict[str, Any]:
    """One finding as json; null where it names no file, image, annotation or category."""
    return {
        "rule": row.rule,
        "name": row.slug,
        "severity": row.severity,
        "message": row.message,
        "path": row.path,
        "file": row.file or None,
        "line": row.line or None,
        "pointer": row.pointer or None,
        "image": row.image or None,
        "image_id": row.image_id,
        "annotation_id": row.annotation_id,
        "category": row.category or None,
        "split": row.split,
        "values": row.values,
        "fix": row.fix,
        "silenced": row.silenced,
        "known": row.known,
        "fingerprint": row.fingerprint,
        "consequence": row.consequence or None,
        "joined": row.joined or None,
    }


def ordered(data: Dataset, findings: Findings) -> Array:
    """Return the order of findings for reading: by path, file, line, record, rule (int64 positions over all blocks)."""
    source = findings.column("source").astype(np.int64)
    codes = sorted({part.rule for part in findings.blocks})
    numbers = np.array([codes.index(part.rule) for part in findings.blocks], dtype=np.int64)
    rule = np.repeat(numbers, [len(part) for part in findings.blocks])
    places = (findings.column("image"), findings.column("annotation"), findings.column("line"))
    return np.lexsort((rule, *places, source_ranks(data)[source]))


def source_ranks(data: Dataset) -> Array:
    """The place of each source among all, by path and file; the last entry, for -1, comes first."""
    table = data.table("sources")
    names = sorted(range(len(table)), key=lambda s: (int(table["path"][s]), table["file"][s]))
    rank = np.full(len(table) + 1, -1, dtype=np.int64)
    rank[names] = np.arange(len(table))
    return rank


def examples(findings: Findings, each: int) -> Findings:
    """Return the first few findings of each rule and grade."""
    left: dict[tuple[str, int], int] = {}

    def keep(part: Block) -> Array:
        severity = part.columns["severity"]
        mask = np.zeros(len(severity), dtype=bool)
        for value in np.unique(severity).tolist():
            free = left.setdefault((part.rule, value), each)
            taken = np.flatnonzero(severity == value)[:free]
            left[part.rule, value] -= len(taken)
            mask[taken] = True
        return mask

    return findings.where(keep)


def rows(data: Dataset, findings: Findings, take: Array | None = None, prints: bool = False) -> Iterator[Row]:
    """Yield findings in reading order, or those at the positions `take`, in its order; never many at a time.

    Fingerprints only when asked.
    """
    order = ordered(data, findings) if take is None else take
    ends = np.cumsum([len(part) for part in findings.blocks])
    marks = fingerprints(data, findings) if prints else None
    view = View(data)
    for first in range(0, len(order), AT_ONCE):
        positions = order[first : first + AT_ONCE]
        block_of = np.searchsorted(ends, positions, side="right")
        out = np.empty(len(positions), dtype=object)
        for number in np.unique(block_of).tolist():
            here = np.flatnonzero(block_of == number)
            part = findings.blocks[number]
            told = view.rows(part.take(positions[here] - (ends[number] - len(part))))
            if marks is not None:
                named = zip(told, marks[positions[here]].tolist(), strict=True)
                told = [msgspec.structs.replace(row, fingerprint=mark) for row, mark in named]
            out[here] = told
        yield from out.tolist()


class View:
    """What a dataset has to say of findings, looked up in columns."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.slugs = {code: rule.slug for code, rule in registry().items()}
        sources = data.table("sources")
        self.paths = np.append(sources["path"].astype(np.int64), 0)  # the last one is for -1: no source
        self.files = padded(sources["file"])
        self.formats = padded(sources["format"])
        self.image_names = padded(data.table("images")["file_name"])
        self.splits = padded(data.image_splits)
        self.categories = padded(data.table("categories")["name"])
        self.joined = {name: padded(column) for name, column in data.joined.items()}

    def rows(self, part: Block) -> list[Row]:
        """The findings of a block, in its order."""
        columns = part.columns
        count = len(part)
        source = columns["source"]
        image = self.data.image_rows(columns["image"])
        values = told_values(part)
        files, splits = self.files[source].tolist(), self.splits[image].tolist()
        if "file" in part.values:  # a finding of a folder or a split names it in its values
            files = [file or str(each["file"]) for file, each in zip(files, values, strict=True)]
        if "split" in part.values:
            splits = [each["split"] or split for each, split in zip(values, splits, strict=True)]
        joined = {name: column[image].tolist() for name, column in self.joined.items()}
        fields = (
            [part.rule] * count,
            [self.slugs.get(part.rule, part.rule)] * count,
            [GRADES[each] for each in columns["severity"].tolist()],
            messages(part),
            self.paths[source].tolist(),
            files,
            columns["line"].tolist(),
            self.pointers(part),
            self.image_names[image].tolist(),
            ids(self.data, "images", image),
            ids(self.data, "annotations", columns["annotation"]),
            self.categories[columns["category"]].tolist(),
            [split or None for split in splits],
            values,
            [FIXES[each] for each in columns["fix"].tolist()],
            columns["silenced"].tolist(),
            columns["known"].tolist(),
            [""] * count,
            columns["consequence"].tolist(),
            [dict(zip(joined, each, strict=True)) for each in zip(*joined.values(), strict=True)]
            if joined
            else [{}] * count,
        )
        return [Row(*each) for each in zip(*fields, strict=True)]

    def pointers(self, part: Block) -> list[str]:
        """The JSON pointer of a COCO record, the path of a VOC object; in YOLO the line says it all."""
        columns = part.columns
        told = np.array(columns["pointer"], dtype=object)
        form = self.formats[columns["source"]]
        for name, section in SECTIONS.items():
            keys = columns[name]
            if not (keys >= 0).any():
                continue
            index = self.data.table(section)["index"]
            for kind, shape, first in (("coco", f"/{section}/{{}}", 0), ("voc", "/annotation/object[{}]", 1)):
                mine = np.flatnonzero((told == "") & (keys >= 0) & (form == kind))
                if len(mine) and (kind == "coco" or name == "annotation"):
                    told[mine] = [shape.format(each) for each in (index[keys[mine]] + first).tolist()]
        return list(told.tolist())


def messages(part: Block) -> list[str]:
    """The message of each finding of a block, and behind it what the consumers of --target do."""
    names = list(part.values)
    if not names:
        told = [part.message.format()] * len(part)
    else:
        each = zip(*(part.values[name].tolist() for name in names), strict=True)
        told = [part.message.format_map(dict(zip(names, row, strict=True))) for row in each]
    more = part.columns["consequence"].tolist()
    return [f"{text} ({after})" if after else text for text, after in zip(told, more, strict=True)]


def told_values(part: Block) -> list[dict[str, Any]]:
    """The values of each finding of a block as json can hold them: not finite becomes text, numpy becomes Python."""
    if not part.values:
        return [{}] * len(part)
    names = list(part.values)
    columns = [plain(column) for column in part.values.values()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain(column: Array) -> list[Any]:
    sound = column.dtype.kind in "iub" or (column.dtype.kind == "f" and bool(np.isfinite(column).all()))
    return list(column.tolist()) if sound else [json_value(each) for each in column.tolist()]


def json_value(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, np.generic):
        return json_value(value.item())
    if isinstance(value, np.ndarray | list | tuple):
        return [json_value(each) for each in value]
    return value


def ids(data: Dataset, table: str, rows: Array) -> list[int | None]:
    """The id of each row as written, None where it has none or there is no row."""
    known = np.append(data.table(table)["id"], NO_ID)
    return [None if each == NO_ID else each for each in known[rows].tolist()]


def padded(column: Array) -> Array:
    """A column of texts with an empty one at its end, for row -1."""
    return np.append(column, np.array([""], dtype=object))
