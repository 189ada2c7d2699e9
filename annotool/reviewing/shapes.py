"""What lies over the boxes in the App, to be seen and not to be edited there: outlines, masks, keypoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import group_starts
from annotool.geometry.rle import polygons
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["pointed", "ringed", "skeleton"]


def ringed(data: Dataset, rows: Array) -> Iterator[tuple[int, list[Array]]]:
    """Yield the rings, flat pixels each, of every row that has some the App can draw: three finite points or more."""
    table, formats = data.table("annotations"), data.table("sources")["format"]
    has = rows[(table["seg_start"][rows] >= 0) & (table["kind"][rows] >= Kind.OBB)]
    for name, decoder in data.decoders.items():
        mine = np.sort(has[formats[table["source"][has]] == name])
        if not len(mine):
            continue
        rings = decoder.rings(data, mine)
        starts = group_starts(rings.row)
        seen = set[int]()
        for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            parts = [rings.xy[rings.offsets[at] : rings.offsets[at + 1]] for at in range(first, last)]
            good = [
                part for part in parts if len(part) >= 6 and len(part) % 2 == 0 and np.isfinite(part).all()
            ]
            if good:
                seen.add(int(rings.row[first]))
                yield int(rings.row[first]), good
        masked = mine[~np.isin(mine, list(seen))]
        if decoder.rle is not None and len(masked):
            for row, mask in zip(masked.tolist(), decoder.rle(data, masked), strict=True):
                traced = polygons(*mask)[0] if mask is not None else []
                if traced:
                    yield row, [np.asarray(ring).reshape(-1) for ring in traced]


def pointed(data: Dataset, rows: Array) -> Iterator[tuple[int, Array]]:
    """Yield the keypoints of every row that has some, pixels, float64 (points, 2); NaN where a point is not set."""
    table, formats = data.table("annotations"), data.table("sources")["format"]
    has = rows[table["kpt_start"][rows] >= 0]
    for name, decoder in data.decoders.items():
        mine = np.sort(has[formats[table["source"][has]] == name])
        if decoder.keypoints is None or not len(mine):
            continue
        for row, xyv in zip(mine.tolist(), decoder.keypoints(data, mine).each(), strict=True):
            unset = (xyv[:, 2] == 0) | ~np.isfinite(xyv[:, :2]).all(axis=1)
            if len(xyv) and not unset.all():
                yield row, np.where(unset[:, None], np.nan, xyv[:, :2])


def skeleton(data: Dataset) -> tuple[list[str], list[list[int]]]:
    """Return the names of keypoints, and which are joined, pairs counted from 0, as the first COCO category with a
    skeleton says; both empty where none does, or what it says makes no sense."""
    table, formats = data.table("categories"), data.table("sources")["format"]
    for row in np.flatnonzero((table["start"] >= 0) & (table["source"] >= 0)).tolist():
        source = int(table["source"][row])
        if formats[source] != "coco":
            continue
        try:
            span = slice(int(table["start"][row]), int(table["end"][row]))
            held: Any = json.loads(bytes(data.source_bytes(source)[span]))
            names = [str(each) for each in held["keypoints"]]
            pairs = [[int(first) - 1, int(last) - 1] for first, last in held["skeleton"]]
        except (ValueError, TypeError, KeyError):
            continue
        if pairs and min(map(min, pairs)) >= 0 and max(map(max, pairs)) < len(names):
            return names, pairs
    return [], []
