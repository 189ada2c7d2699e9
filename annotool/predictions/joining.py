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
from annotool.geometry.groups import first_equal
from annotool.predictions.categories import Kinds, class_order, match_categories, match_columns
from annotool.predictions.checks import class_misfits, misfits
from annotool.predictions.forms import boxes_checked, masks_checked
from annotool.predictions.images import Matched, match_images
from annotool.predictions.numbering import categories_checked, images_checked
from annotool.predictions.results import Results
from annotool.schema import NO_ID
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["joined"]

NAMED = 12  # categories named in a note


def joined(data: Dataset, results: Results, path: Path, options: ReadOptions) -> Dataset:
    """Return the dataset with the results in it."""
    images = match_images(data, results.images)
    classes = class_names(options)
    if results.probabilities is not None:
        return with_probabilities(data, results, images, classes, path)
    plain, called = "classes" in results.facts, results.categories
    rows = results.rows.with_columns(
        image=keys(data, "images", images.rows),
        source=(results.rows["source"] + len(data.table("sources"))).astype(np.int32),
    )
    images = images_checked(data, rows, images, results.images.bare)
    rows, boxes = boxes_checked(data, rows, images.rows)
    rows = in_pixels(data, rows.with_columns(image=keys(data, "images", images.rows)), images.rows)
    kinds = match_categories(data, called, images.rows, classes, plain)
    order = class_order(data, classes)
    kinds = categories_checked(data, rows, kinds, called.bare, order, plain or bool(classes))
    rows = rows.with_columns(category=kinds.rows)
    told = facts(data, results, images, kinds, rows) | {"file": str(path)}
    if boxes:
        told["boxes"] = boxes.wrong
    faults = misfits(results, rows, images, kinds, boxes) + masks_checked(data, results, rows, images.rows)
    made = with_sources(data, results, told, faults)
    return replace(made, tables={**made.tables, "predictions": rows})


def with_sources(data: Dataset, results: Results, told: Mapping[str, Any], faults: Findings) -> Dataset:
    """Return the dataset with the files of the results, their faults and these, and what is told of them."""
    first = len(data.table("sources"))
    sources = results.sources.with_columns(
        source=results.sources["source"] + first,
        buffer=(results.sources["buffer"] + len(data.buffers)).astype(np.int32),
    )
    return replace(
        data,
        tables={**data.tables, "sources": Table.concat([data.table("sources"), sources])},
        buffers=(*data.buffers, *results.buffers),
        problems=data.problems + moved(results.faults, first) + faults,
        decoders={**results.decoders, **data.decoders},
        facts={**data.facts, "predictions": told},
        notes=(*data.notes, *notes(told)),
    )


def in_pixels(data: Dataset, rows: Table, images: Array) -> Table:
    """Return rows with x y w h where they hold fractions and the size of their image is known."""
    if np.isnan(rows["xn"]).all():
        return rows
    table = data.table("images")
    size = {name: np.append(table[name], np.nan)[images] for name in ("width", "height")}
    sides = (("x", "xn", "width"), ("y", "yn", "height"), ("w", "wn", "width"), ("h", "hn", "height"))
    return rows.with_columns(**{
        name: np.where(np.isnan(rows[name]), rows[part] * size[side], rows[name]) for name, part, side in sides
    })  # fmt: skip


def with_probabilities(
    data: Dataset, results: Results, images: Matched, classes: Mapping[int, str], path: Path
) -> Dataset:
    """Return the dataset with the scores of a classifier, by image and label."""
    assert results.probabilities is not None
    kinds = match_columns(data, results.categories, classes)
    labels = np.append(data.table("categories")["label"].astype(np.int64), -1)[kinds.rows]
    again = (first_equal(labels) >= 0) & (labels >= 0)
    known_images, known = np.flatnonzero(images.rows >= 0)[::-1], np.flatnonzero((labels >= 0) & ~again)
    scores = np.full((len(data.table("images")), len(data.labels)), np.nan)
    if len(known):
        scores[images.rows[known_images]] = 0
        scores[np.ix_(images.rows[known_images], labels[known])] = results.probabilities[
            np.ix_(known_images, known)
        ]
    source = (results.rows["source"] + len(data.table("sources"))).astype(np.int32)
    rows = results.rows.with_columns(image=keys(data, "images", images.rows), source=source)
    named = results.categories.names or tuple(map(str, results.categories.ids.tolist()))
    told = {
        "form": results.form, "file": str(path), "rows": len(rows), "matched": len(known_images),
        "images": len(np.unique(images.rows[known_images])), "of_images": len(scores),
        "images_by": images.by, "categories_by": kinds.by if len(known) else "",
        "categories": {named[at]: data.labels[labels[at]] for at in known.tolist()},
        "delimiter": results.facts["delimiter"], "header": results.facts["header"],
    }  # fmt: skip
    missing = [name for label, name in enumerate(data.labels) if len(known) and label not in labels.tolist()]
    lost = [named[at] for at in np.flatnonzero(labels < 0).tolist()]
    twice = [named[at] for at in np.flatnonzero(again).tolist()]
    made = with_sources(data, results, told, class_misfits(rows, images, results, lost, missing, twice))
    return replace(made, probabilities=scores)


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
    wrong = (
        f"image ids {images.wrong}" if images.wrong else f"category ids {kinds.wrong}" if kinds.wrong else ""
    )
    return {
        "form": results.form,
        "rows": len(rows),
        "matched": int(scored.sum()),
        "images": len(np.unique(rows["image"][rows["image"] >= 0])),
        "of_images": len(data.table("images")),
        "images_by": images.by,
        "categories_by": kinds.by,
        "categories": mapping,
        **({"wrong": wrong} if wrong else {}),
        **{key: value for key, value in results.facts.items() if key not in ("pointer", "classes")},
    }


def notes(told: Mapping[str, Any]) -> list[str]:
    """What the user should know of the joining."""
    mapping = list(told["categories"].items())
    shown = ", ".join(f"{code} {name}" for code, name in mapping[:NAMED])
    more = f" and {len(mapping) - NAMED} more" if len(mapping) > NAMED else ""
    where = f", images found by {told['images_by']}" if told["images_by"] else ""
    what = f", categories by {told['categories_by']}" if told["categories_by"] else ""
    return [
        f"Predictions: {plural(told['rows'], 'row')} of {told['form']} in {told['file']}, {told['matched']:,} of them of known "
        f"images and categories ({told['images']:,} of {plural(told['of_images'], 'image')}){where}{what}"
        + (f": {shown}{more}" if shown else "")
        + (f"; boxes {told['boxes']}" if "boxes" in told else "")
        + (f"; nothing is scored, for {told['wrong']}" if "wrong" in told else "")
        + "."
    ]
