"""SCH002: records without a field they need, or with one of the wrong kind."""

from __future__ import annotations

import re

import numpy as np

from annotool.findings import Block
from annotool.rules.base import ERROR, WARNING, Fix, ReaderRule
from annotool.rules.targets import both, lacks, stops, value_is, worded_as
from annotool.table import Array

# Fields that no other rule needs to judge the record.
APART = (
    "difficult",
    "truncated",
    "occluded",
    "iscrowd",
    "area",
    "id",
    "score",
    "num_keypoints",
    "supercategory",
)

ELEMENT = re.compile(r"/(images|annotations|categories)/\d+")

IDS = ("images/id", "annotations/id", "annotations/image_id", "annotations/category_id", "categories/id")


class MissingOrInvalidField(ReaderRule):
    """A record lacks a field it needs, or a field is of the wrong kind.

    What: COCO images need id and file_name (coco_url counts), annotations id, image_id, category_id and a
    bbox of 4 numbers or a segmentation, categories id and name; ids are whole numbers, not text. VOC objects
    need a name and a bndbox with four corners; difficult, truncated and occluded are 0 or 1. An annotation
    without any geometry is a label for its whole image and no fault, unless fewer than one in twenty lack
    one.

    Why: detectron2 raises on an empty bbox, torchvision and pycocotools on a missing key; an id "2" matches
    no id 2, so its annotations are never seen (HumanSignal/label-studio#6416 exports such). Datumaro skips a
    whole object for a flag that is not 0 or 1.

    Bad: `{"id": 7, "image_id": "2", "category_id": 1, "bbox": [10, 10, 5]}`

    Good: `{"id": 7, "image_id": 2, "category_id": 1, "bbox": [10, 10, 5, 5]}`

    Fix: safe where the value is only spelled wrong: "2" becomes 2, "0.0" becomes 0. None otherwise.

    Source: https://cocodataset.org/#format-data, the VOC2012 development kit;
    https://github.com/HumanSignal/label-studio/issues/6416
    Of the consumers: pycocotools 2.0.11 coco.py COCO.createIndex, mask.iou; torchvision 0.29.1 datasets/coco.py
    CocoDetection; detectron2 data/datasets/coco.py load_coco_json at 910b796; mmdet 3.3.0
    datasets/coco.py CocoDataset.parse_data_info; mmdet 3.3.0 datasets/xml_style.py
    XMLDataset.parse_data_info.
    """

    code = "SCH002"
    slug = "missing-or-invalid-field"
    severities = (ERROR, WARNING)
    fixes = (Fix.SAFE,)
    verdict = ("1 record lacks a field or holds a wrong one", "{n} records lack a field or hold a wrong one")
    targets = (
        stops("torchvision", "stops: KeyError", when=lacks(*IDS, "images/file_name")),
        stops("detectron2", "stops: KeyError", when=lacks(*IDS, "images/file_name", "categories/name")),
        stops("mmdet", "stops: KeyError", when=lacks(*IDS, "images/file_name", "categories/name")),
        stops("mmdet", "stops: it unpacks four numbers",
              when=both(value_is("key", "bbox"), worded_as("{key}: expected"))),
        stops("mmdet", "stops: it asks for the element",
              when=worded_as("the object has no <", "<bndbox> has no"), formats=("voc",)),
        stops("coco-eval", "stops: KeyError", when=lacks(*IDS)),
        stops("coco-eval", "stops: no box can be made of it",
              when=both(value_is("key", "bbox"), worded_as("{key}: expected"))),
    )  # fmt: skip

    def condemns(self, part: Block) -> Array:
        """A flag, a score or an area spoils no box; nor does its own id. An element of a list that is no record spoils
        nothing else in the file."""
        fields = part.values.get("field", np.full(len(part), "", dtype=object)).tolist()
        pointers = part.columns["pointer"].tolist()
        named = [field or pointer.rpartition("/")[2] for field, pointer in zip(fields, pointers, strict=True)]
        lone = [ELEMENT.fullmatch(each) is not None for each in pointers]
        keys = (part.columns[name] for name in ("annotation", "image", "category"))
        alone = np.array(lone, dtype=bool) & np.all([each < 0 for each in keys], axis=0)
        return np.asarray(~np.isin(np.array(named, dtype=str), APART) & ~alone)
