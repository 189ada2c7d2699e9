"""What picture a file was made from, by its name: augmented copies and exports bear the name of their original."""

from __future__ import annotations

import re

import numpy as np

from annotool.table import Array

__all__ = ["COPY", "EXPORT", "PLAIN", "made_from", "origin", "same_picture"]

ROBOFLOW = re.compile(r"(.+?)(?:_(?:jpe?g|png|bmp|webp|gif|tiff?))?\.rf\.[0-9A-Za-z]{8,}", re.IGNORECASE)
AUGMENTED = re.compile(r"(.+?)[_-]aug(?:mented)?[_-]?\d*", re.IGNORECASE)
PLAIN, COPY, EXPORT = 0, 1, 2  # what a name says: nothing, an augmented copy, an export of Roboflow


def same_picture(names: Array, others: Array) -> Array:
    """Whether two files are by their names made from one picture, or one from the other; bool (n,)."""
    pairs = (map(made_from, each.tolist()) for each in (names, others))
    same = [one[0] == other[0] and {one[1], other[1]} != {PLAIN} for one, other in zip(*pairs, strict=True)]
    return np.array(same, dtype=bool)


def made_from(name: str) -> tuple[str, int]:
    """Return the name of the picture that a file was made from, and what says so."""
    file = name.replace("\\", "/").rpartition("/")[2]
    return origin(file.rpartition(".")[0] or file)


def origin(stem: str) -> tuple[str, int]:
    """Return the name of the picture that a file was made from, and what says so."""
    if exported := ROBOFLOW.fullmatch(stem):
        return exported[1], EXPORT
    if copied := AUGMENTED.fullmatch(stem):
        return copied[1], COPY
    return stem, PLAIN
