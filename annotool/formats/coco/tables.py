"""One parsed file as a Dataset: ids resolved to row keys, faults given the rows they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings, Fix
from annotool.formats.base import Problems, objects, unified
from annotool.formats.coco import decode
from annotool.formats.coco.document import SECTIONS, Document, Original
from annotool.formats.coco.extents import with_extents
from annotool.formats.coco.faults import Fault
from annotool.formats.coco.lines import line_numbers
from annotool.formats.coco.references import resolve, resolve_texts
from annotool.schema import SCHEMA, Kind, SizeFrom, make
from annotool.table import Array, Table

__all__ = ["build", "problems"]

FEW = 0.05  # annotations without any geometry, up to this share, are an oversight and not labels of whole images
MANY = 20  # annotations that show whether they are; fewer with an empty bbox are each a fault
EMPTY = ("[]", "null")  # a bbox that says that there is none


def build(
    document: Document, file: str, split: str, role: str = "labels", more: Sequence[Fault] = ()
) -> Dataset:
    """Return the dataset of one file. Paths of images are not looked for, `paths` is left empty."""
    tables = {name: table_of(document, name) for name in SECTIONS}
    lines = numbered(document, tables)
    tables = {name: table.with_columns(line=lines[name]) for name, table in tables.items()}
    rows = rows_of(tables, document.originals)
    odd = odd_ids(document, rows)
    tables["annotations"] = linked(tables, odd)
    tables["sources"] = make(
        "sources", 1, file=objects([file]), format=objects(["coco"]), role=objects([role]), split=objects([split]),
        buffer=np.array([0]), start=np.array([0]), end=np.array([len(document.text)]),
        records=np.array([document.records]),
    )  # fmt: skip
    tables["splits"] = splits_of(tables["images"], split)
    tables["originals"] = originals(document, rows)
    tables["annotations"], found = as_labels(tables["annotations"], document.faults)
    faults = [*more, *found, *without_geometry(tables["annotations"])]
    data = Dataset(
        tables,
        buffers=(document.text,),
        problems=problems(document, faults, tables),
        decoders={"coco": decode.DECODER},
    )
    return with_extents(data)


def table_of(document: Document, name: str) -> Table:
    """Return the table of a section; columns that only hold what is absent are not kept in memory."""
    columns = document.columns[name]
    n = len(columns.get("start", ()))
    spec = SCHEMA[name]
    kept = {key: values for key, values in columns.items() if not all_absent(values, spec[key].absent)}
    kept["source"] = np.zeros(n, dtype=np.int32)
    if name == "categories":
        kept["label"] = unified(kept["name"].tolist() if "name" in kept else [""] * n)
    if name == "images" and n:
        known = (
            np.isfinite(kept["width"]) & np.isfinite(kept["height"])
            if {"width", "height"} <= kept.keys()
            else np.zeros(n, bool)
        )
        kept["size_from"] = np.where(known, np.int8(SizeFrom.DECLARED), np.int8(SizeFrom.UNKNOWN))
    return make(name, n, **kept)


def all_absent(values: Array, absent: Any) -> bool:
    if not len(values) or values.dtype == object or (values[0] != absent and values[0] == values[0]):
        return False
    return bool(np.isnan(values).all() if absent != absent else (values == absent).all())


def numbered(document: Document, tables: Mapping[str, Table]) -> dict[str, Array]:
    """Return the line of each record, a section at a time."""
    starts = [tables[name]["start"] for name in SECTIONS]
    lines = line_numbers(document.text, np.concatenate(starts))
    return dict(zip(SECTIONS, np.split(lines, np.cumsum([len(each) for each in starts])[:-1]), strict=True))


Odd = dict[tuple[str, str], dict[int, str]]  # of a table and column: the text of the value in a row


def rows_of(tables: Mapping[str, Table], records: Sequence[Fault] | Sequence[Original]) -> list[int]:
    """Return the row of each record named by section and index; -1 where it was not kept, or none is named."""
    sections = np.array([each.section for each in records], dtype=object)
    indices = np.array([each.index for each in records], dtype=np.int64)
    rows = np.full(len(records), -1, dtype=np.int64)
    for name, table in tables.items():
        mine = np.flatnonzero(sections == name)
        known = table["index"].astype(np.int64)
        at = np.searchsorted(known, indices[mine])
        there = (at < len(known)) & (np.append(known, -1)[np.minimum(at, len(known))] == indices[mine])
        rows[mine[there]] = at[there]
    return rows.tolist()


def odd_ids(document: Document, rows: Sequence[int]) -> Odd:
    """Return the ids that are no whole numbers; `rows` are those of the originals."""
    odd: Odd = {}
    for each, row in zip(document.originals, rows, strict=True):
        odd.setdefault((each.section, each.column), {})[row] = each.raw
    return odd


def linked(tables: Mapping[str, Table], odd: Odd) -> Table:
    """Return the annotations with the row keys of their images and categories."""
    table = tables["annotations"]
    columns = {}
    for key, name in (("image", "images"), ("category", "categories")):
        columns[key] = resolve(tables[name]["id"], table[f"{key}_id"])
        wanted = odd.get(("annotations", f"{key}_id"))
        if wanted:
            resolve_texts(columns[key], odd.get((name, "id"), {}), wanted)
    return table.with_columns(**columns)


def splits_of(images: Table, split: str) -> Table:
    if not split:
        return make("splits", 0)
    n = len(images)
    line = np.zeros(n, dtype=np.int32)
    return make(
        "splits",
        n,
        image=np.arange(n),
        split=objects([split] * n),
        source=np.zeros(n, dtype=np.int32),
        line=line,
    )


def originals(document: Document, rows: Sequence[int]) -> Table:
    found = document.originals
    return make(
        "originals", len(found),
        table=objects([each.section for each in found]),
        row=np.array(rows, dtype=np.int64),
        column=objects([each.column for each in found]),
        raw=objects([each.raw for each in found]),
    )  # fmt: skip


def as_labels(table: Table, faults: Sequence[Fault]) -> tuple[Table, Sequence[Fault]]:
    """Take annotations whose bbox is empty or null for labels of whole images, where there are many and nearly all have no
    box: then the file is of image classification, and its faults are none.
    """
    empty = [each for each in faults if each.values.get("key") == "bbox" and each.values.get("got") in EMPTY]
    if not empty or len(table) < MANY:
        return table, faults
    blank = np.isin(table["index"], [each.index for each in empty]) & (table["kind"] == Kind.NONE)
    without = blank | (table["kind"] == Kind.IMAGE)
    if np.count_nonzero(without) < (1 - FEW) * len(table):
        return table, faults
    labels = np.where(blank, np.int8(Kind.IMAGE), table["kind"])
    own = set(table["index"][blank].tolist())
    known = {id(each) for each in empty if each.index in own}
    left = [each for each in faults if id(each) not in known]
    return table.with_columns(kind=labels), left


def without_geometry(table: Table) -> list[Fault]:
    """A fault for each annotation without any geometry, where these are few; many are labels of whole images."""
    rows = np.flatnonzero(table["kind"] == Kind.IMAGE)
    if not 0 < len(rows) < FEW * len(table):
        return []
    message = "neither bbox nor segmentation nor keypoints are given"
    indices = table["index"][rows].tolist()
    return [Fault("SCH002", message, section="annotations", index=index) for index in indices]


KEYS = {"images": "image", "annotations": "annotation", "categories": "category"}


def problems(document: Document, faults: Sequence[Fault], tables: Mapping[str, Table]) -> Findings:
    """Return the faults as findings, each with the rows it belongs to, and its record's line."""
    filed = Problems()
    places = np.array([each.start for each in faults], dtype=np.int64)
    lines = line_numbers(document.text, places).tolist()
    sections = {name: tables[name] for name in SECTIONS}
    own = {name: table["line"].tolist() for name, table in sections.items()} if faults else {}
    images, categories = tables["annotations"]["image"], tables["annotations"]["category"]
    for fault, line, row in zip(faults, lines, rows_of(sections, faults), strict=True):
        keys: dict[str, Any] = {}
        if row >= 0:
            keys = {KEYS[fault.section]: row, "line": own[fault.section][row]}
        if fault.section == "annotations" and row >= 0:
            keys |= {"image": int(images[row]), "category": int(categories[row])}
            meant = str(fault.values.get("new", "")) if fault.values.get("key") == "image_id" else ""
            if meant.lstrip("-").isdecimal() and len(meant) < 19:  # the image that is meant
                keys["image"] = int(resolve(sections["images"]["id"], np.array([int(meant)]))[0])
        pointer = f"/{fault.section}/{fault.index}" if fault.section else ""
        filed.add(
            fault.rule, fault.message, source=0, start=fault.start, end=fault.end, pointer=pointer,
            kept=fault.kept, severity=fault.severity, fix=Fix(fault.fix), **{"line": line, **keys}, **fault.values,
        )  # fmt: skip
    return filed.findings()
