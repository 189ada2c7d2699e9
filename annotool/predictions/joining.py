"""Predictions joined to a dataset: their rows with its keys, what became of them, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.formats.base import ReadOptions, load
from annotool.predictions.categories import Kinds, match_categories
from annotool.predictions.checks import misfits
from annotool.predictions.images import Matched, match_images
from annotool.predictions.results import Results
from annotool.schema import NO_ID
from annotool.table import Array, Table

__all__ = ["joined"]

NAMED = 12  # categories named in a note


def joined(data: Dataset, results: Results, path: Path, options: ReadOptions) -> Dataset:
    """Return the dataset with the results in it."""
    images = match_images(data, results.images)
    classes = class_names(options)
    kinds = match_categories(data, results.categories, images.rows, classes, "classes" in results.facts)
    first_source, first_buffer = len(data.table("sources")), len(data.buffers)
    rows = results.rows.with_columns(
        image=keys(data, "images", images.rows),
        category=kinds.rows,
        source=(results.rows["source"] + first_source).astype(np.int32),
    )
    sources = results.sources.with_columns(
        source=results.sources["source"] + first_source,
        buffer=(results.sources["buffer"] + first_buffer).astype(np.int32),
    )
    told = facts(data, results, images, kinds, rows) | {"file": str(path)}
    return replace(
        data,
        tables={
            **data.tables,
            "predictions": rows,
            "sources": Table.concat([data.table("sources"), sources]),
        },
        buffers=(*data.buffers, *results.buffers),
        problems=data.problems + moved(results.faults, first_source) + misfits(results, rows, images, kinds),
        decoders={**results.decoders, **data.decoders},
        facts={**data.facts, "predictions": told},
        notes=(*data.notes, *notes(told)),
    )


def keys(data: Dataset, table: str, rows: Array) -> Array:
    return np.append(data.table(table)[table[:-1]], -1)[rows]


def moved(faults: Findings, by: int) -> Findings:
    """Return faults with the rows their files have in the dataset's sources."""
    blocks = []
    for part in faults.blocks:
        source = part.columns["source"]
        shifted = np.where(source >= 0, source + by, source).astype(np.int32)
        blocks.append(replace(part, columns=part.columns.with_columns(source=shifted)))
    return Findings(tuple(blocks))


def class_names(options: ReadOptions) -> dict[int, str]:
    """The class names that the user gave, one a line, by index."""
    held = load(Path(options.classes), options) if options.classes is not None else None
    if held is None or Path(options.classes or "").suffix.lower() in (".yaml", ".yml"):
        return {}
    lines = held.decode("utf-8-sig", "replace").splitlines()
    return {index: name.strip() for index, name in enumerate(lines) if name.strip()}


def facts(data: Dataset, results: Results, images: Matched, kinds: Kinds, rows: Table) -> dict[str, Any]:
    """What was inferred: the form, how images and categories were found, and what each category number means."""
    table = data.table("categories")
    given = rows["category_id"]
    codes, first = np.unique(given, return_index=True)
    names = np.append(table["name"], "")[kinds.rows[first]].tolist() if len(first) else []
    mapping = {
        str(code): name for code, name in zip(codes.tolist(), names, strict=True) if code != NO_ID and name
    }
    scored = (rows["image"] >= 0) & (rows["category"] >= 0)
    return {
        "form": results.form,
        "rows": len(rows),
        "matched": int(scored.sum()),
        "images": len(np.unique(rows["image"][rows["image"] >= 0])),
        "of_images": len(data.table("images")),
        "images_by": images.by,
        "categories_by": kinds.by,
        "categories": mapping,
        **{key: value for key, value in results.facts.items() if key != "pointer"},
    }


def notes(told: Mapping[str, Any]) -> list[str]:
    """What the user should know of the joining."""
    mapping = list(told["categories"].items())
    shown = ", ".join(f"{code} {name}" for code, name in mapping[:NAMED])
    more = f" and {len(mapping) - NAMED} more" if len(mapping) > NAMED else ""
    where = f", images found by {told['images_by']}" if told["images_by"] else ""
    what = f", categories by {told['categories_by']}" if told["categories_by"] else ""
    return [
        f"Predictions: {told['rows']:,} rows of {told['form']} in {told['file']}, {told['matched']:,} of them of known "
        f"images and categories ({told['images']:,} of {told['of_images']:,} images){where}{what}"
        + (f": {shown}{more}" if shown else "")
        + "."
    ]
