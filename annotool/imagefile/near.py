"""Which 64-bit hashes are alike: pairs within a Hamming distance, without comparing all with all.

The hash is cut into `most + 3` bands. Hashes that differ in at most `most` bits agree in at least three whole bands
(pigeonhole), so for each choice of three bands only hashes that agree in them are compared, and exactly: nothing is
missed, and three bands are enough of the bits to leave few to compare. Multi-index hashing, after Norouzi, Punjani and
Fleet, Fast search in Hamming space (2012), with three bands to agree in place of one.

Hashes that crowd (frames of one still camera) agree in bands without being alike. Where that would be more work, each
hash is looked up with every choice of up to `most` bits turned, of the bits that differ at all: as much for a crowd as
for any others.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_BITS", "close_pairs", "nearest"]

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

MOST_BITS = 8  # of more, half of all pictures are alike, and the search takes minutes
AGREE = 3
AT_ONCE = 1 << 22  # pairs compared at a time
LOOK_UP = 4  # pairs compared in the time that one hash is looked up


def close_pairs(values: Hashes, most: int) -> tuple[Ints, Ints, Ints]:
    """Pairs of distinct hashes that differ in at most `most` bits: positions first < second and distance, (n,) int64.

    `values` are sorted and distinct. `most` is 0 to MOST_BITS, else ValueError.
    """
    if not 0 <= most <= MOST_BITS:
        raise ValueError(f"a distance of {most} bits; it must be 0 to {MOST_BITS}")
    if not most or len(values) < 2:
        return (np.empty(0, dtype=np.int64),) * 3
    turns = _turns(values, most)
    if turns * len(values) * LOOK_UP < sum(_compared(values & mask) for mask in _masks(most)):
        return _looked_up(values, most)
    found = [np.empty(0, dtype=np.int64)]
    for mask in _masks(most):
        keys = values & mask
        order = np.argsort(keys, kind="stable")
        for first, second in _within_runs(keys[order]):
            a, b = order[first], order[second]
            near = np.bitwise_count(values[a] ^ values[b]) <= most
            found.append(np.minimum(a, b)[near] * len(values) + np.maximum(a, b)[near])
    codes = np.unique(np.concatenate(found))
    first, second = np.divmod(codes, max(len(values), 1))
    return first, second, np.bitwise_count(values[first] ^ values[second]).astype(np.int64)


def _turns(values: Hashes, most: int) -> int:
    """How many choices of 1 to `most` bits there are among those in which the hashes differ."""
    return sum(comb(len(_differing(values)), bits) for bits in range(1, most + 1))


def _differing(values: Hashes) -> list[np.uint64]:
    """The bits in which not all hashes are the same, each alone."""
    some = int(np.bitwise_or.reduce(values ^ values[0]))
    return [np.uint64(1 << bit) for bit in range(64) if some >> bit & 1]


def _compared(keys: Hashes) -> int:
    """How many pairs of equal keys there are."""
    runs = np.unique(keys, return_counts=True)[1]
    return int((runs * (runs - 1)).sum()) // 2


def _looked_up(values: Hashes, most: int) -> tuple[Ints, Ints, Ints]:
    """The pairs of `close_pairs`, by looking each hash up with bits turned."""
    firsts, seconds = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    bits = _differing(values)
    for turned in (each for count in range(1, most + 1) for each in combinations(bits, count)):
        other = values ^ np.bitwise_or.reduce(np.array(turned))
        at = np.searchsorted(values, other)
        first = np.flatnonzero(
            (at > np.arange(len(values))) & (values[np.minimum(at, len(values) - 1)] == other)
        )
        firsts.append(first)
        seconds.append(at[first])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    return first, second, np.bitwise_count(values[first] ^ values[second]).astype(np.int64)


def _masks(most: int) -> Iterator[np.uint64]:
    """For each choice of three bands a mask of their bits."""
    edges = np.linspace(0, 64, most + AGREE + 1).astype(int).tolist()
    bands = [(1 << high) - (1 << low) for low, high in pairwise(edges)]
    for chosen in combinations(bands, AGREE):
        yield np.uint64(sum(chosen))


def _within_runs(keys: Hashes) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of positions in runs of equal sorted keys, in blocks: the k-th neighbour of each, for k = 1, 2 ..."""
    changes = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    ends = np.repeat(np.append(changes, len(keys)), np.diff(np.concatenate(([0], changes, [len(keys)]))))
    left = np.flatnonzero(ends - np.arange(len(keys)) > 1)
    step, held, size = 1, list[tuple[Ints, Ints]](), 0
    while len(left):
        held.append((left, left + step))
        size += len(left)
        step += 1
        left = left[left + step < ends[left]]
        if size >= AT_ONCE or not len(left):
            yield np.concatenate([a for a, _ in held]), np.concatenate([b for _, b in held])
            held, size = [], 0


def nearest(
    hashes: Hashes, twins: Ints, asked: NDArray[np.bool_], among: NDArray[np.bool_], most: int
) -> tuple[Ints, Ints]:
    """For each row the nearest earlier row alike, and its distance: (n,) int64 each, -1 where there is none.

    Only rows in `asked` get one, and only rows in `among` are one. Rows of equal `twins` are copies of each other, and
    never a pair. `most` outside 0 to MOST_BITS counts as the nearer of the two. Of several at one distance the first is named. Rows of equal hashes are handled together, so a million
    of them cost no more than a million others.
    """
    partner, distance = np.full(len(hashes), -1, dtype=np.int64), np.full(len(hashes), -1, dtype=np.int64)
    values, place = np.unique(hashes[asked | among], return_inverse=True)
    if not len(values):
        return partner, distance
    value = np.full(len(hashes), -1, dtype=np.int64)
    value[asked | among] = place
    first, second = _heads(value, twins, among, len(values))
    best, far = _best_other(
        values, first, _first_rows(value, asked, len(values)), min(max(most, 0), MOST_BITS)
    )
    rows = np.flatnonzero(asked)
    of = value[rows]
    same = _unless(twins, first[of], second[of], rows)
    equal = (same >= 0) & (same < rows)
    other = (best[of] >= 0) & (best[of] < rows)
    partner[rows] = np.where(equal, same, np.where(other, best[of], -1))
    distance[rows] = np.where(equal, 0, np.where(other, far[of], -1))
    return partner, distance


def _first_rows(value: Ints, chosen: NDArray[np.bool_], count: int) -> Ints:
    """The first chosen row of each value; the number of rows where there is none."""
    first = np.full(count, len(value), dtype=np.int64)
    rows = np.flatnonzero(chosen)
    np.minimum.at(first, value[rows], rows)
    return first


def _heads(value: Ints, twins: Ints, among: NDArray[np.bool_], count: int) -> tuple[Ints, Ints]:
    """The first row of each value, and the first that is no twin of it; -1: none."""
    first = _first_rows(value, among, count)
    none = len(value)
    known = np.flatnonzero(among)
    other = np.zeros(len(value), dtype=bool)
    other[known] = twins[known] != twins[first[value[known]]]
    second = _first_rows(value, other, count)
    return np.where(first < none, first, -1), np.where(second < none, second, -1)


def _best_other(values: Hashes, first: Ints, asking: Ints, most: int) -> tuple[Ints, Ints]:
    """For each value the nearest other one whose first row comes before those that ask: that row, and the distance."""
    a, b, distance = close_pairs(values, most)
    here, there = np.concatenate((a, b)), np.concatenate((b, a))
    far = np.concatenate((distance, distance))
    usable = (first[there] >= 0) & (first[there] < asking[here])
    here, there, far = here[usable], there[usable], far[usable]
    order = np.lexsort((first[there], far, here))
    here, there, far = here[order], there[order], far[order]
    heads = np.flatnonzero(np.append(True, here[1:] != here[:-1])[: len(here)])
    best, best_far = np.full(len(values), -1, dtype=np.int64), np.full(len(values), -1, dtype=np.int64)
    best[here[heads]], best_far[here[heads]] = first[there[heads]], far[heads]
    return best, best_far


def _unless(twins: Ints, first: Ints, second: Ints, rows: Ints) -> Ints:
    """`first`, or `second` where that is the row itself or its twin."""
    return np.where((first >= 0) & (twins[first] != twins[rows]), first, second)
