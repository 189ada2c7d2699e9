"""Boxes that go with an outline: where a file has none but the outline's they cannot be moved, else they leave it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.box.base import outlined

__all__ = ["NEAR_OUTLINE", "derived", "leaves"]

NEAR_OUTLINE = 2.0  # pixels, an edge: as BOX006


def derived(data: Dataset, row: int) -> bool:
    """Whether the box of an annotation (its row) is nothing but the extent of its outline."""
    return bool(data.table("annotations")["bbox_derived"][row])


def leaves(data: Dataset, row: int, box: Sequence[float]) -> bool:
    """Whether `box` (x y w h, pixels) lies elsewhere than the outline or mask of an annotation (its row)."""
    rows, extent, _ = data.once(outlined)
    at = int(np.searchsorted(rows, row))
    if at == len(rows) or rows[at] != row:
        return False
    x, y, w, h = box
    return bool((np.abs(extent[at] - (x, y, x + w, y + h)) > NEAR_OUTLINE).any())
