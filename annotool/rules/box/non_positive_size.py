"""BOX001."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Op, Severity, found, mendable, together
from annotool.rules.box.base import boxed, inclusive, outlined, reshaped
from annotool.rules.targets import below, drops, drops_image, misreads, no, stops
from annotool.schema import Kind
from annotool.table import Array


class NonPositiveSize(AnnotationRule):
    """A box has no width or no height, or its corners are swapped.

    What: w <= 0 or h <= 0. Pascal VOC with inclusive corners calls a box of one pixel xmin == xmax: on both axes that
    is an empty click and a warning, on one axis BOX003; only xmax < xmin is an error there.

    Why: torchvision raises ValueError (pytorch/vision#2740, #8376); before it had that check the loss became NaN
    (pytorch/vision#2235). mmdetection drops the box silently. ultralytics trains on it.

    Bad: `"bbox": [10, 20, 0, 35]`; `<xmin>80</xmin> <xmax>40</xmax>`.

    Good: `"bbox": [10, 20, 12, 35]`; `<xmin>40</xmin> <xmax>80</xmax>`.

    Fix: unsafe. Beside a mask or polygon that encloses something in the image, the box becomes its extent, and the area,
    where it is that of neither, what it covers. Else swapped corners are put right where both sides have a length, and
    what has no area is removed.

    Source: pytorch/vision#2235, #2740, #8376; sovit-123/fasterrcnn-pytorch-training-pipeline#44.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; torchvision 0.29.1
    models/detection/generalized_rcnn.py GeneralizedRCNN.forward; pytorch/vision
    references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; detectron2
    data/detection_utils.py filter_empty_instances at c0ccab0; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info; albumentations 2.0.8 core/bbox_utils.py check_bboxes; pycocotools 2.0.11
    mask.iou.
    """

    code = "BOX001"
    slug = "non-positive-size"
    severities = (Severity.ERROR, Severity.WARNING)
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003", "FMT010")
    verdict = ("1 box has no area", "{n} boxes have no area")
    targets = (
        drops_image("ultralytics", "drops the whole image", when=below("width", "height")),
        stops(
            "torchvision",
            "stops: it asserts positive width and height (its reference loader drops the box first)",
        ),
        drops("detectron2", "drops the box", when=no(below("width", "height"))),
        drops("mmdet", "drops the box", formats=("coco",)),
        stops("albumentations", "stops: ValueError"),
        misreads("coco-eval", "counts it as missed: no detection can match it"),
    )

    def check(self, data: Dataset) -> Findings:
        rows, click, swapped = self.faulty(data)
        sides = data.boxes.xywh[rows, 2:]
        unit = np.where(data.boxes.fraction[rows], "of the image's sides", "px").astype(object)
        annotations = data.table("annotations")
        parts = []
        for chosen, severity, message in (
            (swapped, Severity.ERROR, "corners are swapped: width {width:g}, height {height:g} {unit}"),
            (click, Severity.WARNING, "a click, not a box: both corners are the same pixel"),
            (~click & ~swapped, Severity.ERROR, "no area: width {width:g}, height {height:g} {unit}"),
        ):
            values = {"width": sides[chosen, 0], "height": sides[chosen, 1], "unit": unit[chosen]}
            one = found(self, message, annotations, take=rows[chosen], severity=severity, fix=Fix.UNSAFE,
                        values=values)  # fmt: skip
            parts.append(one)
        return together(parts)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        masked, extent, area = enclosed(data)
        at = np.minimum(np.searchsorted(masked, keys), max(len(masked) - 1, 0))
        has = masked[at] == keys if len(masked) else np.zeros(len(keys), dtype=bool)
        mask = (extent[at[has]], area[at[has]])
        rebuilt = boxed(self.code, data, finding[has], keys[has], mask, safe=False)
        finding, keys = finding[~has], keys[~has]
        rows, _, swapped = self.faulty(data)
        swap = np.isin(keys, rows[swapped])
        dropped = Edits.make(
            int((~swap).sum()),
            op=Op.DROP,
            table="annotations",
            row=keys[~swap],
            finding=finding[~swap],
            safe=False,
            rule=self.code,
        )
        turned = unswapped(data.boxes.xywh[keys[swap]], inclusive(data, keys[swap]))
        right = reshaped(self.code, finding[swap], keys[swap], turned, safe=False)
        return Edits.concat([rebuilt, right, dropped])

    def faulty(self, data: Dataset) -> tuple[Array, Array, Array]:
        """Positions of the faulty rows; which are clicks; which have swapped corners that can be put right."""
        boxes, table = data.boxes.xywh, data.table("annotations")
        rows = np.flatnonzero(np.minimum(boxes[:, 2], boxes[:, 3]) <= 1)
        rows = rows[(table["kind"][rows] >= Kind.BOX) & np.isfinite(boxes[rows]).all(axis=1)]
        sides, closed = boxes[rows, 2:], inclusive(data, rows)
        negative = (sides <= 0).any(axis=1)
        click = closed & (sides <= 1).all(axis=1) & ~negative
        chosen = negative | click
        rows, sides, closed, click = rows[chosen], sides[chosen], closed[chosen], click[chosen]
        apart = sides - closed[:, None]  # xmax - xmin as written
        swapped = (apart < 0).any(axis=1) & ((apart != 0) | closed[:, None]).all(axis=1) & ~click
        return rows, click, swapped & ~table["bbox_derived"][rows]


def enclosed(data: Dataset) -> tuple[Array, Array, Array]:
    """Annotations whose mask encloses something in its image; see outlined. The extent is cut at the image's border."""
    rows, extent, area = outlined(data)
    size = np.column_stack([data.boxes.width[rows], data.boxes.height[rows]] * 2)
    extent = np.clip(extent, 0, np.where(size > 0, size, np.inf))
    some = (extent[:, 2:] > extent[:, :2]).all(axis=1) & (area > 0)
    return rows[some], extent[some], area[some]


def unswapped(boxes: Array, closed: Array) -> Array:
    """Boxes (n, 4) with each negative side turned round; `closed`: corners were written inclusive."""
    new = boxes.copy()
    for at in (0, 1):
        apart = boxes[:, at + 2] - closed
        turn = apart < 0
        new[turn, at] += apart[turn]
        new[turn, at + 2] = closed[turn] - apart[turn]
    return new
