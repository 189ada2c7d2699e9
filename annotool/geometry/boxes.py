"""Boxes as arrays: `xywh` and `xyxy` are (n, 4) float64 in absolute pixels, half-open, origin at the outer
corner of the top-left pixel. NaN means unknown and stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotool.geometry.groups import first_equal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PAIRS_IN_A_BLOCK = 1 << 17  # 1 MB an array: larger temporaries cost page faults


def xywh_to_xyxy(xywh: Floats) -> Floats:
    """Corners (x0, y0, x1, y1) of boxes given as (x, y, w, h): (n, 4)."""
    xyxy = np.array(xywh, dtype=np.float64)
    with np.errstate(all="ignore"):
        xyxy[:, 2:] += xyxy[:, :2]
    return xyxy


def xyxy_to_xywh(xyxy: Floats) -> Floats:
    """Boxes (x, y, w, h) of corners given as (x0, y0, x1, y1): (n, 4)."""
    xywh = np.array(xyxy, dtype=np.float64)
    with np.errstate(all="ignore"):
        xywh[:, 2:] -= xywh[:, :2]
    return xywh


def overshoot(xywh: Floats, width: Floats, height: Floats) -> Floats:
    """How far the farthest edge leaves [0, width] x [0, height]: (n,) float64 pixels, 0 inside, NaN unknown."""
    x0, y0, x1, y1 = xywh_to_xyxy(xywh).T
    far = np.zeros(len(x0))
    with np.errstate(all="ignore"):
        for a, b, size in ((x0, x1, width), (y0, y1, height)):  # a size may be negative: b before a
            np.maximum(far, -np.minimum(a, b), out=far)
            np.maximum(far, np.maximum(a, b) - size, out=far)
    return far


def outside(xywh: Floats, width: Floats, height: Floats) -> Bools:
    """Whether a box has no area in common with its image: (n,) bool; False where anything is unknown.

    A box without area has none in common either.
    """
    xyxy = xywh_to_xyxy(xywh)
    with np.errstate(all="ignore"):
        across = np.minimum(xyxy[:, 2], width) - np.maximum(xyxy[:, 0], 0.0)
        down = np.minimum(xyxy[:, 3], height) - np.maximum(xyxy[:, 1], 0.0)
    return np.asarray(((across <= 0) | (down <= 0)) & ~np.isnan(across) & ~np.isnan(down))


def clip(xywh: Floats, width: Floats, height: Floats) -> Floats:
    """Boxes cut to their images: (n, 4). Rows inside, or with anything unknown, keep their very numbers, and so
    does the direction in which a row is inside.

    A box wholly outside becomes a box without area on the border.
    """
    result = np.array(xywh, dtype=np.float64)
    rows = np.flatnonzero(overshoot(result, width, height) > 0)
    corners = xywh_to_xyxy(result[rows])
    size = np.column_stack((width, height))[rows]
    cut = np.clip(corners, 0.0, np.hstack((size, size)))
    moved = cut != corners
    result[rows, :2] = cut[:, :2]
    result[rows, 2:] = np.where(moved[:, :2] | moved[:, 2:], cut[:, 2:] - cut[:, :2], result[rows, 2:])
    return result


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of row i of `a` and row i of `b`: (n,) float64 in 0..1, NaN where unknown.

    Zero where nothing is shared, boxes without area included.
    """
    return _iou(_columns(a), _columns(b))


def overlapping_pairs(image: Ints, xywh: Floats, threshold: float) -> tuple[Ints, Ints, Floats]:
    """All pairs of rows i < j of one image whose IoU is at least `threshold` (0 < threshold <= 1).

    `image` is (n,) int64, negative = unknown. Returns (first, second, iou), sorted by (first, second).
    Rows with no image, non-finite numbers or no area are in no pair. The answer of k equal boxes has
    k * (k - 1) / 2 pairs: leave exact duplicates out (`groups.first_equal`) where they may be many.

    Method: sorted by left edge, IoU >= t needs x0[j] <= x0[i] + (1 - t) * w[i], so the partners of a row
    are the run of rows after it, whose end one binary search finds.
    """
    first, second, share, _ = _swept(image, xywh, threshold)
    return first, second, share


def pairs_but_equal(
    image: Ints, kind: Ints, xywh: Floats, threshold: float
) -> tuple[Ints, Ints, Floats, Ints]:
    """As `overlapping_pairs`, but of boxes equal to the last bit and of one kind, (n,) int64, only the first is paired;
    and, ascending, all rows that have such an equal.
    """
    return _swept(image, xywh, threshold, kind)


def _swept(
    image: Ints, xywh: Floats, threshold: float, kind: Ints | None = None
) -> tuple[Ints, Ints, Floats, Ints]:
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: expected 0 < threshold <= 1, got {threshold}")
    x, y, w, h = np.ascontiguousarray(np.asarray(xywh, dtype=np.float64).T)
    with np.errstate(all="ignore"):
        area, sums = w * h, x + w + y + h
        usable = (image >= 0) & (w > 0) & (area > 0) & np.isfinite(area) & np.isfinite(sums)
    rows = np.flatnonzero(usable)
    key, limit = _sweep_keys(image[rows], x[rows], w[rows], threshold)
    order = np.argsort(key)
    rows, key, limit = rows[order], key[order], limit[order]
    equal = np.empty(0, dtype=np.int64)
    if kind is not None:  # equal boxes have equal keys, so they stand side by side
        again, equal = _equals(rows, key, (image, kind, x, y, w, h))
        if len(again):
            gone = np.zeros(len(x), dtype=bool)
            gone[again] = True
            stays = ~gone[rows]
            rows, key, limit = rows[stays], key[stays], limit[stays]
    end = np.searchsorted(key, limit, side="right")
    found: list[tuple[Ints, Ints, Floats]] = []
    for one, other in _runs(np.maximum(end - np.arange(1, len(rows) + 1), 0)):
        first, second = rows[one], rows[other]
        share = _iou(*([x[at], y[at], x[at] + w[at], y[at] + h[at], w[at] * h[at]] for at in (first, second)))
        hit = np.flatnonzero(share >= threshold)
        found.append((first[hit], second[hit], share[hit]))
    return *_in_order(found), equal


def _equals(rows: Ints, key: Floats, columns: tuple[NDArray[Any], ...]) -> tuple[Ints, Ints]:
    """Of rows sorted by key: those equal to an earlier one in all columns, and all that have an equal, ascending."""
    same = key[1:] == key[:-1]
    some = np.unique(np.append(rows[:-1][same], rows[1:][same]))
    first = first_equal(*(column[some] for column in columns))
    again = np.flatnonzero(first >= 0)
    return some[again], some[np.unique(np.append(again, first[again]))]


def _columns(xywh: Floats) -> list[Floats]:
    """x0, y0, x1, y1 and area, each contiguous."""
    x, y, w, h = np.ascontiguousarray(np.asarray(xywh, dtype=np.float64).T)
    with np.errstate(all="ignore"):
        return [x, y, x + w, y + h, w * h]


def _iou(a: list[Floats], b: list[Floats]) -> Floats:
    with np.errstate(all="ignore"):
        shared = np.maximum(np.minimum(a[2], b[2]) - np.maximum(a[0], b[0]), 0.0)
        shared *= np.maximum(np.minimum(a[3], b[3]) - np.maximum(a[1], b[1]), 0.0)
        union = a[4] + b[4] - shared
        return np.asarray(np.where(shared == 0, shared, shared / union))


def _sweep_keys(image: Ints, x: Floats, w: Floats, threshold: float) -> tuple[Floats, Floats]:
    """One number that sorts by (image, left edge), and the largest such number a partner can have.

    Each image owns [2 * image, 2 * image + 1]. Squeezing x into it is monotone even in rounded arithmetic, so
    no partner is missed; far outliers only blur the rest. The slack covers the rounding of x + w.
    """
    left, right = np.clip((x.min(initial=np.inf), x.max(initial=-np.inf)), -1e7, 1e7)
    span = max(right - left, 1e-300)
    with np.errstate(over="ignore"):
        reach = np.abs(x)
        reach += w
        reach *= 8 * np.finfo(np.float64).eps
        reach += x
        reach += (1 - threshold) * w
    base = 2.0 * image
    for edge in (key := x.copy(), reach):  # in place: a temporary of this size costs more than the sum in it
        np.clip(edge, left, right, out=edge)
        edge -= left
        edge /= span
        edge += base
    return key, reach


def _runs(counts: Ints) -> Iterator[tuple[Ints, Ints]]:
    """The pairs (i, i + 1), (i, i + 2) ... (i, i + counts[i]) of every i, in blocks of bounded length."""
    before = np.concatenate(([0], np.cumsum(counts)))
    start = 0
    while start < len(counts):
        stop = int(np.searchsorted(before, before[start] + PAIRS_IN_A_BLOCK, side="right")) - 1
        stop = min(max(stop, start + 1), len(counts))
        first = np.repeat(np.arange(start, stop), counts[start:stop])
        within = np.arange(len(first)) - np.repeat(before[start:stop] - before[start], counts[start:stop])
        yield first, first + within + 1
        start = stop


def _in_order(found: list[tuple[Ints, Ints, Floats]]) -> tuple[Ints, Ints, Floats]:
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    a, b, share = (np.concatenate(part) for part in zip(*found, strict=True))
    first, second = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((second, first))
    return first[order], second[order], share[order]
