"""What a round changes, one row a byte range: what the journal keeps and `--diff` shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, NewBox, Op
from annotool.fixes.places import source_path, spans
from annotool.formats.base import objects
from annotool.schema import NO_ID
from annotool.table import Array, Table

__all__ = ["described", "of_files"]

KEYS = {"annotations": "annotation", "images": "image", "categories": "category"}


def described(
    data: Dataset,
    findings: Findings,
    prints: Array,
    edits: Edits,
    spliced: Table,
    number: int,
    lines: Callable[[Array, Array], Array],
) -> Table:
    """Return a round's changes. `edits` ask for the splices and count over `findings`, whose fingerprints are
    `prints`; `lines` tells on which line of the files as first read the bytes (source, offset) stood.

    Columns: round, edit, offset int64; op int8; rule, fingerprint, path (Path), table, column, category,
    image (file name), image_path object; safe bool; line int32, of the record, or of the change where that is
    elsewhere, 0 in a new file; old, new bytes (old None: there is no such file yet, new None: the file goes, both: it
    takes another name);
    annotation_id object, an int or None; score object, of the prediction that speaks for the change, a float or None;
    old_value, new_value object, None where there is none.
    """
    edit = spliced["edit"]
    finding = edits["finding"][edit]
    named = {name: rows_of(name, findings, edits)[edit] for name in KEYS}
    named["images"] = np.where(
        named["annotations"] >= 0,
        picked(data, "annotations", "image", named["annotations"], -1),
        named["images"],
    )
    sources, of = np.unique(spliced["source"], return_inverse=True)
    paths = objects([source_path(data, source) for source in sources.tolist()])
    ids = picked(data, "annotations", "id", named["annotations"], NO_ID)
    table = edits["table"][edit]
    columns = {
        "round": np.full(len(edit), number, dtype=np.int64),
        "edit": edit,
        "op": edits["op"][edit],
        "rule": edits["rule"][edit],
        "fingerprint": prints[finding],
        "safe": edits["safe"][edit],
        "score": scores(findings)[finding],
        "path": paths[of],
        "line": lines(spliced["source"], record_starts(data, edits, spliced)),
        "offset": spliced["start"],
        "old": spliced["old"],
        "new": spliced["new"],
        "image": picked(data, "images", "file_name", named["images"], ""),
        "image_path": picked(data, "images", "path", named["images"], ""),
        "annotation_id": objects([None if each == NO_ID else each for each in ids.tolist()]),
        "category": picked(data, "categories", "name", named["categories"], ""),
        "table": table,
        "column": edits["column"][edit],
        "old_value": old_values(data, edits)[edit],
        "new_value": new_values(edits)[edit],
    }
    return Table(columns)


def scores(findings: Findings) -> Array:
    """The score of the prediction that each finding is of; None where it is of none."""
    told: list[float | None] = []
    for part in findings.blocks:
        held = {"PRD": "score", "LBL": "best"}.get(part.rule[:3], "")
        own = part.values.get(held)
        told += [None] * len(part) if own is None else np.broadcast_to(own, len(part)).astype(float).tolist()
    return objects(told)


def new_values(edits: Edits) -> Array:
    """The new value of each edit; of a new annotation its box."""
    return objects([each.box if isinstance(each, NewBox) else each for each in edits["new"].tolist()])


def of_files(
    number: int,
    op: Op,
    cuts: Sequence[tuple[Path, int, bytes | None, bytes | None]],
    *,
    rule: Sequence[str],
    fingerprint: Sequence[str],
    edit: Sequence[int],
    line: Sequence[int],
) -> Table:
    """Return safe changes that name no record, columns as of `described`. cuts: path, offset, old bytes, new bytes."""
    count = len(cuts)
    path, offset, old, new = (list(each) for each in zip(*cuts, strict=True)) if count else ([], [], [], [])
    absent: dict[str, Any] = {
        **dict.fromkeys(("image", "image_path", "category", "column"), ""),
        "table": "sources",
    }
    absent |= dict.fromkeys(("annotation_id", "score", "old_value", "new_value"))
    told = {"rule": rule, "fingerprint": fingerprint, "path": path, "old": old, "new": new}
    columns = {name: objects([value] * count) for name, value in absent.items()}
    columns |= {name: objects(list(values)) for name, values in told.items()}
    columns |= {
        "round": np.full(count, number, dtype=np.int64),
        "edit": np.array(edit, dtype=np.int64),
        "op": np.full(count, int(op), dtype=np.int8),
        "safe": np.ones(count, dtype=bool),
        "line": np.array(line, dtype=np.int32),
        "offset": np.array(offset, dtype=np.int64),
    }
    return Table(columns)


def record_starts(data: Dataset, edits: Edits, spliced: Table) -> Array:
    """Where the record of each splice begins; its own start where that is in another file, and of a new one."""
    starts = np.array(spliced["start"])
    for name in KEYS:
        of = edits.take(spliced["edit"])
        mine = np.flatnonzero((of["table"] == name) & (of["op"] != Op.ADD))
        source, start, _ = spans(data, name, edits["row"][spliced["edit"][mine]])
        starts[mine] = np.where(source == spliced["source"][mine], start, starts[mine])
    return starts


def rows_of(name: str, findings: Findings, edits: Edits) -> Array:
    """The row of table `name` each edit is of; for bytes, the one its finding names; -1: none. Of a new annotation the
    category is its own.
    """
    asked = findings.column(KEYS[name]).astype(np.int64)[edits["finding"]]
    own = np.where(edits["table"] == name, edits["row"], -1)
    if name == "categories":
        new = np.flatnonzero(edits["op"] == Op.ADD)
        own[new] = [each.category for each in edits["new"][new]]
    return np.where(edits["op"] == Op.BYTES, asked, own)


def picked(data: Dataset, table: str, column: str, rows: Array, absent: Any) -> Array:
    held = data.table(table)[column]
    return np.append(held, np.array([absent], dtype=held.dtype))[rows]


def old_values(data: Dataset, edits: Edits) -> Array:
    """The value in the table that each SET edit replaces, as plain Python values."""
    out = np.empty(len(edits), dtype=object)
    sets = np.flatnonzero(edits["op"] == Op.SET)
    cells = list(zip(edits["table"][sets].tolist(), edits["column"][sets].tolist(), strict=True))
    for cell in dict.fromkeys(cells):
        mine = sets[[each == cell for each in cells]]
        table, column = data.table(cell[0]), cell[1]
        rows = edits["row"][mine]
        if column == "bbox":
            out[mine] = objects(list(zip(*(table[side][rows].tolist() for side in "xywh"), strict=True)))
        elif column in table:
            out[mine] = objects(table[column][rows].tolist())
    return out
