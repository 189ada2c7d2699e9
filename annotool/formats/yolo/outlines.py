"""Annotations of any format as one ring each, the only outline a YOLO row can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import rle
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["Outline", "corners", "joined", "outlines", "turned"]


class Outline(NamedTuple):
    """Position of the annotation; its ring, flat x0 y0 x1 y1 ... in the unit of its format's decoder, None where
    there is none; parts it was joined of; holes it hides.
    """

    row: int
    ring: Array | None
    parts: int = 1
    holes: int = 0


def outlines(data: Dataset, rows: Array) -> Iterator[Outline]:
    """Yield the outline of each of these annotations that has a segmentation, in no order."""
    wanted = np.zeros(len(data.table("annotations")), dtype=bool)
    wanted[rows] = True
    kinds = data.table("annotations")["kind"]
    for held, decoder in data.decoded(Kind.OBB):
        own = held[wanted[held]]
        masks = own[kinds[own] == Kind.RLE]
        for row, mask in zip(
            masks.tolist(), decoder.rle(data, masks) if decoder.rle and len(masks) else (), strict=False
        ):
            yield of_mask(row, mask)
        rings = decoder.rings(data, own[kinds[own] != Kind.RLE])
        edges = np.flatnonzero(np.diff(rings.row, prepend=-1, append=-1))
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            parts = [rings.xy[rings.offsets[at] : rings.offsets[at + 1]] for at in range(first, last)]
            yield of_rings(int(rings.row[first]), parts)


def of_mask(row: int, mask: tuple[Array, tuple[int, int]] | None) -> Outline:
    if mask is None or rle.why_invalid(np.asarray(mask[0]).tolist(), list(mask[1])):
        return Outline(row, None)
    rings, holes = rle.polygons(*mask)
    return of_rings(row, rings)._replace(holes=holes)


def of_rings(row: int, rings: Sequence[Array]) -> Outline:
    sound = [ring for ring in rings if len(ring) >= 6 and len(ring) % 2 == 0 and np.isfinite(ring).all()]
    return Outline(row, joined(sound) if sound else None, len(sound))


def joined(rings: Sequence[Array]) -> Array:
    """Return rings as one: each next is reached and left by the same line, from the nearest points, so that the area
    stays what it was.
    """
    whole = np.reshape(rings[0], (-1, 2))
    for ring in rings[1:]:
        part = np.reshape(ring, (-1, 2))
        away = ((whole[:, None, :] - part[None, :, :]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(np.argmin(away)), away.shape)
        loop = np.concatenate([part[there:], part[: there + 1]])
        whole = np.concatenate([whole[: here + 1], loop, whole[here:]])
    return np.ascontiguousarray(whole).ravel()


def corners(box: Array) -> Array:
    """Return the corners of boxes x y w h (n, 4), clockwise from the top left: (n, 8)."""
    x, y, w, h = box.T
    return np.stack([x, y, x + w, y, x + w, y + h, x, y + h], axis=1)


def turned(ring: Array) -> Array | None:
    """Return the corners of the smallest rectangle around a ring, turned as it may be; None where it has no area."""
    import shapely

    rectangle = shapely.oriented_envelope(shapely.MultiPoint(ring.reshape(-1, 2)))
    if rectangle.geom_type != "Polygon":
        return None
    found: Array = shapely.get_coordinates(rectangle)[:4].ravel()
    return found
