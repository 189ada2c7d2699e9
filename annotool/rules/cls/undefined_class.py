"""CLS001."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import AnnotationRule, Findings, Severity, found
from annotool.schema import NO_ID
from annotool.table import Array


@dataclass(frozen=True)
class UndefinedClass(AnnotationRule):
    """An annotation has a class that is declared nowhere.

    What: a COCO category_id without a category, a YOLO class index at or beyond the number of names, a VOC name that
    the dataset's list of labels lacks.

    Why: training stops with an IndexError, a CUDA assert or a KeyError (ultralytics/yolov5#1538, #7692, #8713;
    detectron2), or the annotation is skipped silently (mmdetection, FiftyOne).

    Bad: `12 0.5 0.5 0.1 0.1` where `names` has 12 entries, 0 to 11.

    Good: `11 0.5 0.5 0.1 0.1`.

    Fix: none: declare the class, or correct it.

    Source: ultralytics/yolov5#1538, #7692, #8713.
    """

    code = "CLS001"
    slug = "undefined-class"
    severities = (Severity.ERROR,)
    silenced_by = ("SCH001", "SCH002", "FMT002")
    verdict = (
        "1 annotation has a class that is not declared",
        "{n} annotations have a class that is not declared",
    )

    def check(self, data: Dataset) -> Findings:
        table, categories = data.table("annotations"), data.table("categories")
        declared = len(np.unique(categories["label"][categories["source"] >= 0]))
        category = table["category"]
        hit = category < 0
        if data.facts.get("declared_categories") and len(categories):
            hit = hit | (categories["source"][category] < 0)
        rows = np.flatnonzero(hit)
        ids, known = table["category_id"][rows], category[rows] >= 0
        number = ~known & (ids != NO_ID)
        text = ~known & ~number
        findings = Findings()
        for chosen, written, message in (
            (number, ids, "class {written} is not declared; there are {declared}"),
            (text, originals(data, rows), "class {written!r} is not declared; there are {declared}"),
            (known, data.names_of(category[rows]), "class {written!r} is not declared; there are {declared}"),
        ):
            values = {"written": written[chosen], "declared": np.full(int(chosen.sum()), declared)}
            findings += found(self, message, table, take=rows[chosen], values=values)
        return findings


def originals(data: Dataset, rows: Array) -> Array:
    """The text of each row's category id as written (object array); empty where it is not kept."""
    odd = data.table("originals")
    mine = (odd["table"] == "annotations") & (odd["column"] == "category_id")
    raw = dict(zip(odd["row"][mine].tolist(), odd["raw"][mine].tolist(), strict=True))
    keys = data.table("annotations")["annotation"][rows].tolist() if raw else [0] * len(rows)
    return np.array([raw.get(key, "") for key in keys], dtype=object)
