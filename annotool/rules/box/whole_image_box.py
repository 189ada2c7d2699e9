"""BOX010."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import AnnotationRule, Findings, Severity, found
from annotool.rules.box.base import judged, sizes_lacking


@dataclass(frozen=True)
class WholeImageBox(AnnotationRule):
    """A box covers its whole image, beside other boxes.

    What: a box that covers at least `share` of its image, in an image with at least one other annotation. Crowd regions
    are left out. An image with nothing but such a box shows one thing, as product photographs do.

    Why: a slip of the mouse, a tool's default box, or a label for the whole image among boxes: the loss is large, and the
    other objects look like its parts.

    Bad: `[0, 0, 640, 480]` "cat" in an image of 640 x 480 with two dogs.

    Good: the cat's own box.

    Fix: none, somebody has to look.

    Source: ours; `share` was tried on the sets of docs/real-data.md, where no box in company covers so much.
    """

    code = "BOX010"
    slug = "whole-image-box"
    severities = (Severity.INFO,)
    verdict = ("1 box covers its whole image", "{n} boxes cover their whole image")
    preview = True
    silenced_by = ("SCH002", "SCH004", "FMT003", "FMT010", "SCH009", "IMG003", "BOX002")

    share: float = 0.99

    def unable(self, data: Dataset) -> str:
        return sizes_lacking(data)

    def check(self, data: Dataset) -> Findings:
        boxes, image = data.boxes, data.table("annotations")["image"]
        area = boxes.width * boxes.height
        with np.errstate(invalid="ignore", over="ignore"):
            covers = boxes.xywh[:, 2] * boxes.xywh[:, 3] >= self.share * area
        rows = np.flatnonzero(judged(data) & covers & (area > 0))
        company = np.bincount(data.image_rows(image[image >= 0]), minlength=len(data.table("images")))
        rows = rows[company[data.image_rows(image[rows])] > 1]
        share = (boxes.xywh[rows, 2] * boxes.xywh[rows, 3]) / area[rows]
        return found(
            self,
            "the box covers {covered:.1%} of its image, which holds {others:,} more (told from {share:.0%} on)",
            data.table("annotations"),
            take=rows,
            values={
                "covered": share,
                "others": company[data.image_rows(image[rows])] - 1,
                "share": np.full(len(rows), self.share),
            },
        )
