"""What the box rules share: which boxes can be judged, which have inclusive corners, the edits that reshape them."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.table import Array

__all__ = ["COLUMNS", "inclusive", "judged", "labels", "reshaped", "sizes_lacking"]

COLUMNS = (
    "annotation",
    "image",
    "category",
    "source",
    "line",
    "start",
    "end",
)  # what a finding says of its row


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
