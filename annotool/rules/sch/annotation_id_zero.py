"""SCH008: the annotation id that evaluation takes for no match."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import WARNING, AnnotationRule, Edits, Findings, Fix, found, mendable, written_in
from annotool.rules.sch.base import free_ids
from annotool.rules.targets import misreads
from annotool.schema import NO_ID
from annotool.table import Array


class AnnotationIdZero(AnnotationRule):
    """An annotation has the id 0.

    What: a ground-truth annotation whose id is 0.

    Why: pycocotools notes matches by id and takes 0 for "not matched": a detection of this very object counts
    as a false positive (cocodataset/cocoapi#332, pytorch/vision#1530, cvat-ai/cvat#748; perfect predictions
    with mAP 0 in roboflow/supervision#1895).

    Bad: `{"id": 0, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 20]}`

    Good: `{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 20]}`

    Fix: safe: the record gets the largest id of the file + 1; all others keep theirs.

    Source: dtMatches in pycocotools/cocoeval.py; https://github.com/cocodataset/cocoapi/issues/332
    Of the consumers: pycocotools 2.0.11 cocoeval.py COCOeval.evaluateImg.
    """

    code = "SCH008"
    slug = "annotation-id-zero"
    severities = (WARNING,)
    verdict = ("1 annotation has the id 0", "{n} annotations have the id 0")
    fixes = (Fix.SAFE,)
    formats = ("coco",)
    silenced_by = ("SCH006",)  # of several zeros all but the first get new ids anyway
    targets = (
        misreads(
            "coco-eval",
            "counts a detection that matches it as wrong: the match is stored as id 0, which is none",
        ),
    )

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        zero = np.flatnonzero(rows["id"] == 0)
        zero = zero[written_in(data, rows.take(zero), self.formats)]
        message = "annotation id 0: evaluation takes its matches for misses"
        return found(self, message, rows, take=zero, fix=Fix.SAFE)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, annotations, _ = mendable(findings)
        ids, sources = data.table("annotations")["id"], data.table("annotations")["source"]
        parts = []
        for source in np.unique(sources[annotations]).tolist():
            own = np.flatnonzero(sources[annotations] == source)
            taken = ids[sources == source]
            new = free_ids(taken, len(own), skip=duplicates(taken))
            parts.append(
                Edits.make(
                    len(own),
                    table="annotations",
                    column="id",
                    row=annotations[own],
                    new=new,
                    finding=at[own],
                    rule=self.code,
                )
            )
        return Edits.concat(parts)


def duplicates(ids: Array) -> int:
    """How many ids SCH006 gives out in the same round."""
    return int((first_equal(ids[ids != NO_ID]) >= 0).sum())
