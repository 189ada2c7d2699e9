"""Rings of polygons as flat arrays: `xy` is float64 pixels x0, y0, x1, y1 ... of all rings one after another,
`offsets` (rings + 1,) int64 counts numbers, not points: ring k is xy[offsets[k]:offsets[k + 1]].

A ring is open (the last point joins the first); it may be empty or hold an odd count of numbers, whose last
one is no point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RINGS_IN_A_BLOCK = 4_000  # larger temporaries fall out of the cache and cost page faults
FARTHEST_VERTEX = 1e5  # pycocotools walks every edge in fifths of a pixel: beyond this it eats all memory


def areas(xy: Floats, offsets: Ints) -> Floats:
    """Area enclosed by each ring, by the shoelace formula: (rings,) float64 px^2, never negative.

    0 below three points, NaN where a coordinate is not finite.
    """
    result = np.zeros(len(offsets) - 1)
    for rings, x, y, starts in _blocks(xy, offsets):
        last = np.append(starts[1:], len(x)) - 1
        cross = np.empty(len(x))
        with np.errstate(all="ignore"):
            cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
            cross[last] = x[last] * y[starts] - x[starts] * y[last]
            twice = np.add.reduceat(cross, starts)
        result[rings] = np.where(last - starts < 2, 0.0, np.abs(twice) / 2)
    return result


def extents(xy: Floats, offsets: Ints) -> Floats:
    """Smallest box around each ring: (rings, 4) float64 x0, y0, x1, y1 of its finite numbers, NaN for none."""
    result = np.full((len(offsets) - 1, 4), np.nan)
    for rings, x, y, starts in _blocks(xy, offsets):
        for column, values in ((0, x), (1, y)):
            finite = np.isfinite(values)
            if finite.all():
                result[rings, column] = np.minimum.reduceat(values, starts)
                result[rings, column + 2] = np.maximum.reduceat(values, starts)
            else:
                values = np.where(finite, values, np.nan)
                result[rings, column] = np.fmin.reduceat(values, starts)
                result[rings, column + 2] = np.fmax.reduceat(values, starts)
    return result


def finite(xy: Floats, offsets: Ints) -> Bools:
    """Whether all numbers of each ring are finite: (rings,) bool, True for an empty ring."""
    result = np.ones(len(offsets) - 1, dtype=bool)
    for start in range(0, len(xy), 1 << 20):
        bad = start + np.flatnonzero(~np.isfinite(xy[start : start + (1 << 20)]))
        bad = bad[(bad >= offsets[0]) & (bad < offsets[-1])]
        result[np.searchsorted(offsets, bad, side="right") - 1] = False
    return result


def raster_area(rings: Sequence[Floats], height: int, width: int) -> float:
    """Pixels that pycocotools fills for one object of several rings, their union: px^2.

    Rings below three points fill nothing. NaN where pycocotools cannot be asked: a coordinate that is not
    finite or beyond 100,000 px, or an image without area or of 2^32 pixels and more.
    """
    from pycocotools import mask

    drawn = [ring[: len(ring) // 2 * 2] for ring in rings if len(ring) >= 6]
    if height < 1 or width < 1 or height * width >= 2**32:
        return float("nan")
    if not all((np.abs(ring) <= FARTHEST_VERTEX).all() for ring in drawn):
        return float("nan")
    if not drawn:
        return 0.0
    return float(mask.area(mask.merge(mask.frPyObjects([ring.tolist() for ring in drawn], height, width))))


def _blocks(xy: Floats, offsets: Ints) -> Iterator[tuple[Ints, Floats, Floats, Ints]]:
    """Blocks of rings that have a point: their indices, x, y of all their points, start of each in these."""
    for start in range(0, len(offsets) - 1, RINGS_IN_A_BLOCK):
        edges = offsets[start : start + RINGS_IN_A_BLOCK + 1]
        numbers = np.diff(edges)
        block = xy[edges[0] : edges[-1]]
        odd = numbers % 2 == 1
        if odd.any():
            block = np.delete(block, edges[1:][odd] - 1 - edges[0])
        points = numbers // 2
        some = np.flatnonzero(points)
        if len(some):
            starts = np.cumsum(points[some]) - points[some]
            yield start + some, block[0::2], block[1::2], starts
