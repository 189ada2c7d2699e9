"""What the outline rules share: which rings can be judged, their coordinates, and the edits that draw outlines anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from annotool.dataset import RING_ROWS, Dataset
from annotool.findings import Edits, Findings, Op
from annotool.geometry import rings as ring_geometry
from annotool.table import Array, Table

__all__ = ["UNKNOWN_SIDE", "drawn", "named_rings", "outlines", "redrawn", "scales", "shapes_of"]

UNKNOWN_SIDE = 640.0  # px: how wide and high an image is taken to be where fractions are all that is known
MOVED = 1.0  # px: a box that is off its outline by more is drawn anew with it

Outline = list[Array]


def drawn(data: Dataset) -> Table:
    """The rings of `data.rings` that are polygons: three points or more, an even count of numbers, all finite."""
    rings = data.rings
    numbers = rings["numbers"]
    sound = (numbers >= 6) & (numbers % 2 == 0) & rings["finite"]
    return rings if sound.all() else rings.take(sound)


def scales(data: Dataset, rows: Array) -> Array:
    """Pixels a unit of the coordinates of these annotations: 1, or UNKNOWN_SIDE where they are fractions (float64)."""
    return np.where(data.boxes.fraction[rows], UNKNOWN_SIDE, 1.0)


def outlines(data: Dataset, rows: Array) -> Iterator[tuple[int, Outline]]:
    """Yield each of these annotations (positions, ascending) that has rings, with all of them in order."""
    wanted = np.zeros(len(data.table("annotations")), dtype=bool)
    wanted[rows] = True
    for held, decoder in data.decoded():
        own = held[wanted[held]]
        for first in range(0, len(own), RING_ROWS):
            rings = decoder.rings(data, own[first : first + RING_ROWS])
            edges = np.flatnonzero(np.diff(rings.row, prepend=-1, append=-1))
            each = np.split(rings.xy, rings.offsets[1:-1])
            for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                yield int(rings.row[start]), each[start:stop]


def shapes_of(data: Dataset, rings: Table) -> Array:
    """These rings (rows of `data.rings`, in their order) as shapely's polygons, decoded anew."""
    if not len(rings):
        return np.empty(0, dtype=object)
    wanted: dict[int, list[int]] = {}
    for row, ring in zip(rings["row"].tolist(), rings["ring"].tolist(), strict=True):
        wanted.setdefault(row, []).append(ring)
    held = {
        (row, at): each[at] for row, each in outlines(data, np.unique(rings["row"])) for at in wanted[row]
    }
    flat = [held[key] for key in zip(rings["row"].tolist(), rings["ring"].tolist(), strict=True)]
    offsets = np.append(0, np.cumsum([len(ring) for ring in flat])).astype(np.int64)
    return ring_geometry.polygons(np.concatenate(flat), offsets, np.arange(len(flat)))


def named_rings(findings: Findings, finding: Array, keys: Array) -> dict[int, set[int]]:
    """The ring ordinals (value `ring`) that these findings name, by annotation key."""
    ring = np.concatenate([np.empty(0, np.int64), *(part.values["ring"] for part in findings.blocks)])
    named: dict[int, set[int]] = {}
    for key, number in zip(keys.tolist(), ring[finding].tolist(), strict=True):
        named.setdefault(key, set()).add(int(number))
    return named


def redrawn(
    rule: str, data: Dataset, finding: Array, rows: Array, safe: Array, new: Mapping[int, Outline]
) -> Edits:
    """Return the edits that give the annotations at `rows` the rings `new[row]`, and the box and the area that follow.

    No ring: the annotation goes. A box or an area that did not belong to the old outline stays as it is.
    """
    ordered = [new[row] for row in rows.tolist()]
    gone = np.array([not rings for rings in ordered], dtype=bool)
    shared: dict[str, Any] = {"table": "annotations", "rule": rule}
    parts = [
        Edits.make(
            int(gone.sum()), op=Op.DROP, row=rows[gone], finding=finding[gone], safe=safe[gone], **shared
        )
    ]
    at = np.flatnonzero(~gone)
    texts = [tuple(tuple(ring.tolist()) for ring in ordered[each]) for each in at.tolist()]
    changed: dict[str, Any] = {"row": rows[at], "finding": finding[at], "safe": safe[at]}
    parts.append(Edits.make(len(at), column="segmentation", new=texts, **changed, **shared))
    kept = [ordered[each] for each in at.tolist()]
    for column, (which, values) in {
        "bbox": boxes_after(data, rows[at], kept),
        "area": areas_after(data, rows[at], kept),
    }.items():
        chosen = {name: each[which] for name, each in changed.items()}
        parts.append(Edits.make(len(which), column=column, new=values, **chosen, **shared))
    return Edits.concat(parts)


def of_outlines(kept: Sequence[Outline]) -> tuple[Array, Array]:
    """The extent (n, 4) x0 y0 x1 y1 and the area (n,) of each outline."""
    flat = [ring for rings in kept for ring in rings]
    offsets = np.append(0, np.cumsum([len(ring) for ring in flat])).astype(np.int64)
    xy = np.concatenate([np.empty(0), *flat])
    of = np.repeat(np.arange(len(kept)), [len(rings) for rings in kept])
    each = ring_geometry.extents(xy, offsets)
    extent = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(kept), 1))
    np.minimum.at(extent[:, :2], of, each[:, :2])
    np.maximum.at(extent[:, 2:], of, each[:, 2:])
    return extent, np.bincount(of, weights=ring_geometry.areas(xy, offsets), minlength=len(kept))


def boxes_after(data: Dataset, rows: Array, kept: Sequence[Outline]) -> tuple[Array, list[tuple[float, ...]]]:
    """Which written boxes have to follow their outline, and what they become: x y w h.

    Those that were around the old one, and now leave the image or are off by more than MOVED.
    """
    table = data.table("annotations")
    before, after = extents(data, rows), of_outlines(kept)[0]
    box = data.boxes.xywh[rows]
    box = np.column_stack([box[:, :2], box[:, :2] + box[:, 2:]])
    size = np.column_stack([data.boxes.width[rows], data.boxes.height[rows]] * 2)
    belonged = (
        np.minimum(off(box, before), off(box, np.clip(before, 0, np.nan_to_num(size, nan=np.inf))))
        <= 2 * MOVED
    )
    leaves = (box[:, :2] < 0).any(axis=1) | (box[:, 2:] > size[:, 2:]).any(axis=1)
    moved = belonged & (leaves | (off(box, after) > MOVED)) & ~table["bbox_derived"][rows]
    which = np.flatnonzero(moved & (off(box, after) > 0))
    sides = np.column_stack([after[which, :2], np.round(after[which, 2:] - after[which, :2], 9)])
    return which, [tuple(each) for each in sides.tolist()]


def off(box: Array, extent: Array) -> Array:
    """How far the worst edge of each box is from that of each extent, both (n, 4) x0 y0 x1 y1."""
    return np.asarray(np.abs(box - extent).max(axis=1, initial=0.0))


def extents(data: Dataset, rows: Array) -> Array:
    """The extent (n, 4) x0 y0 x1 y1 of all sound rings of each of these annotations."""
    rings = drawn(data)
    place = np.full(len(data.table("annotations")), -1)
    place[rows] = np.arange(len(rows))
    mine = np.flatnonzero(place[rings["row"]] >= 0)
    of = place[rings["row"][mine]]
    extent = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(rows), 1))
    for column, name in enumerate(("x0", "y0", "x1", "y1")):
        (np.minimum if column < 2 else np.maximum).at(extent[:, column], of, rings[name][mine])
    found: Array = extent[place[rows]]
    return found


def areas_after(data: Dataset, rows: Array, kept: Sequence[Outline]) -> tuple[Array, list[float]]:
    """Which written areas have to follow their outline, and what they become: those that are now off by 1 %."""
    written, area = data.table("annotations")["area"][rows], of_outlines(kept)[1]
    which = np.flatnonzero((np.abs(written - area) > 0.01 * area) & (written > 0) & (area > 0))
    return which, np.round(area[which], 4).tolist()
