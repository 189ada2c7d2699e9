"""KPT002."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import AnnotationRule, Findings, Severity, found


@dataclass(frozen=True)
class KeypointOutsideBox(AnnotationRule):
    """A labelled keypoint lies far outside of the box of its object.

    What: a visible point (v = 2) leaves its box by more than `share` of the box's side, or a hidden one (v = 1) by more
    than `hidden`: COCO's boxes are around what is seen, and feet behind a table are not. One finding an annotation, with
    the farthest point. Crowd regions, and boxes that were made from the keypoints, are left out.

    Why: a slip, keypoints of another person, or other units. COCO's evaluation measures distances by the size of the
    object; top-down models see nothing beyond the box. ultralytics drops the whole image once a keypoint lies more than
    1 % of a side outside of the image.

    Bad: box `[100, 100, 50, 120]`, nose at `260 90`.

    Good: nose at `126 104`.

    Fix: none, somebody has to look.

    Source: pycocotools/cocoeval.py computeOks; ultralytics data/utils.py verify_image_label (points.max() <= 1.01).
    `share` and `hidden` are ours.
    """

    code = "KPT002"
    slug = "keypoint-outside-box"
    severities = (Severity.WARNING,)
    verdict = (
        "1 annotation has keypoints outside its box",
        "{n} annotations have keypoints outside their box",
    )
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003", "FMT010", "BOX001", "BOX002", "KPT001")

    share: float = 0.1
    hidden: float = 1.0

    def check(self, data: Dataset) -> Findings:
        table, points = data.table("annotations"), data.keypoints
        rows = points["row"]
        judged = (table["iscrowd"][rows] != 1) & ~table["bbox_derived"][rows] & np.isfinite(points["far"])
        seen = judged & (points["far"] > self.share)
        out = seen | (judged & (points["far_hidden"] > self.hidden))
        far = np.where(seen, points["far"], points["far_hidden"])
        values = {"far": far[out], "share": np.where(seen, self.share, self.hidden)[out]}
        message = "a keypoint lies outside of the box by {far:.0%} of its side, over {share:.0%}"
        return found(self, message, table, take=rows[out], values=values)
