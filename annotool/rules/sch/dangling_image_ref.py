"""SCH007: annotations of images that are not there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import ERROR, AnnotationRule, Edits, Findings, Fix, Op, found, mendable, written_in
from annotool.schema import NO_ID


@dataclass(frozen=True)
class DanglingImageRef(AnnotationRule):
    """An annotation refers to an image that its file does not have.

    What: an annotation whose image_id is the id of no record of `images` in the same file.

    Why: pycocotools, supervision and Datumaro drop it in silence, detectron2 warns, sahi and labelformat stop
    with a KeyError. Often it means that images were deleted, or that ids changed in an export.

    Bad: `"image_id": 9999` where the images are 1 to 500

    Good: `"image_id": 499`

    Fix: unsafe: the annotation goes.

    Source: detectron2/data/datasets/coco.py, createIndex of pycocotools/coco.py
    """

    code = "SCH007"
    slug = "dangling-image-ref"
    severities = (ERROR,)
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    silenced_by = ("SCH001",)  # the image may stand in the part that was not read
    verdict = ("1 annotation belongs to no image", "{n} annotations belong to no image")

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        lost = np.flatnonzero((rows["image"] < 0) & (rows["image_id"] != NO_ID))
        lost = lost[written_in(data, rows.take(lost), self.formats)]
        values = {"image_id": rows["image_id"][lost]}
        return found(self, "no image has the id {image_id}", rows, take=lost, fix=Fix.UNSAFE, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, annotations, _ = mendable(findings)
        return Edits.make(
            len(at), op=Op.DROP, table="annotations", row=annotations, finding=at, safe=False, rule=self.code
        )
