"""What lies over boxes, decoded for the few rows that are shown: outlines, masks, keypoints and what joins them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import group_starts
from annotool.geometry.rle import outlines, summary
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["bones", "outlined", "pointed", "ringed", "set_points", "skeleton"]

MOST_PIXELS = 100_000_000  # of a mask: a larger one would take all memory to trace
Rings = list[Array]


def ringed(data: Dataset, rows: Array) -> Iterator[tuple[int, Rings]]:
    """Yield the rings, flat pixels each, of every row that has some that can be drawn: three finite points or more."""
    yield from ((row, outer) for row, outer, _ in outlined(data, rows))


def outlined(data: Dataset, rows: Array) -> Iterator[tuple[int, Rings, Rings]]:
    """Yield the outer rings, flat pixels each (fractions where the size is unknown), and the holes, likewise, of every
    row that has an outline of three finite points or more, or a mask."""
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
                yield int(rings.row[first]), good, []
        masked = mine[~np.isin(mine, list(seen))]
        if decoder.rle is not None and len(masked):
            held = decoder.rle(data, masked)
            told = summary(held)
            sound = told["sound"] & (told["height"] * told["width"] <= MOST_PIXELS)
            for row, mask, whole in zip(masked.tolist(), held, sound.tolist(), strict=True):
                outer, holes = outlines(*mask) if mask is not None and whole else ([], [])
                if outer:
                    yield row, outer, holes


def pointed(data: Dataset, rows: Array) -> Iterator[tuple[int, Array]]:
    """Yield the keypoints of every row that has some, pixels, float64 (points, 2); NaN where a point is not set."""
    yield from ((row, xyv[:, :2]) for row, xyv in set_points(data, rows))


def set_points(data: Dataset, rows: Array) -> Iterator[tuple[int, Array]]:
    """The same with visibility, float64 (points, 3): 1 hidden, 2 seen."""
    table, formats = data.table("annotations"), data.table("sources")["format"]
    has = rows[table["kpt_start"][rows] >= 0]
    for name, decoder in data.decoders.items():
        mine = np.sort(has[formats[table["source"][has]] == name])
        if decoder.keypoints is None or not len(mine):
            continue
        for row, xyv in zip(mine.tolist(), decoder.keypoints(data, mine).each(), strict=True):
            unset = (xyv[:, 2] == 0) | ~np.isfinite(xyv[:, :2]).all(axis=1)
            if len(xyv) and not unset.all():
                yield row, np.where(unset[:, None], np.nan, xyv)


def skeleton(data: Dataset) -> tuple[list[str], list[list[int]]]:
    """Return the names of keypoints, and which are joined, pairs counted from 0, as the first COCO category with a
    skeleton says; both empty where none does, or what it says makes no sense."""
    found = (named(data, row) for row in range(len(data.table("categories"))))
    return next((each for each in found if each[1]), ([], []))


def bones(data: Dataset) -> dict[int, list[list[int]]]:
    """Return which keypoints are joined, pairs counted from 0, by category key, for those that say so."""
    found = {row: named(data, row)[1] for row in range(len(data.table("categories")))}
    return {row: pairs for row, pairs in found.items() if pairs}


def named(data: Dataset, row: int) -> tuple[list[str], list[list[int]]]:
    """The keypoints and the skeleton of one category."""
    table, formats = data.table("categories"), data.table("sources")["format"]
    source = int(table["source"][row])
    if source < 0 or table["start"][row] < 0 or formats[source] != "coco":
        return [], []
    try:
        span = slice(int(table["start"][row]), int(table["end"][row]))
        held: Any = json.loads(bytes(data.source_bytes(source)[span]))
        names = [str(each) for each in held["keypoints"]]
        pairs = [[int(first) - 1, int(last) - 1] for first, last in held["skeleton"]]
    except (ValueError, TypeError, KeyError):
        return [], []
    if pairs and min(map(min, pairs)) >= 0 and max(map(max, pairs)) < len(names):
        return names, pairs
    return [], []
