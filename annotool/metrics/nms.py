"""Non-maximum suppression: of boxes that overlap, the one with the highest score stays."""

from __future__ import annotations

import numpy as np

from annotool.geometry import boxes
from annotool.geometry.groups import first_equal
from annotool.table import Array

__all__ = ["nms"]

LEAST = np.nextafter(0.0, 1.0)


def nms(group: Array, xywh: Array, score: Array, iou: float) -> Array:
    """Return which boxes stay, bool (n,): going down by score, each that no box which stays overlaps by more than `iou`.

    group: int64 (n,), only boxes of one group suppress each other, negative: none; xywh: float64 (n, 4), any unit, the
    same for both axes or not; score: float64 (n,). Of equal scores the earlier row goes first; NaN goes last. A box
    without area, or whose numbers are not finite, stays and suppresses nothing. Raises ValueError unless 0 <= iou <= 1.

    Exactly what the loop does that takes one box after another, in rounds: a box stays when all that could suppress
    it are gone, and goes when one of them stays. Source: Felzenszwalb et al., PAMI 2010, section 7.2.
    """
    if not 0 <= iou <= 1:
        raise ValueError(f"iou: expected 0 <= iou <= 1, got {iou}")
    rank = np.empty(len(score), dtype=np.int64)
    rank[np.lexsort((-score, np.isnan(score)))] = np.arange(len(score))
    stays = unlike(group, xywh, rank, iou)
    left = np.where(stays, group, -1)
    first, second, share = boxes.overlapping_pairs(left, xywh, max(iou, LEAST))
    over = np.minimum(share, 1.0) > iou  # of equal boxes it may be rounded to more than 1
    first, second = first[over], second[over]
    high, low = (np.where(rank[first] < rank[second], *each) for each in ((first, second), (second, first)))
    waits = np.zeros(len(score), dtype=bool)  # whether a box may still be suppressed
    while len(low):
        waits[:] = False
        waits[low] = True
        stays[low[~waits[high]]] = False  # its suppressor stays
        open_pairs = stays[high] & stays[low]
        high, low = high[open_pairs], low[open_pairs]
    return stays


def unlike(group: Array, xywh: Array, rank: Array, iou: float) -> Array:
    """Return which boxes are the first by rank of all equal ones of their group: what suppresses it suppresses them."""
    stays = np.ones(len(rank), dtype=bool)
    if iou < 1:
        order = np.argsort(rank)
        with np.errstate(invalid="ignore", over="ignore"):
            area = xywh[:, 2] * xywh[:, 3]
        usable = (
            (group >= 0) & (xywh[:, 2] > 0) & (area > 0) & np.isfinite(area) & np.isfinite(xywh).all(axis=1)
        )
        again = first_equal(*xywh[order].T, group[order]) >= 0
        stays[order[again & usable[order]]] = False
    return stays
