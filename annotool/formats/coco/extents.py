"""Boxes of annotations that come without one: the extent of their rings, mask or keypoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.coco import decode
from annotool.geometry import rings as ring_geometry
from annotool.geometry import rle
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["with_extents"]


def with_extents(data: Dataset) -> Dataset:
    """Return the dataset where each annotation that has geometry but no box got the box around it."""
    table = data.table("annotations")
    rows = np.flatnonzero(table["kind"] >= Kind.POLYGON)
    rows = rows[np.isnan([table[name][rows] for name in "xywh"]).all(axis=0)]
    if not len(rows):
        return data
    xyxy = np.full((len(rows), 4), np.nan)
    for extent in (of_rings, of_masks, of_keypoints):
        left = np.flatnonzero(np.isnan(xyxy[:, 0]))
        if len(left):
            xyxy[left] = extent(data, rows[left])
    known = ~np.isnan(xyxy).any(axis=1)
    xyxy[:, 2:] -= xyxy[:, :2]
    columns = {}
    for at, name in enumerate("xywh"):
        columns[name] = np.array(table[name])
        columns[name][rows[known]] = xyxy[known, at]
    columns["bbox_derived"] = np.zeros(len(table), dtype=bool)
    columns["bbox_derived"][rows[known]] = True
    return replace(data, tables={**data.tables, "annotations": table.with_columns(**columns)})


def of_rings(data: Dataset, rows: Array) -> Array:
    """Return the extent of each annotation's rings, (n, 4) x0 y0 x1 y1; NaN where it has none."""
    found = decode.rings(data, rows)
    extents = ring_geometry.extents(found.xy, found.offsets)
    xyxy = np.full((len(rows), 4), np.nan)
    first = np.flatnonzero(np.append(True, found.row[1:] != found.row[:-1])[: len(found.row)])
    if len(first):
        at = np.searchsorted(rows, found.row[first])
        xyxy[at, :2] = np.fmin.reduceat(extents[:, :2], first, axis=0)
        xyxy[at, 2:] = np.fmax.reduceat(extents[:, 2:], first, axis=0)
    return xyxy


def of_masks(data: Dataset, rows: Array) -> Array:
    """Return the extent of each annotation's mask; NaN where it has none or an empty one."""
    xyxy = np.full((len(rows), 4), np.nan)
    for at, mask in enumerate(decode.masks(data, rows)):
        if mask is not None and min(mask[1]) > 0 and rle.area(mask[0]) > 0:
            x, y, w, h = rle.extent(*mask)
            xyxy[at] = x, y, x + w, y + h
    return xyxy


def of_keypoints(data: Dataset, rows: Array) -> Array:
    """Return the extent of each annotation's labelled keypoints; NaN where it has none."""
    xyxy = np.full((len(rows), 4), np.nan)
    for at, points in enumerate(decode.keypoints(data, rows).each()):
        labelled = points[(points[:, 2] > 0) & np.isfinite(points).all(axis=1)]
        if len(labelled):
            xyxy[at] = *labelled[:, :2].min(axis=0), *labelled[:, :2].max(axis=0)
    return xyxy
