"""DUP005."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found, worded
from annotool.rules.dup.base import crowd
from annotool.rules.targets import misreads
from annotool.schema import Kind
from annotool.table import Table

EXAMPLES = 3


class Full(msgspec.Struct, frozen=True):
    """The images with too many annotations (image, file_name, objects, same: the most of one category); how many
    images there are."""

    rows: Table
    images: int


@dataclass(frozen=True)
class OverMaxDets(DatasetRule[Full]):
    """Images hold more objects than COCO's evaluation counts detections.

    What: more than `limit` annotations in an image, crowd regions left out. One finding a dataset.

    Why: a fact, not a fault: detectron2, torchvision and mmdetection return 100 detections an image unless told
    otherwise, and pycocotools counts the best 100 of each image and category. With 250 cells in an image recall cannot
    pass 40 %, however good the model. Raise both limits, or cut the images into tiles.

    Bad: 250 cells in an image, evaluated with `maxDets = [1, 10, 100]`.

    Good: the same, evaluated with `maxDets = [1, 10, 500]` and a model that may return as many.

    Fix: none.

    Source: pycocotools/cocoeval.py Params.maxDets = [1, 10, 100], evaluateImg; torchvision box_detections_per_img,
    detectron2 TEST.DETECTIONS_PER_IMAGE, both 100.
    Of the consumers: pycocotools 2.0.11 cocoeval.py Params.setDetParams, COCOeval.computeIoU.
    """

    code = "DUP005"
    slug = "over-max-dets"
    severities = (Severity.INFO,)
    verdict = (
        "1 image has more objects than evaluation counts",
        "{n} images have more objects than evaluation counts",
    )
    silenced_by = ("SCH001",)
    targets = (
        misreads("coco-eval", "scores at most 100 detections a class and image", severity=Severity.INFO),
    )

    limit: int = 100

    def partial(self, shard: Dataset) -> Full:
        table, images = shard.table("annotations"), shard.table("images")
        rows = shard.image_rows(table["image"])
        counted = (rows >= 0) & (table["kind"] > Kind.IMAGE) & ~crowd(shard)
        objects = np.bincount(rows if counted.all() else rows[counted], minlength=len(images))
        full = np.flatnonzero(objects > self.limit)
        own = np.flatnonzero(np.append(objects > self.limit, False)[rows] & counted)
        place = np.searchsorted(full, rows[own])
        label, k = shard.annotation_labels[own], len(shard.labels) + 1
        pairs, several = np.unique(place * k + label % k, return_counts=True)
        same = np.zeros(len(full), dtype=np.int64)
        np.maximum.at(same, pairs // k, several)
        columns = {name: images[name][full] for name in ("image", "file_name")}
        return Full(Table({**columns, "objects": objects[full], "same": same}), len(images))

    def merge(self, states: Sequence[Full]) -> Full:
        return Full(Table.concat([each.rows for each in states]), sum(each.images for each in states))

    def finish(self, state: Full) -> Findings:
        rows = state.rows.take(np.lexsort((state.rows["image"], -state.rows["objects"])))
        if not len(rows):
            return Findings()
        names = zip(rows["file_name"][:EXAMPLES].tolist(), rows["objects"][:EXAMPLES].tolist(), strict=True)
        values = {
            "full": len(rows),
            "images": state.images,
            "limit": self.limit,
            "same": int((rows["same"] > self.limit).sum()),
            "examples": ", ".join(f"{name} ({objects:,})" for name, objects in names),
        }
        message = (
            "{full:,} of {images:,} images hold[s|] more than {limit} objects ({same:,} of them of one category): COCO's "
            "evaluation and most detectors stop at {limit}; as {examples}"
        )
        return found(self, worded(message, len(rows)), values=values)
