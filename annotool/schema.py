"""The one place that spells column names, dtypes, units and what an absent value looks like.

One frame for all formats: float64, absolute pixels, origin at the outer corner of the top-left pixel,
half-open, `x y w h`. VOC's inclusive corners and YOLO's fractions live in those formats alone.
Row keys (`image`, `annotation`, `category`, `source`) count from 0 over the whole dataset; ids are the user's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from annotool.table import Array, Table

__all__ = ["NO_ID", "SCHEMA", "Column", "Kind", "SizeFrom", "make"]

NO_ID = np.iinfo(np.int64).min
"""An id that is absent or is no whole number; its text stands in the table `originals`."""


class Kind(IntEnum):
    """The richest geometry a row has; a larger value is richer."""

    NONE = 0  # a record whose geometry could not be read
    IMAGE = 1  # a label for the whole image
    BOX = 2
    OBB = 3
    POLYGON = 4
    RLE = 5
    KEYPOINTS = 6


class SizeFrom(IntEnum):
    """Where an image's width and height come from."""

    UNKNOWN = 0
    DECLARED = 1  # the label file says so
    HEADER = 2  # read from the image file
    SIZES = 3  # a sizes file given by the user


@dataclass(frozen=True)
class Column:
    """A column's dtype, the value that means absent, and what it holds."""

    dtype: str
    absent: Any
    doc: str


def key(doc: str) -> Column:
    return Column("int64", -1, doc)


def offset(doc: str) -> Column:
    return Column("int64", -1, doc)


SPAN = {
    "start": offset("first byte of the record in its file; -1: none"),
    "end": offset("byte after the record"),
    "line": Column("int32", 0, "line of the record's first byte, from 1; 0: no line"),
    "index": Column("int32", -1, "ordinal of the record in its list (COCO section, VOC object, YOLO line)"),
}

ANNOTATIONS = {
    "annotation": key("row key"),
    "image": key("row key of its image; -1: refers to no known image"),
    "category": key("row key of its category; -1: refers to no known category"),
    "source": Column("int32", -1, "row key of the file it was read from"),
    "id": Column("int64", NO_ID, "the user's id"),
    "image_id": Column("int64", NO_ID, "the image id as written (COCO)"),
    "category_id": Column("int64", NO_ID, "the category id or class index as written"),
    "kind": Column("int8", int(Kind.NONE), "Kind: the richest geometry the row has"),
    "x": Column("float64", np.nan, "left edge, pixels"),
    "y": Column("float64", np.nan, "top edge, pixels"),
    "w": Column("float64", np.nan, "width, pixels"),
    "h": Column("float64", np.nan, "height, pixels"),
    "xn": Column("float64", np.nan, "left edge as a fraction of the image width, where written so"),
    "yn": Column("float64", np.nan, "top edge as a fraction of the image height"),
    "wn": Column("float64", np.nan, "width as a fraction of the image width"),
    "hn": Column("float64", np.nan, "height as a fraction of the image height"),
    "decimals": Column("int8", -1, "decimals the fractions were written with"),
    "bbox_derived": Column("bool", False, "x y w h are the extent of the geometry, not written"),
    "area": Column("float64", np.nan, "area as written, square pixels; NaN: absent"),
    "score": Column("float64", np.nan, "confidence, 0 to 1; NaN: none"),
    "iscrowd": Column("int8", -1, "0, 1, or -1: absent"),
    "difficult": Column("int8", -1, "0, 1, or -1: absent"),
    "truncated": Column("int8", -1, "0, 1, or -1: absent"),
    "occluded": Column("int8", -1, "0, 1, or -1: absent"),
    "extra": Column("bool", False, "the record holds keys beyond the schema (kept in its bytes)"),
    **SPAN,
    "seg_start": offset("first byte of the segmentation's text in its file; -1: none"),
    "seg_end": offset("byte after the segmentation's text"),
    "kpt_start": offset("first byte of the keypoints' text in its file; -1: none"),
    "kpt_end": offset("byte after the keypoints' text"),
}

SCHEMA: dict[str, dict[str, Column]] = {
    "images": {
        "image": key("row key"),
        "source": Column(
            "int32", -1, "row key of the file that declares it; -1: only an image file, no label file"
        ),
        "id": Column("int64", NO_ID, "the user's id"),
        "file_name": Column("object", "", "as written, or the path of the image file below its root"),
        "path": Column("object", "", "the image file on disk; empty: none found"),
        "width": Column("float64", np.nan, "pixels; NaN: unknown or no finite number"),
        "height": Column("float64", np.nan, "pixels; NaN: unknown or no finite number"),
        "size_from": Column("int8", int(SizeFrom.UNKNOWN), "SizeFrom: who says so"),
        "extra": Column("bool", False, "the record holds keys beyond the schema (kept in its bytes)"),
        **SPAN,
    },
    "annotations": ANNOTATIONS,
    "predictions": ANNOTATIONS,
    "categories": {
        "category": key("row key"),
        "label": Column("int32", -1, "one number per distinct name, over all files: what counts are made by"),
        "source": Column("int32", -1, "row key of the file that declares it; -1: only used, never declared"),
        "id": Column("int64", NO_ID, "the user's id or class index"),
        "name": Column("object", "", "as written"),
        "supercategory": Column("object", "", "as written"),
        "extra": Column("bool", False, "the record holds keys beyond the schema (kept in its bytes)"),
        **SPAN,
    },
    "splits": {
        "image": key("row key of the image; an image may stand in two splits (a leak)"),
        "split": Column("object", "", "train, val, test or the user's word"),
        "source": Column("int32", -1, "row key of the file that says so"),
        "line": Column("int32", 0, "line in that file"),
    },
    "sources": {
        "source": key("row key"),
        "path": Column("int32", 0, "which of the dataset's paths it lies under"),
        "file": Column("object", "", "path below that, with forward slashes"),
        "format": Column("object", "", "the format that read it"),
        "role": Column("object", "labels", "labels, classes, config, split or predictions"),
        "split": Column("object", "", "the split all its images belong to, if any"),
        "buffer": Column("int32", -1, "which of the dataset's buffers holds its bytes"),
        "binary": Column(
            "int32", -1, "the buffer of the file itself where `buffer` holds its rows as text; -1: none"
        ),
        "start": offset("first byte of the file in that buffer"),
        "end": offset("byte after the file in that buffer"),
        "records": Column("int64", 0, "records read: rows in tables plus records that could not be kept"),
    },
    "originals": {
        "table": Column("object", "", "images, annotations or categories"),
        "row": key("row key in that table"),
        "column": Column("object", "", "the column whose original is odd: a text id, a repeated key"),
        "raw": Column("object", "", "the value's text as written"),
    },
}


def make(name: str, /, rows: int | None = None, **columns: Array) -> Table:
    """Build the table `name`: given columns cast to the schema, absent ones filled without using memory.

    The row key column, where the table has one, is made when it is not given.
    """
    spec = SCHEMA[name]
    unknown = set(columns) - set(spec)
    if unknown:
        raise ValueError(f"{name} has no column {sorted(unknown)}; it has {list(spec)}")
    n = rows if rows is not None else len(next(iter(columns.values()))) if columns else 0
    own_key = name[:-1] if name not in ("categories", "predictions", "splits") else ""
    own_key = {"categories": "category", "predictions": "annotation"}.get(name, own_key)
    full: dict[str, Array] = {}
    for column, what in spec.items():
        if column in columns:
            full[column] = np.asarray(columns[column], dtype=what.dtype)
        elif column == own_key:
            full[column] = np.arange(n, dtype=np.int64)
        else:
            full[column] = np.broadcast_to(np.array(what.absent, dtype=what.dtype), (n,))
    return Table(full)
