"""SCH009: image sizes that are none."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    ERROR,
    Edits,
    Findings,
    Fix,
    ImageRule,
    found,
    in_class_lists,
    mendable,
    size_edits,
    written_in,
)
from annotool.rules.targets import below, drops_image, either, stops, value_is, worded_as
from annotool.schema import SizeFrom
from annotool.table import Array


class InvalidDeclaredSize(ImageRule):
    """An image record declares no usable width and height.

    What: width or height absent, zero, negative or no whole number, in a COCO image record or a VOC xml.

    Why: YOLO's and many other loaders divide by it: division by zero, or boxes at infinity
    (Megvii-BaseDetection/YOLOX#891, experiencor/keras-yolo2#436); sahi, supervision and labelformat stop.
    labelImg wrote 0 x 0 for a time (HumanSignal/labelImg#386).

    Bad: `{"id": 1, "file_name": "a.jpg", "width": 0, "height": 480}`

    Good: `{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}`

    Fix: safe where the image file is there: its size is written. None where it carries an EXIF orientation
    that turns it, for then it has two sizes.

    Source: https://cocodataset.org/#format-data; https://github.com/Megvii-BaseDetection/YOLOX/issues/891
    Of the consumers: pytorch/vision references/detection/group_by_aspect_ratio.py at d2aeec2; detectron2
    data/detection_utils.py check_image_size at c0ccab0; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info; mmdet 3.3.0 datasets/coco.py CocoDataset.filter_data with
    configs/_base_/datasets/coco_detection.py; mmdet 3.3.0 datasets/xml_style.py
    XMLDataset.parse_data_info.
    """

    code = "SCH009"
    slug = "invalid-declared-size"
    severities = (ERROR,)
    fixes = (Fix.SAFE,)
    formats = ("coco", "voc")
    silenced_by = ("SCH002", "SCH004")
    verdict = ("1 image has no valid size", "{n} images have no valid size")
    targets = (
        stops(
            "torchvision",
            "stops: its reference script divides width by height",
            when=either(worded_as("no width"), value_is("height", 0.0)),
        ),
        stops("detectron2", "stops: the image has another size, or KeyError"),
        stops("mmdet", "stops: KeyError", when=worded_as("no width"), formats=("coco",)),
        drops_image(
            "mmdet", "drops the image, as smaller than 32 px", when=below("width", "height", least=32)
        ),
        stops("mmdet", "stops: no whole number", when=worded_as("size"), formats=("voc",)),
    )

    def check(self, data: Dataset) -> Findings:
        images = data.table("images")
        width, height = images["width"], images["height"]
        declared = images["size_from"] == SizeFrom.DECLARED
        declared &= ~np.isnan(width) & ~np.isnan(height)
        whole = (width > 0) & (height > 0) & (width % 1 == 0) & (height % 1 == 0)
        judged = written_in(data, images, self.formats) & of_labels(data) & ~unread(data)
        judged &= ~in_class_lists(data, images)
        bad = np.flatnonzero(judged & ~(declared & whole))
        known = np.isfinite(true_sizes(data, bad)).all(axis=1)
        fix = np.where(known & (images["start"][bad] >= 0) & (images["end"][bad] >= 0), Fix.SAFE, Fix.NONE)
        said = declared[bad]
        values = {"width": width[bad][said], "height": height[bad][said]}
        message = "size {width:g} x {height:g}: expected whole numbers above 0"
        return found(
            self, "no width and height are declared", images, take=bad[~said], fix=fix[~said]
        ) + found(self, message, images, take=bad[said], fix=fix[said], values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings, "image")
        return size_edits(self, data, keys, true_sizes(data, keys), at)


def of_labels(data: Dataset) -> Array:
    """Return which images stand in a label file, not only in a list (bool)."""
    roles = np.append(data.table("sources")["role"] == "labels", False)
    return np.asarray(roles[data.table("images")["source"]])


def unread(data: Dataset) -> Array:
    """Return which images stand in a file that could not be parsed, as SCH001 tells (bool)."""
    broken = data.problems.of("SCH001")
    lost = broken.column("image")[~broken.column("kept")]
    return np.isin(data.table("images")["image"], lost)


def true_sizes(data: Dataset, rows: Array) -> Array:
    """Return the size each image's file has, NaN where it is not there or EXIF turns it (float64, (n, 2))."""
    if not (data.table("images")["path"][rows] != "").any():
        return np.full((len(rows), 2), np.nan)
    files = data.image_files
    sizes = np.column_stack((files.width[rows], files.height[rows]))
    sizes[files.exif[rows] > 4] = np.nan
    return sizes
