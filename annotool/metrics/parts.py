"""The whole of a dataset, and its splits."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.table import Array

__all__ = ["membership"]


def membership(data: Dataset) -> dict[str, Array]:
    """For the whole ("") and each split: whether each image is in it, bool (images,)."""
    n, splits = len(data.table("images")), data.table("splits")
    members = {"": np.ones(n, dtype=bool)}
    rows = data.image_rows(splits["image"])
    for name in data.split_names:
        members[name] = np.zeros(n, dtype=bool)
        mine = rows[splits["split"] == name]
        members[name][mine[mine >= 0]] = True
    return members
