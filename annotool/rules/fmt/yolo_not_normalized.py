"""FMT003: YOLO labels in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import ERROR, Edits, Findings, Fix, ImageRule, found, mendable, written_in
from annotool.rules.targets import beyond, drops_image, stops
from annotool.schema import Kind
from annotool.table import Array

PERCENT = 100.0


@dataclass(frozen=True)
class YoloNotNormalized(ImageRule):
    """YOLO coordinates are not fractions of the image.

    What: a row with a coordinate above 2, or any coordinate above 1 in a file where more than half of them
    are. Of polygons the extent is looked at.

    Why: ultralytics drops the whole image ("non-normalized or out of bounds coordinates", above 1.01 a
    coordinate; ultralytics/yolov5#443); albumentations stops (albumentations-team/albumentations#955: y_min
    68.3).

    Bad: `0 320 240 100 80`

    Good: `0 0.5 0.5 0.15625 0.166667`

    Fix: unsafe, boxes only, where the image's size is known: divided by width and height if that lies inside
    the image. None where all numbers of the file are up to 100 and the image is larger: they may be percent.

    Source: verify_image_label of ultralytics/data/utils.py; https://github.com/ultralytics/yolov5/issues/443
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label (over 1.01); albumentations
    2.0.8 core/bbox_utils.py check_bboxes.
    """

    code = "FMT003"
    slug = "yolo-not-normalized"
    severities = (ERROR,)
    fixes = (Fix.UNSAFE,)
    formats = ("yolo",)
    silenced_by = ("SCH004", "FMT002")
    verdict = ("1 YOLO row is not in fractions", "{n} YOLO rows are not in fractions")
    targets = (
        drops_image("ultralytics", "drops the whole image", when=beyond("largest", 1.01)),
        stops("albumentations", "stops: ValueError", when=beyond("largest", 1.01)),
    )
    largest: float = 2.0  # above it a coordinate is no fraction
    share: float = 0.5  # of a file's coordinates above 1; beyond it those rows are no fractions either

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        numbers = coordinates(data)
        with np.errstate(invalid="ignore"):
            over = (numbers > 1).sum(axis=1)
            most = numbers.max(axis=1, initial=-np.inf)
        if not over.any():
            return Findings()
        image = data.image_rows(rows["image"])
        count = np.bincount(image + 1, minlength=1)
        above = np.bincount(image + 1, weights=over, minlength=1)
        mostly = (above > self.share * 4 * count)[image + 1] & (image >= 0)
        yolo = written_in(data, rows, self.formats)
        wrong = np.flatnonzero(yolo & ((most > self.largest) | (mostly & (over > 0))))
        fix = np.where(divisible(data, most)[wrong], Fix.UNSAFE, Fix.NONE)
        values = {"largest": most[wrong], "limit": self.largest}
        message = "coordinates up to {largest:g}: expected fractions of the image, from 0 to 1"
        return found(self, message, rows, take=wrong, fix=fix, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings)
        rows = data.table("annotations")
        new = [
            tuple(box) for box in np.stack([rows[c][keys] for c in ("xn", "yn", "wn", "hn")], axis=1).tolist()
        ]
        return Edits.make(
            len(at),
            table="annotations",
            column="bbox",
            row=keys,
            new=new,
            finding=at,
            safe=False,
            rule=self.code,
        )


def coordinates(data: Dataset) -> Array:
    """Return four numbers of each row as a file would hold them: centre and size of a box, corners of an
    extent."""
    rows = data.table("annotations")
    x, y, w, h = (rows[column] for column in ("xn", "yn", "wn", "hn"))
    box = rows["kind"] == Kind.BOX
    return np.where(
        box[:, None], np.stack([x + w / 2, y + h / 2, w, h], 1), np.stack([x, y, x + w, y + h], 1)
    )


def divisible(data: Dataset, most: Array) -> Array:
    """Return which rows can only be pixels: a box that lies inside its image of known size, not maybe
    percent."""
    rows = data.table("annotations")
    width, height = data.image_values("width"), data.image_values("height")
    image = data.image_rows(rows["image"])
    top = np.full(len(data.table("images")) + 1, -np.inf)
    np.fmax.at(top, image, most)
    percent = (top[image] <= PERCENT) & (np.maximum(width, height) > PERCENT)
    inside = (rows["xn"] > -1) & (rows["yn"] > -1)
    inside &= (rows["xn"] + rows["wn"] < width + 1) & (rows["yn"] + rows["hn"] < height + 1)
    sure: Array = inside & ~percent & (rows["kind"] == Kind.BOX)
    return sure
