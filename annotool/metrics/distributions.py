"""How large boxes are, how long, how many an image, where they lie, and what resizing leaves of them.

Counted for the whole dataset (split "") and each split. Boxes count where they are usable (finite, positive, of a known
image). What needs pixels is counted where the image's size or the box in pixels is known; `judged` says of how many.

| number | what | source |
|---|---|---|
| side | sqrt(w h), pixels, in bins of powers of 2 | 32 and 96 px are pycocotools' size bins |
| aspect | w / h, in bins of powers of 2 ** .5 | |
| centre | the cell of a GRID x GRID raster of the image that the box's centre lies in | |
| resized side | min(w, h) * s / max(W, H) for a longer image side of s px | ultralytics' letterbox; its autoanchor warns below 3 px |
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.parts import membership
from annotool.table import Array, Table

__all__ = ["GRID", "LIMITS", "RESIZED", "Distributions", "distributions"]

GRID = 16
RESIZED = (320, 640, 1280)  # longer side of the image that a model sees, px
LIMITS = (3, 8, 16, 32)  # px
SIDES = 2.0 ** np.arange(0, 13)  # px
ASPECTS = 2.0 ** np.arange(-4, 4.5, 0.5)


@dataclass(frozen=True)
class Distributions:
    """Counts to draw from; each table has a row a split and bin, split "" being the whole.

    per_image: split, boxes, images. sides and aspects: split, low, high (half-open, the first from 0, the last to
    infinity), boxes. centres: split, category, row, column, boxes (cells with boxes only). resized: split, size (px of
    the longer image side), limit (px), boxes (with a shorter side below it), share.
    judged: split, boxes, sides (boxes with a size in pixels), resized (boxes of images with a known size).
    """

    per_image: Table
    sides: Table
    aspects: Table
    centres: Table
    resized: Table
    judged: Table


def distributions(data: Dataset) -> Distributions:
    """Count a dataset's boxes by size, shape, place and number an image."""
    boxes = data.boxes
    rows = np.flatnonzero(boxes.usable)
    x, y, w, h = boxes.xywh[rows].T
    width, height = boxes.width[rows], boxes.height[rows]
    image = data.image_rows(data.table("annotations")["image"][rows])
    label = data.annotation_labels[rows]
    pixels = ~boxes.fraction[rows]
    sized = np.isfinite(width) & np.isfinite(height) & (width > 0) & (height > 0)
    with np.errstate(all="ignore"):  # of sizes that are 0 or not known
        cell, inside = cells((x + w / 2) / width, (y + h / 2) / height)
        shorter = np.minimum(w, h) / np.maximum(width, height)  # of the image's longer side
    drawn = np.bincount(image, minlength=len(data.table("images")))
    side, aspect = np.sqrt(w * h), w / h

    tables: dict[str, list[Table]] = {each.name: [] for each in fields(Distributions)}
    for split, member in membership(data).items():
        mine = member[image]
        known, judged = mine & pixels, mine & pixels & sized
        own = {
            "per_image": numbers(drawn[member]),
            "sides": binned(side[known], SIDES),
            "aspects": binned(aspect[known], ASPECTS),
            "centres": placed(label, cell, mine & inside & (label >= 0), data.labels),
            "resized": resized(shorter[judged]),
            "judged": {
                "boxes": np.array([mine.sum()]),
                "sides": np.array([known.sum()]),
                "resized": np.array([judged.sum()]),
            },
        }
        for name, columns in own.items():
            n = len(next(iter(columns.values())))
            tables[name].append(Table({"split": np.array([split] * n, dtype=object), **columns}))
    return Distributions(**{name: Table.concat(parts) for name, parts in tables.items()})


def cells(across: Array, down: Array) -> tuple[Array, Array]:
    """Return the raster cell of each point, given in fractions, and whether it lies in the image at all."""
    inside = (across >= 0) & (across <= 1) & (down >= 0) & (down <= 1)
    column, row = (
        np.minimum((np.where(inside, each, 0.0) * GRID).astype(np.int64), GRID - 1) for each in (across, down)
    )
    return row * GRID + column, inside


def numbers(drawn: Array) -> dict[str, Array]:
    """How many images have how many boxes."""
    images = np.bincount(drawn)
    some = np.flatnonzero(images)
    return {"boxes": some, "images": images[some]}


def binned(values: Array, edges: Array) -> dict[str, Array]:
    """Counts between the edges, below the first and from the last on."""
    counts = np.bincount(np.digitize(values, edges), minlength=len(edges) + 1)
    return {"low": np.append(0.0, edges), "high": np.append(edges, np.inf), "boxes": counts}


def placed(label: Array, cell: Array, which: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """Boxes a category and cell, cells with boxes only."""
    keys, counts = np.unique(label[which] * GRID**2 + cell[which], return_counts=True)
    named = np.array([*names, ""], dtype=object)[keys // GRID**2]
    return {
        "category": named,
        "row": keys % GRID**2 // GRID,
        "column": keys % GRID,
        "boxes": counts,
    }


def resized(shorter: Array) -> dict[str, Array]:
    """Boxes that a model sees smaller than each limit, for each size of its input."""
    sizes, limits = np.repeat(RESIZED, len(LIMITS)), np.tile(LIMITS, len(RESIZED))
    order = np.sort(shorter)
    below = np.searchsorted(order, limits / sizes, side="left")
    return {"size": sizes, "limit": limits, "boxes": below, "share": below / max(len(order), 1)}
