"""Run-length masks as COCO writes them: `counts` is (runs,) int64, runs of zeros and ones in turn, zeros first,
down the columns; `size` is (height, width) in pixels.

The compressed spelling puts six bits in a character from '0' on: five of the value, lowest first, and one that
says more follow; the fifth bit of the last character is the sign. From the fourth run on the difference to the
run two before is written. Source: common/maskApi.c of cocodataset/cocoapi, with which we agree to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST = 12  # characters a run: 60 bits


def counts_from_string(text: str | bytes) -> Ints:
    """Runs of a compressed mask. Raises ValueError where the text is not one."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    bits = np.frombuffer(raw, np.uint8).astype(np.int64) - 48
    wrong = np.flatnonzero((bits < 0) | (bits > 63))
    if len(wrong):
        raise ValueError(f"character {int(wrong[0]) + 1} of the counts is none of a compressed mask")
    if not len(bits):
        return np.empty(0, np.int64)
    if bits[-1] & 32:
        raise ValueError("the counts end in the middle of a run")
    last = np.flatnonzero(bits & 32 == 0)
    starts = np.append(0, last[:-1] + 1)
    length = last - starts + 1
    if length.max() > LONGEST:
        raise ValueError(f"a run of {int(length.max())} characters in the counts")
    shift = 5 * (np.arange(len(bits)) - np.repeat(starts, length))
    runs = np.add.reduceat((bits & 31) << shift, starts)
    runs -= np.where(bits[last] & 16, np.left_shift(np.int64(1), 5 * length), 0)
    for offset in (1, 2):
        runs[offset::2] = np.cumsum(runs[offset::2])
    return runs


def string_from_counts(counts: ArrayLike) -> str:
    """The compressed spelling of the runs. Raises ValueError where a run is negative or 2^32 or more."""
    runs = np.asarray(counts, dtype=np.int64)
    if len(runs) and (runs.min() < 0 or runs.max() >= 2**32):
        raise ValueError("a run of a mask must be at least 0 and below 2^32")
    steps = runs.copy()
    steps[3:] -= runs[1:-2]
    rest = steps[:, None] >> 5 * np.arange(8)
    bits = rest[:, :-1] & 31
    ends = rest[:, 1:] == np.where(bits & 16, -1, 0)
    stop = ends.argmax(axis=1)[:, None]
    place = np.arange(7)
    characters = (bits | np.where(place < stop, 32, 0)) + 48
    return str(characters[place <= stop].astype(np.uint8).tobytes(), "ascii")


def area(counts: ArrayLike) -> int:
    """Pixels of the mask."""
    return int(np.asarray(counts, dtype=np.int64)[1::2].sum())


def extent(counts: ArrayLike, size: Sequence[int]) -> Floats:
    """Smallest box around the mask: (4,) float64 x, y, w, h; all 0 for an empty mask."""
    start, stop = _ones(counts)
    if not len(start):
        return np.zeros(4)
    height = int(size[0])
    x0, x1 = int(start[0]) // height, (int(stop[-1]) - 1) // height + 1
    wraps = start // height != (stop - 1) // height
    y0 = 0 if wraps.any() else int((start % height).min())
    y1 = height if wraps.any() else int(((stop - 1) % height).max()) + 1
    return np.array([x0, y0, x1 - x0, y1 - y0], dtype=np.float64)


def polygons(counts: ArrayLike, size: Sequence[int]) -> tuple[list[Floats], int]:
    """Outer rings of the mask along its pixel borders, exact, and how many holes they hide.

    Each ring is flat float64 x0, y0, x1, y1 ..., open, corners only; parts that touch at a corner are apart.
    """
    import shapely

    merged = shapely.normalize(shapely.union_all(shapely.box(*_rectangles(counts, int(size[0])).T)))
    parts = shapely.get_parts(merged)
    rings = [_corners(shapely.get_coordinates(ring)[:-1]) for ring in shapely.get_exterior_ring(parts)]
    return rings, int(shapely.get_num_interior_rings(parts).sum())


def why_invalid(counts: Any, size: Any) -> str:
    """Why the value of `counts` and `size` of a COCO segmentation is no mask, "" where it is one."""
    if not (
        isinstance(size, list | tuple) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)
    ):
        return f"size: expected [height, width], got {size!r:.40}"
    if isinstance(counts, str | bytes):
        try:
            runs = counts_from_string(counts)
        except ValueError as error:
            return str(error)
    elif isinstance(counts, list | tuple) and all(type(n) is int for n in counts):
        runs = np.array(counts, dtype=object)
    else:
        return f"counts: expected a string or a list of integers, got {counts!r:.40}"
    if (runs < 0).any():
        return f"counts: run {int(np.argmax(runs < 0)) + 1} is negative"
    if (total := int(runs.sum())) != size[0] * size[1]:
        return f"counts cover {total} pixels, size {size[0]} x {size[1]} has {size[0] * size[1]}"
    return ""


def _ones(counts: ArrayLike) -> tuple[Ints, Ints]:
    """First pixel, and the one after the last, of each run of ones that has a pixel; down the columns."""
    runs = np.asarray(counts, dtype=np.int64)
    stop = np.cumsum(runs)[1::2]
    length = runs[1::2]
    return (stop - length)[length > 0], stop[length > 0]


def _rectangles(counts: ArrayLike, height: int) -> Floats:
    """The mask as rectangles (n, 4) x0, y0, x1, y1: of a run its first column, its last, and what is between."""
    start, stop = _ones(counts)
    x0, x1 = start // height, (stop - 1) // height
    y0, y1 = start % height, (stop - 1) % height + 1
    one, top, full = x0 == x1, np.zeros_like(y0), np.full_like(y0, height)
    first = np.column_stack((x0, y0, x0 + 1, np.where(one, y1, height)))
    middle = np.column_stack((x0 + 1, top, x1, full))[x1 - x0 > 1]
    final = np.column_stack((x1, top, x1 + 1, y1))[~one]
    return np.concatenate((first, middle, final)).astype(np.float64)


def _corners(points: Floats) -> Floats:
    """The points of a ring along pixel borders where it turns, flat."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    straight = ((before == points) & (points == after)).any(axis=1)
    return np.ascontiguousarray(points[~straight]).ravel()
