"""Equal rows and runs of equal keys in columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def first_equal(*columns: NDArray[Any]) -> Ints:
    """For each row the index of the first row with equal values in all columns, -1 for that first row itself.

    Columns are (n,) numbers, strings or hashable objects. NaN equals nothing; 0.0 equals -0.0. Returns (n,)
    int64. A 64-bit hash only picks the rows worth comparing: the comparison itself is exact.
    """
    numbers = [_numbers(column) for column in columns]
    first = np.full(len(numbers[0]), -1, np.int64)
    rows = _rows_with_equal_hash(numbers)
    if not len(rows):
        return first
    picked = [column[rows] for column in numbers]
    order = np.lexsort(picked[::-1])  # stable: the lowest row of a group comes first
    rows = rows[order]
    differs = np.zeros(len(rows) - 1, dtype=bool)
    for column in picked:
        ordered = column[order]
        differs |= ordered[1:] != ordered[:-1]
    starts = np.concatenate(([0], np.flatnonzero(differs) + 1))
    heads = np.repeat(rows[starts], np.diff(np.append(starts, len(rows))))
    first[rows] = np.where(heads == rows, -1, heads)
    return first


def group_starts(sorted_keys: NDArray[Any]) -> Ints:
    """Offsets of the runs of equal keys: (groups + 1,) int64, run k is offsets[k] to offsets[k + 1]."""
    if not len(sorted_keys):
        return np.zeros(1, np.int64)
    changes = np.flatnonzero(sorted_keys[1:] != sorted_keys[:-1]) + 1
    return np.concatenate(([0], changes, [len(sorted_keys)])).astype(np.int64)


def _numbers(column: NDArray[Any]) -> NDArray[Any]:
    """The column as float64 or int64: same where it was the same, NaN where it equals nothing."""
    if column.dtype.kind == "f":
        return column.astype(np.float64, copy=False)
    if column.dtype.kind in "biu":
        return column.astype(np.int64, copy=False)
    codes: dict[Any, int] = {}
    values = column.tolist()
    numbers = np.array([codes.setdefault(value, len(codes)) for value in values], dtype=np.float64)
    numbers[[value != value for value in values]] = np.nan
    return numbers


def _rows_with_equal_hash(columns: list[NDArray[Any]]) -> Ints:
    """Rows, ascending, whose hash another row has too; rows with a NaN left out."""
    hashes = np.zeros(len(columns[0]), np.uint64)
    known = np.ones(len(hashes), dtype=bool)
    for column in columns:
        if column.dtype.kind == "f":
            known &= ~np.isnan(column)
            column = column + 0.0  # -0.0 becomes 0.0
        _mix(hashes, column.view(np.uint64))
    ordered = np.sort(hashes[known])
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(repeated):
        return np.empty(0, np.int64)
    place = np.minimum(np.searchsorted(repeated, hashes), len(repeated) - 1)
    return np.flatnonzero((repeated[place] == hashes) & known)


def _mix(hashes: Hashes, values: Hashes) -> None:
    """Stir values into the hashes in place: multiply and fold, as the finishers of xxHash and murmur do."""
    hashes ^= values
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(32)
