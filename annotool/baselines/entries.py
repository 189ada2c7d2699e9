"""The faults of a baseline as columns, and findings in the same columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.fingerprint import image_names, plain, rows_of
from annotool.geometry.groups import first_equal
from annotool.table import Array, Table

__all__ = ["BOX", "NO_BOX", "TEXTS", "collapsed", "keys", "of_findings", "ordered"]

TEXTS = ("rule", "format", "file", "image", "category", "split")  # what a fault is, but for its place
BOX = ("x", "y", "w", "h")
PIXELS, FRACTIONS = 2, 6  # decimals a box is kept with
NO_BOX = -1e307  # in place of NaN, which would equal nothing
# Columns: TEXTS, reason and by: object; BOX, width, height: float64, pixels, NaN unknown; fraction: bool, the box is
# in fractions of an image of unknown size; count: int64.


def of_findings(data: Dataset, findings: Findings, bound: Collection[str]) -> Table:
    """Return one row a finding, in block order. `bound` are the rules whose findings depend on the format."""
    images = data.image_rows(findings.column("image"))
    rules = findings.column("rule").astype(object)
    own = np.isin(findings.column("rule"), list(bound))
    texts = {
        "rule": rules,
        "image": cleaned(image_names(data))[images],
        "category": cleaned(data.table("categories")["name"])[findings.column("category")],
        "format": np.where(own, formats(data, findings, images), ""),
        "file": np.where(own & (images < 0), files(data)[findings.column("source")], ""),
        "split": np.where(images < 0, splits(findings), ""),
    }
    return Table({**texts, **places(data, findings.column("annotation")), **uncommented(len(findings))})


def cleaned(names: Array) -> Array:
    """Names as UTF-8 can hold them, and an empty one for row -1 (object)."""
    texts = [name.encode("utf-8", "replace").decode() for name in names.tolist()]
    return objects([*texts, ""])


def objects(values: list[str]) -> Array:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def files(data: Dataset) -> Array:
    """Each source's name as an image's: without format folders, split and suffix; empty for -1."""
    return cleaned(objects([plain(file) for file in data.table("sources")["file"].tolist()]))


def formats(data: Dataset, findings: Findings, images: Array) -> Array:
    """The format of the file each finding names, else of its image's, else all of the dataset's."""
    sources = findings.column("source").astype(np.int64)
    declared = np.append(data.table("images")["source"].astype(np.int64), -1)
    names = objects([*data.table("sources")["format"].tolist(), "+".join(sorted(data.formats))])
    return names[np.where(sources >= 0, sources, declared[images])]


def splits(findings: Findings) -> Array:
    """The split that each finding's values name, empty where they name none."""
    parts = [part.values.get("split", np.full(len(part), "", dtype=object)) for part in findings.blocks]
    named = [split if isinstance(split, str) else "" for part in parts for split in part.tolist()]
    return cleaned(objects(named))[:-1]


def places(data: Dataset, annotations: Array) -> dict[str, Array]:
    """The box of each annotation key and its image's size, rounded as a baseline keeps them."""
    rows, named = rows_of(data, annotations)
    if not named.any():
        empty = np.full(len(rows), np.nan)
        return dict.fromkeys((*BOX, "width", "height"), empty) | {"fraction": np.zeros(len(rows), bool)}
    fraction = data.boxes.fraction[rows] & named
    box = np.where(named[:, None], data.boxes.xywh[rows], np.nan)
    box = np.where(fraction[:, None], np.round(box, FRACTIONS), np.round(box, PIXELS)) + 0.0
    box[~np.isfinite(box)] = np.nan
    sized = named & ~fraction & np.isfinite(box).all(axis=1)
    sizes = [np.where(sized, size[rows], np.nan) for size in (data.boxes.width, data.boxes.height)]
    return {**dict(zip(BOX, box.T, strict=True)), "width": sizes[0], "height": sizes[1], "fraction": fraction}


def uncommented(rows: int) -> dict[str, Array]:
    nothing = np.full(rows, "", dtype=object)
    return {"count": np.ones(rows, dtype=np.int64), "reason": nothing, "by": nothing}


def keys(*tables: Table) -> Array:
    """Return one number for each distinct combination of texts over the rows of all tables (int64)."""
    key = np.zeros(sum(map(len, tables)), dtype=np.int64)
    for name in TEXTS:
        values = [value for table in tables for value in table[name].tolist()]
        number = {value: at for at, value in enumerate(dict.fromkeys(values))}
        if len(number) > 1:
            codes = np.fromiter(map(number.__getitem__, values), np.int64, len(values))
            key = np.unique(key * len(number) + codes, return_inverse=True)[1].reshape(-1)
    return key


def collapsed(entries: Table, counts: Callable[[Array, Array, Array], None]) -> Table:
    """Return identical faults as one: `counts(totals, which, count)` is np.add.at or np.maximum.at; the first reason stays."""
    same = first_equal(
        keys(entries),
        *(np.nan_to_num(entries[side], nan=NO_BOX) for side in BOX),
        entries["fraction"],
    )
    head = np.where(same < 0, np.arange(len(same)), same)
    total = np.zeros(len(entries), dtype=np.int64)
    counts(total, head, entries["count"])
    said = {}
    for name in ("reason", "by"):
        said[name] = entries[name].copy()
        given = np.flatnonzero(entries[name] != "")[::-1]
        said[name][head[given]] = entries[name][given]
    return entries.with_columns(count=total, **said).take(same < 0)


def ordered(entries: Table) -> Table:
    """Return entries in the order of a file: by rule, image, category, the other texts, place."""
    keys = [
        ranks(entries[name].tolist()) for name in ("rule", "image", "category", "split", "format", "file")
    ]
    return entries.take(np.lexsort([*(entries[side] for side in reversed(BOX)), *reversed(keys)]))


def ranks(values: Iterable[str]) -> Array:
    place = {value: rank for rank, value in enumerate(sorted(set(values)))}
    return np.array([place[value] for value in values], dtype=np.int64)
