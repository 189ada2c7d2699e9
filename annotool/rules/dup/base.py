"""What the rules on duplicates share: partners of a pair, and whether two records have the same geometry text."""

from __future__ import annotations

from typing import Any

import numpy as np

from annotool.dataset import Dataset, Pairs
from annotool.findings import Findings
from annotool.geometry import boxes as geometry
from annotool.geometry import groups
from annotool.rules.base import Rule, found
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = [
    "classes",
    "crowd",
    "equal_boxes",
    "geometry_texts",
    "near_equal",
    "pairs_at",
    "partnered",
    "rounded",
]

SHARED = 0.9  # the IoU at which Dataset.pairs begins
STEP, FRACTION_STEP = 0.01, 1e-5  # px; and where sizes are unknown, of the image: 0.01 px at 1000


def rounded(data: Dataset, rows: Array) -> Array:
    """The boxes at these positions in whole hundredths of a pixel, float64 (n, 4): equal means the same box."""
    boxes, fraction = data.boxes.xywh[rows], data.boxes.fraction[rows]
    boxes /= np.where(fraction, FRACTION_STEP, STEP)[:, None] if fraction.any() else STEP
    return np.rint(boxes, out=boxes)


def classes(data: Dataset, rows: Array) -> Array:
    """Each one's category as two numbers, int64 (n, 2): its label, and where that is -1 the id as written."""
    labels = data.annotation_labels[rows]
    written = data.table("annotations")["category_id"][rows]
    return np.stack([labels, np.where(labels >= 0, 0, written)], axis=1)


def crowd(data: Dataset) -> Array:
    """Whether each annotation is a crowd region, bool (n,)."""
    return np.asarray(data.table("annotations")["iscrowd"] == 1)


def pairs_at(data: Dataset, iou: float) -> Pairs:
    """Overlapping annotations of one image with at least that IoU, crowd regions left out."""
    pairs = data.pairs
    if iou < SHARED:
        image = np.where(data.boxes.usable, data.table("annotations")["image"], -1)
        pairs = Pairs(*geometry.overlapping_pairs(image, data.boxes.xywh, iou), pairs.equal)
    many = crowd(data)
    keep = (pairs.iou >= iou) & ~many[pairs.first] & ~many[pairs.second]
    return Pairs(pairs.first[keep], pairs.second[keep], pairs.iou[keep], pairs.equal)


def equal_boxes(data: Dataset) -> Pairs:
    """Annotations with the very box of an earlier one of their image and label, which Dataset.pairs leaves out: not
    all are exact duplicates, for their masks or keypoints may differ. Crowd regions are left out."""
    table, rows = data.table("annotations"), data.pairs.equal
    shaped = (table["seg_start"][rows] >= 0) | (table["kpt_start"][rows] >= 0)
    rows = rows[shaped & (table["iscrowd"][rows] != 1)]
    first = groups.first_equal(table["image"][rows], data.annotation_labels[rows], *data.boxes.xywh[rows].T)
    again = np.flatnonzero(first >= 0)
    return Pairs(rows[first[again]], rows[again], np.ones(len(again)), rows)


def near_equal(data: Dataset) -> Array:
    """Positions, ascending, of all annotations whose box may be that of another in whole hundredths of a pixel."""
    pairs, boxes = data.pairs, data.boxes
    # Of sides of a hundred steps and more, boxes that round to the same numbers overlap by more than .9.
    with np.errstate(over="ignore"):
        large = np.minimum(boxes.xywh[:, 2], boxes.xywh[:, 3]) >= 100 * np.where(
            boxes.fraction, FRACTION_STEP, STEP
        )
        large &= np.isfinite(boxes.xywh[:, 2] * boxes.xywh[:, 3])
    small = np.flatnonzero(boxes.usable & ~large)
    return np.unique(np.concatenate([pairs.first, pairs.second, pairs.equal, small]))


def geometry_texts(data: Dataset, rows: Array) -> Array:
    """The text of each one's segmentation and keypoints (object array of bytes); b"" where it has neither."""
    table = data.table("annotations")
    spans = [
        table[name][rows].tolist() for name in ("source", "seg_start", "seg_end", "kpt_start", "kpt_end")
    ]
    texts = np.empty(len(rows), dtype=object)
    for at, (source, seg, seg_end, kpt, kpt_end) in enumerate(zip(*spans, strict=True)):
        held = data.source_bytes(source) if seg >= 0 or kpt >= 0 else memoryview(b"")
        texts[at] = bytes(held[seg:seg_end] if seg >= 0 else b"") + bytes(
            held[kpt:kpt_end] if kpt >= 0 else b""
        )
    return texts


def partnered(
    rule: Rule,
    data: Dataset,
    message: str,
    rows: Array,
    partners: Array,
    values: dict[str, Any],
    **columns: Any,
) -> Findings:
    """Findings on annotations (positions) that name a partner: by its id, else by its line, else by its place.

    `message` holds `{partner}` where the partner is to be named, and speaks of `values`; `columns` are per row.
    """
    table = data.table("annotations")
    ids, lines, index = (table[name][partners] for name in ("id", "line", "index"))
    by_id = ids != NO_ID
    by_line = ~by_id & (lines > 0)
    findings = Findings()
    for chosen, named, what, numbers in (
        (by_id, "partner_id", "annotation {partner_id}", ids),
        (by_line, "partner_line", "the one in line {partner_line}", lines),
        (~by_id & ~by_line, "partner_index", "number {partner_index} of its list", index),
    ):
        mine = {name: value[chosen] for name, value in values.items()}
        given = {name: value[chosen] for name, value in columns.items()}
        findings += found(
            rule,
            message.replace("{partner}", what),
            table,
            take=rows[chosen],
            values={named: numbers[chosen], **mine},
            **given,
        )
    return findings
