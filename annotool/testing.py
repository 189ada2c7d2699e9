"""The contracts of rules as tests, for our rules and for other people's: `tiny` builds a dataset in memory from
Python lists, `check_rule` runs a rule over valid and invalid ones and holds it to what the engine relies on.

    check_rule(
        OutOfBounds,
        valid=[tiny(annotations=[{"box": (0, 0, 640, 480)}])],
        invalid=[(tiny(annotations=[{"box": (0, 0, 650, 480)}]), [0])],
    )
"""

from __future__ import annotations

import inspect
import json
import pickle
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset, Decoder, Points, Rings
from annotool.findings import COMMON, Block, Edits, Findings, Fix, NewBox, Op
from annotool.formats.base import objects, unified
from annotool.geometry import rle
from annotool.rules.base import DatasetRule, ReaderRule, Rule, together
from annotool.schema import NO_ID, SCHEMA, Kind, SizeFrom, make
from annotool.table import Array, Table

__all__ = ["check_rule", "edited", "tiny"]

SECTIONS = ("What", "Why", "Bad", "Good", "Fix", "Source")
NAMES = {"coco": "annotations.json", "yolo": "labels/{}.txt", "voc": "Annotations/{}.xml"}
CELLS = {"bbox": ("x", "y", "w", "h")}  # cells of an edit that are no column of the schema
TEXTS = ("rings", "segmentation")  # likewise, and only bytes hold them


def tiny(
    images: int | Sequence[Any] = 1,
    annotations: Sequence[Any] = (),
    categories: Sequence[Any] = ("cat", "dog"),
    splits: Mapping[str, Sequence[int]] | None = None,
    *,
    format_name: str = "coco",
    sources: Sequence[Mapping[str, Any]] | None = None,
    originals: Sequence[Mapping[str, Any]] = (),
    **dataset: Any,
) -> Dataset:
    """Build a Dataset of a few rows. A row is a mapping of schema columns; what it leaves out is what a
    healthy file would hold: images of 640 x 480 called 0.jpg, 1.jpg ..., annotations in image 0 of category
    0, ids from 1.

    A number of images stands for as many healthy ones. Beside the columns an annotation may have `box` (x, y,
    w, h pixels), `fractions` (x, y, w, h of the image's size, left top corner), `polygon` (list of rings),
    `rle` (COCO's mapping) or `keypoints` (flat x y v ...). One source file for COCO, one an image for YOLO
    and VOC, unless `sources` names others. Its bytes hold one JSON record a line in every format, so spans
    and decoding are real. `dataset` goes to Dataset: facts, notes, problems, images_checked, probed.
    """
    rows = [{}] * images if isinstance(images, int) else images
    one = format_name == "coco" or sources is not None
    if sources is None:
        names = [NAMES.get(format_name, "labels/{}").format(at) for at in range(1 if one else len(rows))]
        sources = [{"file": name} for name in names]
    image_rows = [image_row(row, at, one) for at, row in enumerate(rows)]
    kinds = [{"name": each} if isinstance(each, str) else each for each in categories]
    first = 0 if format_name == "yolo" else 1
    category_rows = [{"id": at + first, "source": 0, **row} for at, row in enumerate(kinds)]
    notes = [
        annotation_row(row, at, image_rows, category_rows, format_name) for at, row in enumerate(annotations)
    ]
    files = texts((image_rows, category_rows, notes), len(sources))
    source_rows = [
        {"format": format_name, "buffer": at, "start": 0, "end": len(held), **row}
        for at, (row, held) in enumerate(zip(sources, files, strict=True))
    ]
    in_splits = [{"image": at, "split": name} for name, members in (splits or {}).items() for at in members]
    labels = unified([each["name"] for each in category_rows])
    tables = {
        "images": table("images", image_rows),
        "annotations": table("annotations", notes),
        "categories": table("categories", category_rows).with_columns(label=labels),
        "splits": table("splits", in_splits),
        "sources": table("sources", source_rows),
        "originals": table("originals", originals),
    }
    dataset.setdefault("paths", (Path("tiny"),))
    decoders = {str(row["format"]): Decoder(rings, masks, points) for row in source_rows}
    return Dataset(tables, buffers=tuple(files), decoders=decoders, **dataset)


def texts(sections: Iterable[list[dict[str, Any]]], sources: int) -> list[bytes]:
    """Write all rows into the texts of their sources, their spans into the rows; return the files' bytes."""
    lines: list[list[str]] = [[] for _ in range(sources)]
    for section in sections:
        index = [0] * sources
        for each in section:
            written(each, lines, index)
    return ["\n".join(each).encode() for each in lines]


def image_row(given: Mapping[str, Any], at: int, one: bool) -> dict[str, Any]:
    row = {
        "id": at + 1,
        "file_name": f"{at}.jpg",
        "width": 640.0,
        "height": 480.0,
        "source": 0 if one else at,
    }
    row["size_from"] = (
        SizeFrom.DECLARED if given.get("width", 1) == given.get("width", 1) else SizeFrom.UNKNOWN
    )
    return {**row, **given}


def annotation_row(
    given: Mapping[str, Any],
    at: int,
    images: Sequence[Mapping[str, Any]],
    categories: Sequence[Mapping[str, Any]],
    format_name: str,
) -> dict[str, Any]:
    row = {
        "image": 0,
        "category": 0,
        "id": at + 1,
        "kind": Kind.BOX,
        "box": (10.0, 10.0, 100.0, 50.0),
        **given,
    }
    image = images[row["image"]] if row["image"] >= 0 else {}
    category = categories[row["category"]] if 0 <= row["category"] < len(categories) else {}
    box = row.pop("box")
    if any(name in given for name in "xywh"):
        box = [given.get(name, np.nan) for name in "xywh"]
    if "fractions" in row:
        part = dict(zip(("xn", "yn", "wn", "hn"), row.pop("fractions"), strict=True))
        sides = [image.get("width", np.nan), image.get("height", np.nan)] * 2
        box = [value * side for value, side in zip(part.values(), sides, strict=True)]
        row = {"decimals": 6, **part, **row}
    kinds = {"polygon": Kind.POLYGON, "rle": Kind.RLE, "keypoints": Kind.KEYPOINTS}
    row["kind"] = given.get("kind", max([Kind.BOX, *(kind for name, kind in kinds.items() if name in given)]))
    full = {
        "source": image.get("source", 0),
        "image_id": image.get("id", NO_ID),
        "category_id": category.get("id", NO_ID),
        **dict(zip("xywh", map(float, box), strict=True)),
    }
    if format_name == "coco":
        full |= {"area": full["w"] * full["h"], "iscrowd": 0}
    return {**full, **row}


def written(row: dict[str, Any], files: list[list[str]], index: list[int]) -> None:
    """Put a row's record into its source's text and its spans into the row; its geometry leaves the row.

    `index` counts the records of the section in each source.
    """
    segmentation = row.pop("polygon", None) or row.pop("rle", None)
    keypoints = row.pop("keypoints", None)
    if row.get("source", 0) < 0:
        return
    lines = files[row["source"]]
    start = sum(len(line.encode()) + 1 for line in lines)
    text = json.dumps({key: value for key, value in row.items() if isinstance(value, int | float | str)})[:-1]
    for name, value in (("seg", segmentation), ("kpt", keypoints)):
        if value is not None:
            text += f', "{name}": '
            row[f"{name}_start"] = start + len(text.encode())
            text += json.dumps(value)
            row[f"{name}_end"] = start + len(text.encode())
    text += "}"
    lines.append(text)
    span = {
        "start": start,
        "end": start + len(text.encode()),
        "line": len(lines),
        "index": index[row["source"]],
    }
    index[row["source"]] += 1
    row |= {key: row.get(key, value) for key, value in span.items()}


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of the schema from mappings; what a row leaves out is absent."""
    columns = {}
    for column in dict.fromkeys(key for row in rows for key in row):
        values = [row.get(column, SCHEMA[name][column].absent) for row in rows]
        columns[column] = objects(values) if SCHEMA[name][column].dtype == "object" else np.array(values)
    return make(name, len(rows), **columns)


def spelled(data: Dataset, rows: Array, name: str) -> list[Any]:
    notes = data.table("annotations")
    spans = zip(notes["source"][rows], notes[f"{name}_start"][rows], notes[f"{name}_end"][rows], strict=True)
    return [json.loads(bytes(data.source_bytes(source)[start:end])) for source, start, end in spans]


def rings(data: Dataset, rows: Array) -> Rings:
    held = [(row, ring) for row, parts in zip(rows, spelled(data, rows, "seg"), strict=True)
            for ring in parts if isinstance(parts, list)]  # fmt: skip
    lengths = [len(ring) for _, ring in held]
    flat = [number for _, ring in held for number in ring]
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return Rings(
        np.array(flat, dtype=np.float64), offsets, np.array([row for row, _ in held], dtype=np.int64)
    )


def masks(data: Dataset, rows: Array) -> list[tuple[Array, tuple[int, int]] | None]:
    return [
        (
            rle.counts_from_string(text["counts"])
            if isinstance(text["counts"], str)
            else np.array(text["counts"]),
            tuple(text["size"]),
        )
        if isinstance(text, dict)
        else None
        for text in spelled(data, rows, "seg")
    ]


def points(data: Dataset, rows: Array) -> Points:
    held = [np.array(flat, dtype=np.float64) for flat in spelled(data, rows, "kpt")]
    xyv = [flat[: len(flat) // 3 * 3].reshape(-1, 3) for flat in held]
    offsets = np.cumsum([0, *map(len, xyv)])
    return Points(np.concatenate([np.empty((0, 3)), *xyv]), offsets, np.array([len(flat) for flat in held]))


# The contract of a rule.


def check_rule(
    rule: type[Rule] | Rule,
    valid: Iterable[Dataset] = (),
    invalid: Iterable[tuple[Dataset, Sequence[Any]]] = (),
) -> None:
    """Hold a rule (a class, or an instance with options) to its contract; raises AssertionError where it
    fails.

    `valid` datasets give no finding. `invalid` ones come with the findings expected, ordered by annotation,
    image, category and source: a row key (the annotation's, else the image's, category's or source's, -1 for
    none), or a mapping of `message`, `values` or columns of the findings, of which only what is named is
    compared. On all of them: the input is left as it was, any number of shards gives the same, values are
    JSON, grades and fixes are declared ones, each finding said to be mendable has edits, and with these made
    it is gone.
    """
    one = rule() if isinstance(rule, type) else rule
    check_class(type(one))
    for data in valid:
        found = contract(one, data)
        assert not len(found), f"{one.code} finds in valid data: {said(found)}"
    for data, expected in invalid:
        compared(contract(one, data), expected)


def check_class(rule: type[Rule]) -> None:
    """Hold a rule's class to its contract: names, documentation, options."""
    text = rule.documentation()
    assert re.match(r"[^\n]+\.(\n\n|$)", text), f"{rule.code}: the docstring begins with one plain sentence"
    places = [text.find(f"\n{name}: ") for name in SECTIONS]
    assert -1 not in places, (
        f"{rule.code}: sections {SECTIONS}, each as a line `What: ...`; found at {places}"
    )
    assert places == sorted(places), f"{rule.code}: sections in the order {SECTIONS}"
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code), rule.code
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.slug), rule.slug
    assert Path(inspect.getfile(rule)).stem == rule.slug.replace("-", "_"), f"{rule.code}: file = slug"
    if rule.__module__.startswith("annotool.rules."):
        assert rule.__module__.split(".")[2] == rule.code[:3].lower(), f"{rule.code}: folder = family"
    assert rule.severities, f"{rule.code} declares no severity"
    assert rule.scope in ("file", "annotation", "image", "dataset", "convert"), rule.scope
    assert rule.code not in rule.silenced_by, f"{rule.code} cannot silence itself"
    assert is_dataclass(rule), f"{rule.code} is a frozen dataclass"
    options = fields(rule)
    written = {name for name, kind in inspect.get_annotations(rule).items() if "ClassVar" not in str(kind)}
    lost = written - {option.name for option in options}
    assert not lost, f"{rule.code}: {sorted(lost)} are options only under @dataclass(frozen=True)"
    for option in options:
        given = option.default is not MISSING or option.default_factory is not MISSING
        assert given, f"{rule.code}: option {option.name} has a default"


def contract(rule: Rule, data: Dataset) -> Findings:
    """Run a rule over one dataset, hold it to all that needs no expectation, and return what it found."""
    before = {name: {c: np.array(v) for c, v in each.columns.items()} for name, each in data.tables.items()}
    why, found = rule.unable(data), rule.check(data)
    assert isinstance(why, str)
    edits = rule.fix(data, found)
    for name, columns in before.items():
        for column, values in columns.items():
            same = values == data.table(name)[column]
            assert (same | (values != values)).all(), f"{rule.code} changed {name}.{column}"
    for part in found.blocks:
        check_block(rule, part)
    for k in (2, 3):
        assert said(sharded(rule, data, k)) == said(found), f"{rule.code}: {k} shards differ from one"
    check_edits(rule, data, found, edits)
    return found


def check_block(rule: Rule, part: Block) -> None:
    assert part.rule == rule.code
    assert set(part.columns["severity"].tolist()) <= {-1, *map(int, rule.severities)}, (
        f"{rule.code}: severities"
    )
    assert set(part.columns["fix"].tolist()) <= {int(Fix.NONE), *map(int, rule.fixes)}, f"{rule.code}: fixes"
    for row in range(len(part)):
        assert part.text(row)
        json.dumps(part.row_values(row), allow_nan=False)


def sharded(rule: Rule, data: Dataset, k: int) -> Findings:
    parts = data.shards(k)
    if not isinstance(rule, DatasetRule):
        return together(rule.check(part) for part in parts)
    states = [pickle.loads(pickle.dumps(rule.partial(part))) for part in parts]
    return rule.finish(rule.merge([rule.merge(states[:1]), rule.merge(states[1:])]))


def said(found: Findings) -> list[str]:
    """All findings as sorted text, with every column and value."""
    return sorted(
        f"{part.text(row)} {part.row_values(row)} { {name: part.columns[name][row] for name in COMMON} }"
        for part in found.blocks
        for row in range(len(part))
    )


def compared(found: Findings, expected: Sequence[Any]) -> None:
    keys = ("annotation", "image", "category", "source")
    got = [found_row(part, row) for part in found.blocks for row in range(len(part))]
    for row in got:
        row["key"] = next((row[name] for name in keys if row[name] >= 0), -1)
    wanted: list[Mapping[str, Any]] = [{"key": each} if isinstance(each, int) else each for each in expected]
    if all(isinstance(each, int) for each in expected):  # then the order says nothing
        got.sort(key=lambda row: int(row["key"]))
        wanted.sort(key=lambda row: int(row["key"]))
    else:
        got.sort(key=lambda row: [row[name] for name in keys])
    assert len(got) == len(wanted), f"expected {len(wanted)} findings, got {len(got)}: {got}"
    for row, each in zip(got, wanted, strict=True):
        for name, value in each.items():
            held = {k: row[name].get(k) for k in value} if isinstance(value, Mapping) else row[name]
            assert held == value, f"{name}: expected {value!r}, got {held!r} in {row}"


def found_row(part: Block, row: int) -> dict[str, Any]:
    columns = {name: np.asarray(values[row]).item() for name, values in part.columns.columns.items()}
    return {**columns, "message": part.text(row), "values": part.row_values(row)}


def check_edits(rule: Rule, data: Dataset, found: Findings, edits: Edits) -> None:
    fix = found.column("fix")
    assert set(edits["finding"].tolist()) == set(np.flatnonzero(fix > Fix.NONE).tolist()), (
        f"{rule.code}: edits answer findings {sorted(set(edits['finding'].tolist()))}, "
        f"mendable are {np.flatnonzero(fix > Fix.NONE).tolist()}"
    )
    assert (edits["safe"] == (fix[edits["finding"]] == Fix.SAFE)).all(), (
        f"{rule.code}: an edit is as safe as its finding"
    )
    assert (edits["rule"] == rule.code).all(), f"{rule.code}: edits name their rule"
    cells: dict[tuple[Any, ...], Any] = {}
    for row in range(len(edits)):
        check_edit(rule, data, {name: edits[name][row] for name in edits.columns}, cells)
    known = (edits["op"] != Op.BYTES) & (edits["op"] != Op.CREATE)
    known &= np.array([column not in TEXTS for column in edits["column"]], dtype=bool)
    if known.all() and len(edits) and not isinstance(rule, ReaderRule):
        again = rule.check(edited(data, edits))
        assert not (again.column("fix") > Fix.NONE).any(), (
            f"{rule.code} still finds after its fix: {said(again)}"
        )


def check_edit(rule: Rule, data: Dataset, edit: Mapping[str, Any], cells: dict[tuple[Any, ...], Any]) -> None:
    if edit["op"] == Op.CREATE:
        assert edit["row"] in data.table("sources")["path"] and edit["table"] == "sources", (
            f"{rule.code}: {edit}"
        )
        assert isinstance(edit["new"], str) and edit["column"], (
            f"{rule.code}: a file has a name and text: {edit}"
        )
        return
    rows = len(data.table(edit["table"]))
    first = int(data.table(edit["table"])[own_key(edit["table"])][0]) if rows else 0
    assert 0 <= edit["row"] - first < rows, f"{rule.code}: edit of no row: {edit}"
    if edit["op"] == Op.BYTES:
        assert 0 <= edit["start"] <= edit["end"] <= len(data.source_bytes(edit["row"])), (
            f"{rule.code}: {edit}"
        )
        assert isinstance(edit["new"], str), f"{rule.code}: new bytes are given as text: {edit}"
    if edit["op"] == Op.SET:
        column = edit["column"]
        assert column in (*SCHEMA[edit["table"]], *CELLS, *TEXTS), f"{rule.code}: no column {column}"
        if column in SCHEMA[edit["table"]]:
            assert data.table(edit["table"])[column][edit["row"] - first] != edit["new"], f"no change: {edit}"
        cell = (edit["table"], edit["row"], column)
        assert cells.setdefault(cell, edit["new"]) == edit["new"], f"{rule.code}: two values for {cell}"


def own_key(name: str) -> str:
    return {"categories": "category", "predictions": "annotation"}.get(name, name[:-1])


def edited(data: Dataset, edits: Edits) -> Dataset:
    """Return the dataset with SET, DROP and ADD edits made in its tables; rows are numbered anew, bytes stay as
    they were.

    What a writer and a reader would do between them, for tests: the annotations of a dropped image refer to
    none.
    """
    tables = dict(data.tables)
    for row in np.flatnonzero(edits["op"] == Op.SET).tolist():
        name, at, column, new = (edits[c][row] for c in ("table", "row", "column", "new"))
        values = zip(CELLS[column], new, strict=True) if column in CELLS else [(column, new)]
        for each, value in values:
            changed = np.array(tables[name][each])
            changed[at] = value
            tables[name] = tables[name].with_columns(**{each: changed})
        if column == "bbox":
            tables[name] = with_fractions(replace(data, tables=tables), at)
    new = edits.take(edits["op"] == Op.ADD)
    if len(new):
        tables["annotations"] = added(tables["annotations"], new["row"], new["new"].tolist())
    for name in ("images", "annotations", "categories"):
        gone = edits["row"][(edits["op"] == Op.DROP) & (edits["table"] == name)]
        if len(gone):
            tables = without(tables, name, gone)
    return replace(data, tables=tables)


def added(rows: Table, images: Array, new: Sequence[NewBox]) -> Table:
    """The annotations with a box more for each of the images."""
    sides = dict(zip("xywh", np.array([each.box for each in new]).T, strict=True))
    more = make("annotations", image=images, category=np.array([each.category for each in new]), **sides,
                kind=np.full(len(new), Kind.BOX), annotation=np.arange(len(rows), len(rows) + len(new)))  # fmt: skip
    return Table.concat([rows, more])


def with_fractions(data: Dataset, at: int) -> Table:
    """The annotations with the fractions of one row made anew from its pixels, where it had some."""
    rows = data.table("annotations")
    sides = [data.image_values("width")[at], data.image_values("height")[at]] * 2
    changed = {}
    for pixels, fraction, side in zip("xywh", ("xn", "yn", "wn", "hn"), sides, strict=True):
        changed[fraction] = np.array(rows[fraction])
        if np.isfinite(changed[fraction][at]):
            changed[fraction][at] = rows[pixels][at] / side
    return rows.with_columns(**changed)


def without(tables: dict[str, Table], name: str, gone: Array) -> dict[str, Table]:
    key = own_key(name)
    keep = ~np.isin(tables[name][key], gone)
    number = np.append(np.where(keep, np.cumsum(keep) - 1, -1), -1)
    tables[name] = tables[name].take(keep)
    renumber: Callable[[Table], Table] = partial(renumbered, key=key, number=number)
    return {other: renumber(each) if key in each else each for other, each in tables.items()}


def renumbered(each: Table, key: str, number: Array) -> Table:
    changed = each.with_columns(**{key: number[each[key]]})
    return changed.take(changed[key] >= 0) if "split" in each and key == "image" else changed
