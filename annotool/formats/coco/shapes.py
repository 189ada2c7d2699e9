"""What a writer needs of geometry that it cannot copy as text: rings, keypoints and areas, by row."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from annotool.dataset import RING_ROWS, Dataset, Decoder
from annotool.formats.coco.forms import NUMERIC
from annotool.geometry import rings as ring_geometry
from annotool.geometry import rle
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["Shapes", "shapes"]


class Shapes(msgspec.Struct):
    """rings: of rows whose segmentation is no COCO text that can stand; keypoints likewise (k, 3); area: of rows without
    a written one, square pixels; broken: rows whose rings hold what is no finite number."""

    rings: dict[int, list[list[float]]] = msgspec.field(default_factory=dict)
    keypoints: dict[int, Array] = msgspec.field(default_factory=dict)
    area: dict[int, float] = msgspec.field(default_factory=dict)
    broken: set[int] = msgspec.field(default_factory=set)


def shapes(data: Dataset, rows: Array) -> Shapes:
    """Return the geometry of these rows."""
    table = data.table("annotations")
    found = Shapes()
    bare = ~np.isfinite(table["area"])
    for part, decoder, coco in by_format(data, rows[table["seg_start"][rows] >= 0]):
        stands = plain(data, part) if coco else np.zeros(len(part), dtype=bool)
        if decoder.rle is not None:
            masks(data, part[bare[part]], decoder, found)
        drawn = part[
            (bare[part] | ~stands) & ~np.isin(part, np.fromiter(found.area, np.int64, len(found.area)))
        ]
        of_rings(data, drawn, decoder, found, set(part[stands].tolist()))
    for part, decoder, coco in by_format(data, rows[table["kpt_start"][rows] >= 0]):
        if decoder.keypoints is not None and not coco:
            points = zip(part.tolist(), decoder.keypoints(data, part).each(), strict=True)
            found.keypoints.update({row: held for row, held in points if np.isfinite(held).all()})
    boxes = rows[bare[rows] & (table["kind"][rows] > Kind.IMAGE)]
    for row, area in zip(boxes.tolist(), (table["w"][boxes] * table["h"][boxes]).tolist(), strict=True):
        found.area.setdefault(row, area)
    return found


def by_format(data: Dataset, rows: Array) -> Iterator[tuple[Array, Decoder, bool]]:
    """Yield rows in blocks of one format, its decoder, and whether that format is COCO."""
    formats = data.table("sources")["format"][data.table("annotations")["source"][rows]]
    for name, decoder in data.decoders.items():
        mine = rows[formats == name]
        for first in range(0, len(mine), RING_ROWS):
            yield mine[first : first + RING_ROWS], decoder, name == "coco"


def plain(data: Dataset, rows: Array) -> Array:
    """Whether the segmentation of a COCO row can stand as it is written: a mask, or rings of plain numbers (bool)."""
    table = data.table("annotations")
    columns = (table[name][rows].tolist() for name in ("source", "seg_start", "seg_end"))
    held = {source: data.source_bytes(source) for source in np.unique(table["source"][rows]).tolist()}
    texts = (bytes(held[source][start:end]) for source, start, end in zip(*columns, strict=True))
    return np.array([stands(text) for text in texts], dtype=bool)


def stands(text: bytes) -> bool:
    nested = text[:1] == b"[" and text[1:-1].strip()[:1] == b"["
    return text[:1] == b"{" or (nested and not text.translate(None, NUMERIC))


def masks(data: Dataset, rows: Array, decoder: Decoder, found: Shapes) -> None:
    """Fill in the area of masks."""
    for row, mask in zip(rows.tolist(), decoder.rle(data, rows) if decoder.rle else [], strict=True):
        if mask is not None:
            found.area[row] = float(rle.area(mask[0]))


def of_rings(data: Dataset, rows: Array, decoder: Decoder, found: Shapes, written: set[int]) -> None:
    """Fill in area and rings of rows; rings only of those that are not written already."""
    if not len(rows):
        return
    decoded = decoder.rings(data, rows)
    areas = ring_geometry.areas(decoded.xy, decoded.offsets).tolist()
    finite = ring_geometry.finite(decoded.xy, decoded.offsets).tolist()
    offsets = decoded.offsets.tolist()
    bare = set(rows[~np.isfinite(data.table("annotations")["area"][rows])].tolist())
    for ring, row in enumerate(decoded.row.tolist()):
        if not finite[ring]:
            found.broken.add(row)
        if row in bare:
            found.area[row] = found.area.get(row, 0.0) + areas[ring]
        if row not in written:
            found.rings.setdefault(row, []).append(decoded.xy[offsets[ring] : offsets[ring + 1]].tolist())
