"""What the box rules share: which boxes can be judged, which have inclusive corners, the edits that reshape them."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.table import Array

__all__ = ["boxed", "inclusive", "judged", "labels", "outlined", "reshaped", "sizes_lacking"]


def judged(data: Dataset, rows: Array | slice = slice(None)) -> Array:
    """Whether the boxes at these positions are known in pixels, and of one object: no crowd regions; bool (n,)."""
    single = data.table("annotations")["iscrowd"][rows] != 1
    return np.asarray(data.boxes.usable[rows] & ~data.boxes.fraction[rows] & single)


def labels(data: Dataset) -> Array:
    """The label number of each annotation, int64; where it has none, one more than the largest."""
    own = data.annotation_labels
    return np.where(own < 0, len(data.labels), own) if (own < 0).any() else own


def sizes_lacking(data: Dataset) -> str:
    """Say how many boxes cannot be judged because the size of their image is not known; empty: none."""
    missing = int((data.boxes.usable & data.boxes.fraction).sum())
    return (
        f"{missing:,} of {len(data.boxes.usable):,} boxes: the size of their image is not known"
        if missing
        else ""
    )


def inclusive(data: Dataset, rows: Array) -> Array:
    """Whether the boxes at these positions were written with inclusive corners, where xmax == xmin is one pixel.

    bool (n,). Only Pascal VOC has such, in the bases that end in "inclusive".
    """
    base = str(data.facts.get("voc_base", {}).get("base", ""))
    if not base.endswith("inclusive"):
        return np.zeros(len(rows), dtype=bool)
    of_voc = data.table("sources")["format"] == "voc"
    return np.asarray(of_voc[data.table("annotations")["source"][rows]], dtype=bool)


def reshaped(rule: str, finding: Array, rows: Array, boxes: Array, safe: Array | bool) -> Edits:
    """Return the edits that give the annotations at `rows` the boxes (n, 4) x y w h, in the frame of `data.boxes`."""
    new = [tuple(box) for box in boxes.tolist()]
    return Edits.make(
        len(rows),
        table="annotations",
        column="bbox",
        row=rows,
        new=new,
        finding=finding,
        safe=safe,
        rule=rule,
    )


def outlined(data: Dataset) -> tuple[Array, Array, Array]:
    """Annotations with a written box and a sound mask: positions, ascending; extent (n, 4) x0 y0 x1 y1 and area (n,)
    of the mask."""
    rings, masks = data.rings, data.masks
    drawn = (rings["numbers"] >= 6) & (rings["numbers"] % 2 == 0) & rings["finite"]
    rings = rings if drawn.all() else rings.take(drawn)
    row = rings["row"]
    first = np.flatnonzero(np.append(True, row[1:] != row[:-1])[: len(row)])
    sides = [
        (np.minimum if name in ("x0", "y0") else np.maximum).reduceat(rings[name], first)
        if len(first)
        else row[:0]
        for name in ("x0", "y0", "x1", "y1")
    ]
    area = np.add.reduceat(rings["area"], first) if len(first) else np.empty(0)
    full = masks.take(masks["sound"] & (masks["area"] > 0))
    rows = np.append(row[first], full["row"])
    extent = np.column_stack(
        [np.append(side, full[name]) for side, name in zip(sides, ("x0", "y0", "x1", "y1"), strict=True)]
    )
    area = np.append(area, full["area"])
    written = ~data.table("annotations")["bbox_derived"][rows]
    order = np.argsort(rows[written], kind="stable")
    return rows[written][order], extent[written][order], area[written][order]


def boxed(
    rule: str, data: Dataset, finding: Array, rows: Array, mask: tuple[Array, Array], safe: Array | bool
) -> Edits:
    """Return the edits that give the annotations at `rows` the box of their `mask` (extent, (n, 4) x0 y0 x1 y1, and
    area, (n,)), and its area where the one written is off by more than 5 %."""
    extent, area = mask
    new = np.column_stack([extent[:, :2], np.round(extent[:, 2:] - extent[:, :2], 9)])
    other = np.flatnonzero(np.abs(data.table("annotations")["area"][rows] - area) > 0.05 * area)
    follow = Edits.make(
        len(other),
        table="annotations",
        column="area",
        row=rows[other],
        new=np.round(area[other], 4),
        finding=finding[other],
        safe=False,
        rule=rule,
    )
    return Edits.concat([reshaped(rule, finding, rows, new, safe), follow])
