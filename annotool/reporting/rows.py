"""Findings in the order people read them, with everything a report says of each: the one view all reports share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Findings, Fix, Severity
from annotool.fingerprint import fingerprints
from annotool.rules import registry
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["Row", "location", "ordered", "rows"]

SECTIONS = {"annotation": "annotations", "image": "images", "category": "categories"}


@dataclass(frozen=True)
class Row:
    """One finding, ready to be told."""

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
    fingerprint: str

    @property
    def place(self) -> str:
        """`file:line`, or the image, or nothing: where to look."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file or self.image


def ordered(data: Dataset, findings: Findings) -> Array:
    """Return the order of findings for reading: by path, file, line, record, rule (int64 positions over all blocks)."""
    source = findings.column("source").astype(np.int64)
    rank = source_ranks(data)[source]
    index = findings.column("annotation")
    keys = (findings.column("rule"), findings.column("image"), index, findings.column("line"), rank)
    return np.lexsort(keys)


def source_ranks(data: Dataset) -> Array:
    """The place of each source among all, by path and file; the last entry, for -1, comes first."""
    table = data.table("sources")
    names = sorted(range(len(table)), key=lambda s: (int(table["path"][s]), table["file"][s]))
    rank = np.full(len(table) + 1, -1, dtype=np.int64)
    rank[names] = np.arange(len(table))
    return rank


def rows(data: Dataset, findings: Findings, limit: int | None = None, prints: bool = False) -> Iterator[Row]:
    """Yield findings in reading order, one at a time; fingerprints only when asked, since they cost a hash each."""
    order = ordered(data, findings)[:limit]
    edges = np.cumsum([len(part) for part in findings.blocks])
    block_of = np.searchsorted(edges, order, side="right")
    marks = fingerprints(data, findings) if prints else None
    slugs = {code: rule.slug for code, rule in registry().items()}
    for position, number in zip(order.tolist(), block_of.tolist(), strict=True):
        part = findings.blocks[number]
        at = position - int(edges[number]) + len(part)
        yield row(
            data, part, at, slugs.get(part.rule, part.rule), marks[position] if marks is not None else ""
        )


def row(data: Dataset, part: Block, at: int, slug: str, mark: str) -> Row:
    columns = part.columns
    source, image, annotation = (int(columns[c][at]) for c in ("source", "image", "annotation"))
    category = int(columns["category"][at])
    path, file = location(data, source)
    position = int(data.image_rows(np.array([image]))[0])
    values = part.row_values(at)
    images = data.table("images")
    return Row(
        rule=part.rule,
        slug=slug,
        severity=Severity(int(columns["severity"][at])).name.lower(),
        message=part.text(at),
        path=path,
        file=file or str(values.get("file", "")),  # a finding of a folder or a split names it in its values
        line=int(columns["line"][at]),
        pointer=columns["pointer"][at]
        or pointer(data, source, image=image, annotation=annotation, category=category),
        image=str(images["file_name"][position]) if position >= 0 else "",
        image_id=shown(images["id"][position]) if position >= 0 else None,
        annotation_id=shown(data.table("annotations")["id"][annotation]) if annotation >= 0 else None,
        category=str(data.names_of(np.array([category]))[0]),
        split=values.get("split") or (data.image_splits[position] if position >= 0 else None) or None,
        values=plain(values),
        fix=Fix(int(columns["fix"][at])).name.lower(),
        silenced=int(columns["silenced"][at]),
        fingerprint=mark,
    )


def location(data: Dataset, source: int) -> tuple[int, str]:
    """Return which path a source lies under, and its file below that; 0 and nothing for -1."""
    if source < 0:
        return 0, ""
    table = data.table("sources")
    return int(table["path"][source]), str(table["file"][source])


def pointer(data: Dataset, source: int, **keys: int) -> str:
    """The JSON pointer of a COCO record, the path of a VOC object; in YOLO the line says it all."""
    form = data.table("sources")["format"][source] if source >= 0 else ""
    if form == "voc" and keys["annotation"] >= 0:
        return f"/annotation/object[{int(data.table('annotations')['index'][keys['annotation']]) + 1}]"
    for name, section in SECTIONS.items() if form == "coco" else ():
        if keys[name] >= 0:
            return f"/{section}/{int(data.table(section)['index'][keys[name]])}"
    return ""


def shown(value: Any) -> int | None:
    return None if int(value) == NO_ID else int(value)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values json can hold: not finite becomes text, numpy becomes Python."""
    return {name: json_value(value) for name, value in values.items()}


def json_value(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, np.generic):
        return json_value(value.item())
    if isinstance(value, np.ndarray | list | tuple):
        return [json_value(each) for each in value]
    return value
