"""SCH004: NaN and infinity among coordinates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import ERROR, Edits, Findings, Fix, Op, ReaderRule, mendable
from annotool.rules.targets import drops, drops_image, nan_in_bbox, no, stops, value_is


class NonFiniteNumber(ReaderRule):
    """A coordinate is NaN or infinite.

    What: NaN or an infinity in a box, polygon, keypoint, area or size, in any spelling, the bare NaN of
    Python's json among them.

    Why: one such box turns the loss of a whole training run into NaN (facebookresearch/detectron2#214);
    strict JSON parsers refuse the file, and panlabel, hotcoco and Datumaro then say nothing of the rest of
    it.

    Bad: `"bbox": [10.0, NaN, 40.0, 20.0]`

    Good: `"bbox": [10.0, 12.0, 40.0, 20.0]`

    Fix: unsafe: the annotation goes. Nobody knows what stood there.

    Source: RFC 8259 section 6; https://github.com/facebookresearch/detectron2/issues/214
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; pytorch/vision
    references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; detectron2
    data/detection_utils.py filter_empty_instances at c0ccab0; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info; mmdet 3.3.0 datasets/xml_style.py XMLDataset.parse_data_info;
    albumentations 2.0.8 core/bbox_utils.py check_bboxes.
    """

    code = "SCH004"
    slug = "non-finite-number"
    severities = (ERROR,)
    fixes = (Fix.UNSAFE,)
    verdict = ("1 record holds NaN or infinity", "{n} records hold NaN or infinity")
    targets = (
        drops_image("ultralytics", "drops the whole image"),
        drops("torchvision", "drops the box", when=nan_in_bbox),
        drops("detectron2", "drops the box", when=nan_in_bbox),
        drops("mmdet", "drops the box", when=nan_in_bbox, formats=("coco",)),
        stops("mmdet", "stops: no whole number can be made of it", formats=("voc",)),
        stops(
            "albumentations",
            "stops: ValueError",
            when=no(value_is("key", "segmentation", "keypoints", "area", "score")),
        ),
    )

    def check(self, data: Dataset) -> Findings:
        blocks = []
        for part in super().check(data).blocks:
            known = part.columns["annotation"] >= 0
            fix = np.where(known, np.int8(Fix.UNSAFE), np.int8(Fix.NONE))
            blocks.append(replace(part, columns=part.columns.with_columns(fix=fix)))
        return Findings(tuple(blocks))

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        rows, annotations, _ = mendable(findings)
        return Edits.make(
            len(rows),
            op=Op.DROP,
            table="annotations",
            row=annotations,
            finding=rows,
            safe=False,
            rule=self.code,
        )
