"""What the rules on balance share: objects of each image, and the split each image is counted in."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.table import Array

__all__ = ["per_image", "split_codes"]


def per_image(data: Dataset) -> Array:
    """Return how many annotations each image has, int64 (images,)."""
    rows = data.image_rows(data.table("annotations")["image"])
    return np.bincount(rows[rows >= 0], minlength=len(data.table("images")))


def split_codes(data: Dataset) -> tuple[Array, tuple[str, ...]]:
    """Return the number of each image's first split (int64), and the splits by number; the last, "", is none."""
    names = (*data.split_names, "")
    code = np.full(len(data.table("images")), len(names) - 1, dtype=np.int64)
    splits = data.table("splits")
    rows = data.image_rows(splits["image"])
    for at in reversed(range(len(names) - 1)):
        mine = rows[splits["split"] == names[at]]
        code[mine[mine >= 0]] = at
    return code, names
