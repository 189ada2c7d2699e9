"""SCH007: annotations of images that are not there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    ERROR,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Op,
    explained_ids,
    found,
    mendable,
    unkept,
    written_in,
)
from annotool.rules.sch.base import columns
from annotool.rules.targets import drops
from annotool.schema import NO_ID
from annotool.table import Array, Table

NAMED = ("image", "annotation", "category", "source", "line", "start", "end", "image_id")


class Lost(msgspec.Struct, frozen=True):
    """Annotations whose image is not there, source and id of the images, and how many images a source lost."""

    rows: Table
    images: Table
    unkept: Array


class DanglingImageRef(DatasetRule[Lost]):
    """An annotation refers to an image that its file does not have.

    What: an annotation whose image_id is the id of no record of `images` in the same file. Nothing is said of
    a file in which no more ids are missing than image records could not be read (SCH002) or repeat an id
    (SCH005), for that is the cause.

    Why: pycocotools, supervision and Datumaro drop it in silence, detectron2 warns, sahi and labelformat stop
    with a KeyError. Often it means that images were deleted, or that ids changed in an export.

    Bad: `"image_id": 9999` where the images are 1 to 500

    Good: `"image_id": 499`

    Fix: unsafe: the annotation goes.

    Source: detectron2/data/datasets/coco.py, createIndex of pycocotools/coco.py.
    Of the consumers: detectron2 data/datasets/coco.py load_coco_json at 910b796; mmdet 3.3.0
    datasets/coco.py CocoDataset.load_data_list; torchvision 0.29.1 datasets/coco.py CocoDetection;
    pycocotools 2.0.11 cocoeval.py COCOeval._prepare.
    """

    code = "SCH007"
    slug = "dangling-image-ref"
    severities = (ERROR,)
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    silenced_by = ("SCH001",)  # the image may stand in the part that was not read
    verdict = ("1 annotation belongs to no image", "{n} annotations belong to no image")
    targets = (
        drops("torchvision", "never sees it"),
        drops("detectron2", "never sees it"),
        drops("mmdet", "never sees it"),
        drops("coco-eval", "never sees it"),
    )

    def partial(self, shard: Dataset) -> Lost:
        rows = shard.table("annotations")
        lost = np.flatnonzero((rows["image"] < 0) & (rows["image_id"] != NO_ID))
        lost = lost[written_in(shard, rows.take(lost), self.formats)]
        images = columns(shard.table("images"), ("source", "id"))
        return Lost(columns(rows, NAMED).take(lost), images, unkept(shard, "images"))

    def merge(self, states: Sequence[Lost]) -> Lost:
        rows, images = (Table.concat([getattr(each, name) for each in states]) for name in ("rows", "images"))
        return Lost(rows, images, np.sum([each.unkept for each in states], axis=0))

    def finish(self, state: Lost) -> Findings:
        rows = state.rows
        own = rows.take(~explained_ids(rows["source"], rows["image_id"], state.images, state.unkept))
        values = {"image_id": own["image_id"]}
        return found(self, "no image has the id {image_id}", own, fix=Fix.UNSAFE, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, annotations, _ = mendable(findings)
        return Edits.make(
            len(at), op=Op.DROP, table="annotations", row=annotations, finding=at, safe=False, rule=self.code
        )
