"""Decoding on demand what a Dataset keeps as text: polygons, oriented boxes, keypoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotool.dataset import Decoder, Points, Rings
from annotool.formats.yolo import numbers
from annotool.formats.yolo.lines import KINDS, WHITE, line_ends
from annotool.formats.yolo.odd import numeric, separated
from annotool.table import Array

if TYPE_CHECKING:
    from annotool.dataset import Dataset

__all__ = ["DECODER"]


def rings(data: Dataset, rows: Array) -> Rings:
    """Decode the one ring of each row: pixels, fractions where the image's size is not known."""
    values, offsets = spelled(data, rows, "seg")
    count = np.diff(offsets)
    width, height = sides(data, rows)
    x = (np.arange(len(values)) - np.repeat(offsets[:-1], count)) % 2 == 0
    xy = values * np.where(x, np.repeat(width, count), np.repeat(height, count))
    return Rings(xy, offsets, np.asarray(rows, dtype=np.int64))


def keypoints(data: Dataset, rows: Array) -> Points:
    """Decode keypoints. Where no v is written it is 2, or 0 for a point at 0 0."""
    values, offsets = spelled(data, rows, "kpt")
    count, each = dict(data.facts.get("task", {})).get("kpt_shape", [0, 0])
    numbers = np.diff(offsets)
    agreed = (each > 0) & ((numbers == count * each) | (numbers == count * each + 1))
    step = np.where(agreed, each, np.where(numbers % 3 == 0, 3, 2))
    points = numbers // step
    row = np.repeat(np.arange(len(rows)), points)
    starts = np.concatenate(([0], np.cumsum(points)))
    at = offsets[row] + (np.arange(len(row)) - starts[row]) * step[row]
    width, height = sides(data, rows)
    x, y = values[at], values[at + 1]
    v = np.where(step[row] == 3, np.append(values, 0.0)[at + 2], np.where((x == 0) & (y == 0), 0.0, 2.0))
    return Points(np.stack([x * width[row], y * height[row], v], axis=1), starts, numbers)


def sides(data: Dataset, rows: Array) -> tuple[Array, Array]:
    """Width and height of each row's image, 1 where they are not known."""
    images = data.image_rows(data.table("annotations")["image"][rows])
    table = data.table("images")
    width, height = (np.where(images >= 0, table[name][images], np.nan) for name in ("width", "height"))
    known = np.isfinite(width) & np.isfinite(height)
    return np.where(known, width, 1.0), np.where(known, height, 1.0)


def spelled(data: Dataset, rows: Array, name: str) -> tuple[Array, Array]:
    """The numbers in the spans NAME_start:NAME_end of rows, flat, and where each row's begin (rows + 1)."""
    table, sources = data.table("annotations"), data.table("sources")
    source = table["source"][rows]
    start, end = (sources["start"][source] + table[f"{name}_{side}"][rows] for side in ("start", "end"))
    buffers = sources["buffer"][source]
    texts = [
        bytes(data.buffers[buffer][first:last]).replace(b"\n", b" ")
        for buffer, first, last in zip(buffers.tolist(), start.tolist(), end.tolist(), strict=True)
    ]
    block = np.frombuffer(b"\n".join([*texts, b""]) or b"\n", np.uint8)
    kinds = np.frombuffer(block.tobytes().translate(KINDS), np.uint8)
    first, last = numbers.tokens(kinds == WHITE)
    count = np.diff(np.searchsorted(first, line_ends(block, False)), prepend=0)[: len(rows)]
    strange = np.searchsorted(last, np.flatnonzero(kinds > WHITE), side="right")
    skip = np.zeros(len(first), dtype=bool)
    skip[strange] = True
    values, _ = numbers.decimals(block, first, last, skip)
    offsets = np.concatenate(([0], np.cumsum(count)))
    odd = np.unique(np.searchsorted(offsets, np.flatnonzero(np.isnan(values)), side="right") - 1)
    if len(odd):
        parts = np.split(values, offsets[1:-1])
        for at in odd.tolist():
            words = separated(texts[at])[0].split()
            parts[at] = np.array([float(word) if numeric(word) else np.nan for word in words])
        values = np.concatenate(parts)
        offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    return values, offsets.astype(np.int64)


DECODER = Decoder(rings=rings, keypoints=keypoints)
