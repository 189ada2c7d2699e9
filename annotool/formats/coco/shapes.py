"""What a writer needs of each annotation's geometry: its segmentation and keypoints as JSON, and its area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import RING_ROWS, Dataset, Decoder
from annotool.formats.coco.typed import NUMERIC
from annotool.geometry import rings as ring_geometry
from annotool.geometry import rle
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["Shapes", "shapes"]


@dataclass(frozen=True)
class Shapes:
    """segmentation and keypoints: JSON by row, of rows that have some; area float64 of all rows, square pixels, NaN where
    unknown; broken: rows whose rings hold what is no finite number."""

    segmentation: dict[int, bytes]
    keypoints: dict[int, tuple[bytes, int]]  # and how many are labelled
    area: Array
    broken: frozenset[int]


def shapes(data: Dataset, rows: Array) -> Shapes:
    """Return the geometry of these rows. Text of a COCO file is taken as it stands; all else is decoded."""
    table = data.table("annotations")
    area = np.array(table["area"])
    found = Shapes({}, {}, area, frozenset())
    broken: set[int] = set()
    drawn = rows[(table["kind"][rows] >= Kind.OBB) & (table["seg_start"][rows] >= 0)]
    for part, decoder, raw in by_format(data, drawn):
        texts = as_written(data, part) if raw else {}
        found.segmentation.update(texts)
        unknown = np.isnan(area[part])
        masks = part[unknown & (table["kind"][part] >= Kind.RLE)] if decoder.rle else part[:0]
        for row, mask in zip(masks.tolist(), decoder.rle(data, masks) if decoder.rle else [], strict=True):
            if mask is not None:
                area[row] = float(rle.area(mask[0]))
        decode = part[np.isnan(area[part]) | ~np.isin(part, np.fromiter(texts, np.int64, len(texts)))]
        rings(data, decode, decoder, found, broken)
    posed = rows[(table["kind"][rows] == Kind.KEYPOINTS) & (table["kpt_start"][rows] >= 0)]
    for part, decoder, _ in by_format(data, posed):
        for row, points in zip(
            part.tolist(), decoder.keypoints(data, part) if decoder.keypoints else [], strict=True
        ):
            if np.isfinite(points).all():
                flat = [int(n) if n.is_integer() else n for n in points.ravel().tolist()]
                found.keypoints[row] = msgspec.json.encode(flat), int((points[:, 2] > 0).sum())
    boxes = np.isnan(area)
    area[boxes] = (table["w"] * table["h"])[boxes]
    return Shapes(found.segmentation, found.keypoints, area, frozenset(broken))


def by_format(data: Dataset, rows: Array) -> Iterator[tuple[Array, Decoder, bool]]:
    """Yield rows in blocks of one format, its decoder, and whether that format is COCO."""
    formats = data.table("sources")["format"][data.table("annotations")["source"][rows]]
    for name, decoder in data.decoders.items():
        mine = rows[formats == name]
        for first in range(0, len(mine), RING_ROWS):
            yield mine[first : first + RING_ROWS], decoder, name == "coco"


def as_written(data: Dataset, rows: Array) -> dict[int, bytes]:
    """Return the segmentation texts of COCO rows that can be used as they stand: masks, and plain rings."""
    table = data.table("annotations")
    columns = (table[name][rows].tolist() for name in ("source", "seg_start", "seg_end"))
    texts = {}
    held: dict[int, memoryview] = {}
    for row, source, start, end in zip(rows.tolist(), *columns, strict=True):
        if source not in held:
            held[source] = data.source_bytes(source)
        text = bytes(held[source][start:end])
        nested = text[1:-1].strip()[:1] == b"["
        if text[:1] == b"{" or (nested and not text.translate(None, NUMERIC)):
            texts[row] = text
    return texts


def rings(data: Dataset, rows: Array, decoder: Decoder, found: Shapes, broken: set[int]) -> None:
    """Fill in segmentation and area of rows with rings that have to be decoded."""
    if not len(rows):
        return
    decoded = decoder.rings(data, rows)
    areas = ring_geometry.areas(decoded.xy, decoded.offsets).tolist()
    finite = ring_geometry.finite(decoded.xy, decoded.offsets).tolist()
    offsets = decoded.offsets.tolist()
    parts: dict[int, list[list[float]]] = {}
    total: dict[int, float] = {}
    for ring, row in enumerate(decoded.row.tolist()):
        parts.setdefault(row, []).append(decoded.xy[offsets[ring] : offsets[ring + 1]].tolist())
        total[row] = total.get(row, 0.0) + areas[ring]
        if not finite[ring]:
            broken.add(row)
    for row, own in parts.items():
        found.segmentation.setdefault(row, msgspec.json.encode(own))
        if np.isnan(found.area[row]):
            found.area[row] = total[row]
