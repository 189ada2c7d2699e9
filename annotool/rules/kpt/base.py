"""What the keypoint rules share: how many points a category has, and where the numbers of a list stand in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.table import Array

__all__ = ["declared", "numbers"]

NUMBER = re.compile(rb"[^\s,\[\]]+")


class Skeleton(msgspec.Struct):
    """What a COCO category says of its keypoints."""

    keypoints: list[str] | None = None


def declared(data: Dataset) -> Array:
    """How many keypoints each category has by its own record, which only COCO has: int64, 0: it does not say."""
    table, sources = data.table("categories"), data.table("sources")["format"]
    count = np.zeros(len(table), dtype=np.int64)
    for row in np.flatnonzero(table["extra"] & (table["source"] >= 0)).tolist():
        source = int(table["source"][row])
        if sources[source] == "coco":
            record = data.source_bytes(source)[int(table["start"][row]) : int(table["end"][row])]
            count[row] = points_of(bytes(record))
    return count


def points_of(record: bytes) -> int:
    try:
        return len(msgspec.json.decode(record, type=Skeleton).keypoints or ())
    except msgspec.DecodeError:
        return 0


def numbers(data: Dataset, row: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each number of an annotation's keypoints stands in its file, and its text."""
    table = data.table("annotations")
    start, end = int(table["kpt_start"][row]), int(table["kpt_end"][row])
    text = bytes(data.source_bytes(int(table["source"][row]))[start:end])
    for match in NUMBER.finditer(text):
        yield start + match.start(), start + match.end(), match[0]
