"""What rules of this family share: categories with how many annotations each owns."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import written_in
from annotool.table import Array, Table

__all__ = ["Owned", "grouping", "owned", "summed"]


class Owned(msgspec.Struct, frozen=True):
    """Categories, how many annotations each row owns (int64), and which come from COCO (bool)."""

    categories: Table
    count: Array
    coco: Array


def owned(data: Dataset) -> Owned:
    """Count the annotations of each category."""
    categories, keys = data.table("categories"), data.table("annotations")["category"]
    count = np.bincount(keys[keys >= 0], minlength=len(categories))
    return Owned(categories, count, written_in(data, categories, ("coco",)))


def summed(states: Sequence[Owned]) -> Owned:
    """Add the counts of parts; each part has all categories."""
    return Owned(states[0].categories, np.sum([state.count for state in states], axis=0), states[0].coco)


def grouping(state: Owned) -> Array:
    """Return which categories only group others: another one of the file names it as its supercategory, and
    no annotation of the dataset has a category of its name (bool)."""
    table = state.categories
    sources, names, above = (table[column].tolist() for column in ("source", "name", "supercategory"))
    groups = {(s, a) for s, n, a in zip(sources, names, above, strict=True) if a != n}
    over = np.array([key in groups for key in zip(sources, names, strict=True)], dtype=bool)
    by_label = np.bincount(table["label"], weights=state.count) if len(table) else np.zeros(0)
    groups_only: Array = over & state.coco & (by_label[table["label"]] == 0)
    return groups_only
