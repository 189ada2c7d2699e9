"""BOX004."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import COLUMNS, DatasetRule, Findings, Severity, found
from annotool.rules.box.base import judged, labels, sizes_lacking
from annotool.table import Array, Table

RATHER = 4  # a box over `max_ratio` divided by this is rather long


class Long(msgspec.Struct, frozen=True):
    """The boxes that are too long (with w, h and the label, -1 for none), and of each label how many boxes it has and
    how many of them are rather long; the last count is of -1."""

    rows: Table
    boxes: Array
    rather: Array


@dataclass(frozen=True)
class ExtremeAspect(DatasetRule[Long]):
    """A box is many times longer than wide.

    What: one side over `max_ratio` times the other, in pixels. A category is long by nature, as poles, cracks, straws
    and lines of text are, and not judged, when at least `natural` of its boxes, and at least `natural_from`, are over a
    quarter of that.

    Why: mostly a slip of the mouse or what is left of an object after an image was cut into tiles. No anchor fits it,
    its IoU with any prediction is close to zero; training augmentation of yolov5 drops boxes over 100, for the same
    reason.

    Bad: `"bbox": [100, 200, 380, 4]` for a car.

    Good: `"bbox": [100, 120, 380, 170]`.

    Fix: none, somebody has to look.

    Source: hotcoco healthcheck.rs (20); yolov5 utils/augmentations.py box_candidates (ar_thr = 100). `natural` is ours.
    """

    code = "BOX004"
    slug = "extreme-aspect"
    severities = (Severity.WARNING,)
    verdict = ("1 box is many times longer than wide", "{n} boxes are many times longer than wide")
    silenced_by = (
        "SCH002",
        "SCH004",
        "FMT002",
        "FMT003",
        "FMT010",
        "SCH009",
        "IMG003",
        "BOX001",
        "BOX002",
        "BOX003",
    )

    max_ratio: float = 20.0
    natural: float = 0.2
    natural_from: int = 4

    def unable(self, data: Dataset) -> str:
        return sizes_lacking(data)

    def partial(self, shard: Dataset) -> Long:
        table = shard.table("annotations")
        w, h = table["w"], table["h"]
        rather = np.flatnonzero((w > self.max_ratio / RATHER * h) | (h > self.max_ratio / RATHER * w))
        rather = rather[judged(shard, rather)]
        rows = rather[np.maximum(w[rather], h[rather]) > self.max_ratio * np.minimum(w[rather], h[rather])]
        label, several = labels(shard), len(shard.labels) + 1
        columns = {name: table[name][rows] for name in COLUMNS}
        columns |= {"w": w[rows], "h": h[rows], "label": shard.annotation_labels[rows]}
        counts = (np.bincount(each, minlength=several) for each in (label, label[rather]))
        return Long(Table(columns), *counts)

    def merge(self, states: Sequence[Long]) -> Long:
        boxes, rather = (
            np.sum([getattr(each, name) for each in states], axis=0) for name in ("boxes", "rather")
        )
        return Long(Table.concat([each.rows for each in states]), boxes, rather)

    def finish(self, state: Long) -> Findings:
        rows = state.rows
        natural = state.rather >= np.maximum(self.natural * state.boxes, self.natural_from)
        rows = rows.take(~natural[rows["label"]])
        rows = rows.take(np.argsort(rows["annotation"], kind="stable"))
        ratio = np.maximum(rows["w"] / rows["h"], rows["h"] / rows["w"])
        values = {
            "width": rows["w"],
            "height": rows["h"],
            "ratio": np.round(ratio, 1),
            "max_ratio": self.max_ratio,
        }
        message = (
            "box of {width:g} x {height:g} px: one side is {ratio:.0f} times the other, over {max_ratio:g}"
        )
        return found(self, message, rows, values=values)
