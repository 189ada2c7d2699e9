"""Equal rows and runs of equal keys in columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

ROWS_IN_A_BLOCK = 1 << 14
FEW = 3  # columns in which rows that differ nearly always do


def first_equal(*columns: NDArray[Any]) -> Ints:
    """For each row the index of the first row with equal values in all columns, -1 for that first row itself.

    Columns are (n,) numbers, strings or hashable objects. NaN equals nothing; 0.0 equals -0.0. Returns (n,)
    int64. A 64-bit hash only picks the rows worth comparing: the comparison itself is exact. The first few columns
    pick first: give those that differ most.
    """
    numbers = [_numbers(column) for column in columns]
    first = np.full(len(numbers[0]), -1, np.int64)
    if any(_ascending(column) for column in numbers):
        return first
    rows = np.arange(len(first))
    hashes = np.zeros(len(first), np.uint64)
    for some in (numbers[:FEW], numbers):
        hashes[rows], known = _hashes([column[rows] for column in some])
        rows = rows[_repeated(hashes[rows], known)]
    rows = rows[np.argsort(hashes[rows], kind="stable")]
    while len(rows):  # once, but for collisions: a row unlike the first of its hash waits for the next round
        starts = group_starts(hashes[rows])
        heads = np.repeat(rows[starts[:-1]], np.diff(starts))
        same = np.ones(len(rows), dtype=bool)
        for column in numbers:
            same &= column[rows] == column[heads]
        equal = same & (rows != heads)
        first[rows[equal]] = heads[equal]
        rows = rows[~same]
    return first


def group_starts(sorted_keys: NDArray[Any]) -> Ints:
    """Offsets of the runs of equal keys: (groups + 1,) int64, run k is offsets[k] to offsets[k + 1]."""
    if not len(sorted_keys):
        return np.zeros(1, np.int64)
    changes = np.flatnonzero(sorted_keys[1:] != sorted_keys[:-1]) + 1
    return np.concatenate(([0], changes, [len(sorted_keys)])).astype(np.int64)


def components(count: int, first: Ints, second: Ints) -> Ints:
    """For each of `count` rows the lowest row that pairs first-second, (m,) positions, lead to: (count,) int64."""
    head = np.arange(count)
    while True:
        low = np.minimum(head[first], head[second])
        lower = head.copy()
        np.minimum.at(lower, head[first], low)
        np.minimum.at(lower, head[second], low)
        while (lower[lower] != lower).any():
            lower = lower[lower]
        if (lower == head).all():
            return head
        head = lower


def _numbers(column: NDArray[Any]) -> NDArray[Any]:
    """The column as float64 or int64: same where it was the same, NaN where it equals nothing."""
    if column.dtype.kind == "f":
        return column.astype(np.float64, copy=False)
    if column.dtype.kind in "biu":
        return column.astype(np.int64, copy=False)
    values = column.tolist()
    codes = dict.fromkeys(values)
    if len(codes) == len(values):
        numbers = np.arange(len(values), dtype=np.float64)
    else:
        codes = {value: code for code, value in enumerate(codes)}
        numbers = np.fromiter(map(codes.__getitem__, values), dtype=np.float64, count=len(values))
    if not {*map(type, values)} <= {str, bytes, int}:
        numbers[[value != value for value in values]] = np.nan
    return numbers


def _ascending(column: NDArray[Any]) -> bool:
    """Whether each number is larger than the one before, as ids often are; then no two are equal."""
    return len(column) > 1 and bool(column[-1] > column[0]) and bool((column[1:] > column[:-1]).all())


def _repeated(hashes: NDArray[np.uint64], known: NDArray[np.bool_]) -> Ints:
    """Known rows, ascending, whose hash another row has too."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    same = ordered[1:] == ordered[:-1]
    rows = np.sort(
        np.append(order[:-1][same], order[1:][same])
    )  # one that stands in a longer run comes twice
    return np.asarray(rows[known[rows]])


def _hashes(columns: list[NDArray[Any]]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """A hash of each row, and whether the row is without NaN: multiply and fold, as murmur's finisher does."""
    hashes = np.zeros(len(columns[0]), np.uint64)
    known = np.ones(len(hashes), dtype=bool)
    for start in range(0, len(hashes), ROWS_IN_A_BLOCK):
        block = slice(start, start + ROWS_IN_A_BLOCK)
        mixed = hashes[block]
        for column in columns:
            values = column[block]
            if values.dtype.kind == "f":
                known[block] &= values == values
                values = values + 0.0  # -0.0 becomes 0.0
            mixed ^= values.view(np.uint64)
            mixed *= np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
    return hashes, known
