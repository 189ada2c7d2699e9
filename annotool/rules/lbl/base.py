"""What the rules on labels of whole images share: which labels each image has."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["label_rows", "labelled", "none_are_labelled"]


def labelled(data: Dataset) -> bool:
    """Whether any annotation labels a whole image."""
    return bool((data.table("annotations")["kind"] == Kind.IMAGE).any())


def none_are_labelled(data: Dataset) -> str:
    """Say why a rule on labels of whole images cannot run; empty where it can, or where there are boxes instead."""
    return "" if labelled(data) or len(data.table("annotations")) else "no annotations"


def label_rows(data: Dataset) -> tuple[Array, Array, Array]:
    """Return the labels of whole images, each label of an image once: positions of their annotations, and of their
    images, ascending, and label numbers (int64).
    """
    rows = data.table("annotations")
    image, label = data.image_rows(rows["image"]), data.annotation_labels
    known = np.flatnonzero((rows["kind"] == Kind.IMAGE) & (image >= 0) & (label >= 0))
    keys = image[known] * max(len(data.labels), 1) + label[known]
    first = known[np.unique(keys, return_index=True)[1]]
    first = first[np.lexsort((first, image[first]))]
    return first, image[first], label[first]
