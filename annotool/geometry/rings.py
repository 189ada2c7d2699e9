"""Rings of polygons as flat arrays: `xy` is float64 pixels x0, y0, x1, y1 ... of all rings one after another,
`offsets` (rings + 1,) int64 counts numbers, not points: ring k is xy[offsets[k]:offsets[k + 1]].

A ring is open (the last point joins the first); it may be empty or hold an odd count of numbers, whose last
one is no point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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


def star_shaped(xy: Floats, offsets: Ints) -> Bools:
    """Which rings are seen whole from the mean of their points, (rings,) bool: a proof that they nowhere meet themselves.

    Every edge turns the same way around that point, and all of them turn around it once. Conservative: where rounding
    could decide, and for rings that are not finite, the answer is no. A point that is written twice does no harm.
    """
    result = np.zeros(len(offsets) - 1, dtype=bool)
    for rings, x, y, starts in _blocks(xy, offsets):
        last = np.append(starts[1:], len(x)) - 1
        counts = last - starts + 1
        with np.errstate(all="ignore"):
            x = x - np.repeat(np.add.reduceat(x, starts) / counts, counts)
            y = y - np.repeat(np.add.reduceat(y, starts) / counts, counts)
            x1, y1 = _following(x, starts, last), _following(y, starts, last)
            cross = x * y1 - y * x1
            still = np.flatnonzero((cross == 0) & (x == x1) & (y == y1))
            cross[still] = cross[still - 1]  # the edge before has the same to say
            least, most = np.minimum.reduceat(cross, starts), np.maximum.reduceat(cross, starts)
            sure = 1e-9 * np.maximum.reduceat(x * x + y * y, starts)
        upward = np.add.reduceat((y < 0) & (y1 >= 0), starts, dtype=np.int64)
        result[rings] = ((least > sure) | (most < -sure)) & (upward == 1) & np.isfinite(sure)
    return result


def simple(xy: Floats, offsets: Ints) -> Bools:
    """Which rings neither cross nor touch themselves, (rings,) bool, as shapely's is_valid has it.

    True too for rings that cannot be asked: below three points, an odd count of numbers, not finite.
    """
    numbers = np.diff(offsets)
    result = star_shaped(xy, offsets)
    result |= (numbers < 6) | (numbers % 2 == 1) | ~finite(xy, offsets)
    asked = np.flatnonzero(~result)
    if len(asked):
        import shapely

        result[asked] = shapely.is_valid(polygons(xy, offsets, asked))
    return result


def polygons(xy: Floats, offsets: Ints, rings: Ints) -> NDArray[np.object_]:
    """These rings, finite ones of three points or more, as shapely's polygons: (n,) object."""
    import shapely

    counts = np.diff(offsets)[rings]
    first = np.cumsum(counts) - counts
    numbers = xy[np.arange(counts.sum()) + np.repeat(offsets[rings] - first, counts)]
    of = np.repeat(np.arange(len(rings)), counts // 2)
    made: NDArray[np.object_] = shapely.polygons(shapely.linearrings(numbers.reshape(-1, 2), indices=of))
    return made


def mended(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints, Floats]:
    """What polygons enclose, as polygons without holes that are valid: (m,) object, and the one (m,) each is a piece of;
    and the area of the holes that were filled for it, (n,) float64.

    What a ring runs around twice is inside, as whoever drew it means it.
    """
    import shapely

    if not len(shapes):
        return shapes, np.empty(0, np.int64), np.empty(0)
    whole = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    pieces, of = shapely.get_parts(whole, return_index=True)
    flat = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    pieces, of = pieces[flat], of[flat].astype(np.int64)
    full: NDArray[np.object_] = shapely.polygons(shapely.get_exterior_ring(pieces))
    holes = shapely.area(full) - shapely.area(pieces)
    filled = np.bincount(of, weights=np.asarray(holes, dtype=np.float64), minlength=len(shapes))
    return full, of, filled.astype(np.float64)


def mended_with_holes(shape: Any) -> NDArray[np.object_]:
    """What one polygon encloses, as polygons that are valid; what it runs around twice is inside."""
    import shapely

    pieces = shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    kept: NDArray[np.object_] = pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON]
    return kept


def keyhole(shape: Any, least: float) -> Floats:
    """One of shapely's polygons as one ring, flat and open: each hole that encloses `least` or more is reached from the
    nearest corner by a line, and left by the same line. The ring then touches itself there, and crosses nothing.
    """
    import shapely

    whole = ring_of(shapely.orient_polygons(shape)).reshape(-1, 2)
    holes = [hole for hole in shape.interiors if shapely.Polygon(hole).area >= least]
    for hole in holes:
        part = shapely.get_coordinates(hole if not hole.is_ccw else shapely.reverse(hole))[:-1]
        away = ((whole[:, None, :] - part[None, :, :]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(np.argmin(away)), away.shape)
        loop = np.concatenate([part[there:], part[: there + 1]])
        whole = np.concatenate([whole[: here + 1], loop, whole[here:]])
    return np.ascontiguousarray(whole).ravel()


def ring_of(shape: Any) -> Floats:
    """The outer ring of one of shapely's polygons, flat and open."""
    import shapely

    return np.ascontiguousarray(shapely.get_coordinates(shapely.get_exterior_ring(shape))[:-1]).ravel()


def inside(ring: Floats, width: float, height: float) -> list[Floats]:
    """What of a ring lies within 0 to width, 0 to height, as rings: none where nothing does. Holes are filled."""
    import shapely

    pieces, _, _ = mended(np.array([shapely.Polygon(ring.reshape(-1, 2))], dtype=object))
    cut = shapely.get_parts(shapely.intersection(pieces, shapely.box(0, 0, width, height)))
    kept = cut[(shapely.get_type_id(cut) == shapely.GeometryType.POLYGON) & (shapely.area(cut) > 0)]
    return [np.round(ring_of(each), 9) for each in kept]


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


def _following(values: Floats, starts: Ints, last: Ints) -> Floats:
    """The value of the next point of each ring, the first one's for its last."""
    following = np.empty_like(values)
    following[:-1] = values[1:]
    following[last] = values[starts]
    return following


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
