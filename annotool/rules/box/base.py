"""What the box rules share: which boxes have inclusive corners, and the edits that give boxes new numbers."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits
from annotool.table import Array

__all__ = ["inclusive", "reshaped"]


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
