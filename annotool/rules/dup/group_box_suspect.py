"""DUP004."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.holding import holders
from annotool.rules.base import Findings, ImageRule, Severity, found
from annotool.rules.dup.base import crowd


@dataclass(frozen=True)
class GroupBoxSuspect(ImageRule):
    """A box holds several others of its category: it may be drawn around a group.

    What: at least `boxes` boxes of the same category, each with `share` or more of its area inside and at most
    1 / `times` as large. Crowd regions neither hold nor count.

    Why: one annotator draws each apple, another the heap, a third both: then each apple counts twice, and a model is
    told that a heap is an apple. COCO draws single objects up to about ten and marks what is more as a crowd, which
    evaluation leaves out. A large object before small ones of its kind is right as it is.

    Bad: a box "apple" around a heap, and a box "apple" around each of its apples.

    Good: the heap with `"iscrowd": 1`, or no box around it.

    Fix: none, somebody has to look.

    Source: the COCO paper, arXiv 1405.0312, section 4.3 (crowds); cleanlab's tutorial on object detection shows such
    boxes. `share` and `times` are proposals, so this is a preview: people before a crowd of people look the same.
    """

    code = "DUP004"
    slug = "group-box-suspect"
    severities = (Severity.INFO,)
    verdict = ("1 box seems to hold a group", "{n} boxes seem to hold groups")
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003", "FMT010", "BOX001", "DUP001", "DUP002")
    preview = True

    boxes: int = 3
    share: float = 0.9
    times: float = 2.0

    def check(self, data: Dataset) -> Findings:
        table, label = data.table("annotations"), data.annotation_labels
        judged = data.boxes.usable & (label >= 0) & ~crowd(data)
        group = np.where(judged, table["image"] * len(data.labels) + label, -1)
        rows = holders(group, data.boxes.xywh, self.share, self.times, self.boxes)
        values = {"boxes": np.full(len(rows), self.boxes), "share": np.full(len(rows), self.share)}
        message = "the box holds {boxes} or more smaller boxes of its category ({share:.0%} of each): around a group?"
        return found(self, message, table, take=rows, values=values)
