"""IMG003: image files of another size than declared."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.boxes import overshoot
from annotool.rules.base import (
    ERROR,
    Edits,
    Findings,
    Fix,
    ImageRule,
    found,
    image_files_lacking,
    mendable,
    size_edits,
)
from annotool.rules.targets import stops
from annotool.schema import SizeFrom
from annotool.table import Array

SLACK = 0.01  # pixels: what BOX002 lets pass without a word
SAME, SWAPPED, OTHER = 0, 1, 2


class SizeMismatch(ImageRule):
    """An image file has another size than its label file declares.

    What: width and height of the file's header are not those declared. Where only an EXIF orientation swaps
    the two, it is IMG004's. Sizes that annotool read from the files themselves are not judged.

    Why: detectron2 stops (facebookresearch/detectron2#213, facebookresearch/detectron2#2463,
    facebookresearch/detectron2#1861); most others scale boxes by the wrong size and train on the result.
    Mostly images were resized after they were labelled.

    Bad: `"width": 640, "height": 480` for a file of 1280 x 960

    Good: `"width": 1280, "height": 960`

    Fix: safe where all boxes of the image fit the file's size and width and height are not merely swapped:
    the file's size is written. None otherwise: which of the two the boxes mean, a look at the image can tell.

    Source: check_image_size of detectron2/data/detection_utils.py.
    Of the consumers: detectron2 data/detection_utils.py check_image_size at c0ccab0.
    """

    code = "IMG003"
    slug = "size-mismatch"
    severities = (ERROR,)
    fixes = (Fix.SAFE,)
    silenced_by = ("SCH009",)
    formats = ("coco", "voc")
    verdict = (
        "1 image file has another size than declared",
        "{n} image files have another size than declared",
    )
    targets = (stops("detectron2", "stops: SizeMismatchError"),)

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def check(self, data: Dataset) -> Findings:
        images = data.table("images")
        how = compared(data)
        bad = np.flatnonzero(how != SAME)
        if not len(bad):
            return Findings()
        files = data.image_files
        able = (how[bad] != SWAPPED) & fits(data, bad)
        values = {
            "width": images["width"][bad],
            "height": images["height"][bad],
            "file_width": files.width[bad],
            "file_height": files.height[bad],
        }
        message = "declared {width:g} x {height:g}, the file has {file_width:g} x {file_height:g}"
        fix = np.where(able, Fix.SAFE, Fix.NONE)
        return found(self, message, images, take=bad, fix=fix, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings, "image")
        files = data.image_files
        return size_edits(self, data, keys, np.stack([files.width[keys], files.height[keys]], axis=1), at)


def compared(data: Dataset) -> Array:
    """Return for each image SAME (also where nothing is known), SWAPPED or OTHER (int8)."""
    images = data.table("images")
    width, height = images["width"], images["height"]
    judged = (images["size_from"] == SizeFrom.DECLARED) & (images["path"] != "") & (width > 0) & (height > 0)
    if not judged.any():
        return np.zeros(len(images), dtype=np.int8)
    files = data.image_files
    judged &= np.isfinite(files.width)
    same = (width == files.width) & (height == files.height)
    swapped = (width == files.height) & (height == files.width)
    same |= swapped & (files.exif > 4)
    return np.where(~judged | same, SAME, np.where(swapped, SWAPPED, OTHER)).astype(np.int8)


def fits(data: Dataset, rows: Array) -> Array:
    """Return whether all boxes of each of these images lie inside the size its file has (bool)."""
    files, keys = data.image_files, data.table("annotations")["image"]
    boxes = np.flatnonzero(np.isin(keys, data.table("images")["image"][rows]))
    image = data.image_rows(keys[boxes])
    beyond = overshoot(data.boxes.xywh[boxes], files.width[image], files.height[image])
    out = np.zeros(len(data.table("images")), dtype=bool)
    out[image[beyond > SLACK]] = True
    return ~out[rows]
