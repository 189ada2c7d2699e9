"""Where labels go, so that none hides another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.table import Array

__all__ = ["place"]

Box = tuple[float, float, float, float]


def place(
    room: Box, anchors: Sequence[Box], sizes: Sequence[tuple[float, float]], must: Sequence[bool]
) -> list[tuple[float, float] | None]:
    """Return the top left corner of each label: above its anchor, below, inside, or beside it; None where it would hide
    one placed before. Earlier ones have the first choice, and those that `must` be seen go where they hide least.

    room: x0 y0 x1 y1 that labels stay in; anchors: likewise, of what each one names; sizes: width, height. One unit for all.
    """
    taken = np.empty((len(anchors), 4))
    count, found = 0, list[tuple[float, float] | None]()
    for anchor, (width, height), needed in zip(anchors, sizes, must, strict=True):
        spots = candidates(room, anchor, width, height)
        hidden = overlap(spots, taken[:count])
        best = int(np.argmin(hidden))
        if hidden[best] > 0 and not needed:
            found.append(None)
            continue
        taken[count] = spots[best]
        count += 1
        found.append((float(spots[best, 0]), float(spots[best, 1])))
    return found


def candidates(room: Box, anchor: Box, width: float, height: float) -> Array:
    """The places of a label, best first: float64 (n, 4) x0 y0 x1 y1, inside the room as far as it is large enough."""
    left, top, right, bottom = anchor
    corners = [
        (left, top - height), (right - width, top - height), (left, bottom), (right - width, bottom),
        (left, top), (right - width, top), (left, bottom - height), (right, top), (left - width, top),
        (right, bottom - height), (left, (top + bottom - height) / 2), (left, top - 2 * height), (left, bottom + height),
    ]  # fmt: skip
    x, y = np.array(corners).T
    x = np.maximum(np.minimum(x, room[2] - width), room[0])
    y = np.maximum(np.minimum(y, room[3] - height), room[1])
    return np.stack([x, y, x + width, y + height], axis=1)


def overlap(spots: Array, taken: Array) -> Array:
    """The area of each spot that lies over any that is taken, float64 (n,)."""
    low = np.maximum(spots[:, None, :2], taken[None, :, :2])
    high = np.minimum(spots[:, None, 2:], taken[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2).sum(axis=1))
