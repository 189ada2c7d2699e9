"""Results of a detector, as pycocotools takes them: a list of {image_id, category_id, bbox | segmentation, score}.

They become the table `predictions`. Ids are those of the ground truth. Some tools write an object with sections instead;
then its own images and categories say which file name and class name an id means.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.formats.base import ReadOptions, opened, relative
from annotool.formats.coco.document import parse
from annotool.formats.coco.references import resolve
from annotool.formats.coco.tables import build
from annotool.schema import NO_ID, make
from annotool.table import Array, Table

__all__ = ["with_predictions"]


def with_predictions(data: Dataset, path: Path, options: ReadOptions) -> Dataset:
    """Return the dataset with the predictions of a results file. Raises UsageError when there is no such file."""
    try:
        document = parse(opened(path, options))
    except OSError as error:
        raise UsageError(f"--predictions {path}: {(error.strerror or str(error)).lower()}") from error
    results = build(document, relative(path, data.paths[0]), "", role="predictions")
    source, buffer = len(data.table("sources")), len(data.buffers)
    found = results.table("annotations")
    if len(results.table("images")):
        image, category = by_name(data, results)
    else:
        image = first_of(data.table("images"), found["image_id"])
        category = categories_of(data, image, found["category_id"])
    predictions = make(
        "predictions", len(found), **{
            **{name: found[name] for name in found if name != "annotation"},
            "image": image, "category": category, "source": np.full(len(found), source, dtype=np.int32),
        },
    )  # fmt: skip
    sources = results.table("sources").with_columns(
        source=np.array([source]), buffer=np.array([buffer], dtype=np.int32)
    )
    blocks = tuple(replace(part, columns=elsewhere(part.columns, source)) for part in results.problems.blocks)
    return replace(
        data,
        tables={
            **data.tables,
            "predictions": predictions,
            "sources": Table.concat([data.table("sources"), sources]),
        },
        buffers=(*data.buffers, *results.buffers),
        problems=data.problems + replace(results.problems, blocks=blocks),
    )


def elsewhere(columns: Table, source: int) -> Table:
    """Return the columns of problems with the file's row key, and no rows: theirs are not the ground truth's."""
    none = np.full(len(columns), -1, dtype=np.int64)
    own = np.full(len(columns), source, dtype=np.int32)
    return columns.with_columns(source=own, image=none, annotation=none, category=none)


def first_of(images: Table, ids: Array) -> Array:
    """Return the first image, over all files, with each id."""
    return resolve(images["id"], ids)


def categories_of(data: Dataset, image: Array, ids: Array) -> Array:
    """Return for each id the category with it in the file that the image comes from; in the first for no image."""
    categories = data.table("categories")
    sources = np.append(data.table("images")["source"], -1)[image]
    found = resolve(categories["id"], ids)
    for source in np.unique(sources[sources >= 0]).tolist():
        mine = sources == source
        own = np.where(categories["source"] == source, categories["id"], NO_ID)
        found[mine] = resolve(own, ids[mine])
    return found


def by_name(data: Dataset, results: Dataset) -> tuple[Array, Array]:
    """Return image and category of results that bring their own images and categories, matched by name."""
    pairs = (("images", "file_name", "image"), ("categories", "name", "category"))
    matched = []
    for table, column, key in pairs:
        rows: dict[str, int] = {}
        for row, name in enumerate(data.table(table)[column].tolist()):
            rows.setdefault(name, row)
        to_truth = np.array(
            [rows.get(name, -1) for name in results.table(table)[column].tolist()] + [-1], dtype=np.int64
        )
        matched.append(to_truth[results.table("annotations")[key]])
    return matched[0], matched[1]
