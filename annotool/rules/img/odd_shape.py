"""IMG012: images of an odd shape or size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import INFO, DatasetRule, Findings, found, image_files_lacking
from annotool.rules.img.base import has_files, located
from annotool.table import Table


@dataclass(frozen=True)
class OddShape(DatasetRule[Table]):
    """An image is much narrower, larger or smaller than images are.

    What: its shorter side is less than `ratio` of the longer one (one finding where `common` of all are so, and more than
    `single`: a camera's way); or the square root of its area lies more than
    `spread` interquartile ranges outside the middle half of all images, and is `factor` times the median or a
    `factor`-th of it. Sizes are compared from `images` images on.

    Why: letterboxing to a square leaves little of a narrow image, and a few much larger ones are mostly whole pages or
    panoramas that should have been cut.

    Bad: an image of 2,000 x 300 pixels; one of 8,000 x 6,000 among images of 640 x 480

    Good: images of 640 x 480 pixels

    Fix: none

    Source: cleanvision's odd_aspect_ratio (0.35) and odd_size (3 IQR). We differ in odd_size: where three quarters of
    the images are equal its range is empty and every other image is named; we also ask for a factor of 2 and for
    30 images. And cleanvision names each narrow image, however many there are.
    """

    ratio: float = 0.35
    spread: float = 3.0
    factor: float = 2.0
    images: int = 30
    common: float = 0.2
    single: int = 10

    code = "IMG012"
    slug = "odd-shape"
    severities = (INFO,)
    verdict = ("1 image has an odd shape", "{n} images have an odd shape")

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def partial(self, shard: Dataset) -> Table:
        rows = located(shard)
        width, height = np.empty(0), np.empty(0)
        if has_files(shard):
            width, height = shard.image_headers.width, shard.image_headers.height
        else:
            rows = rows.take(np.zeros(len(rows), dtype=bool))
        rows = rows.with_columns(width=width, height=height)
        return rows.take((width > 0) & (height > 0))

    def merge(self, states: Sequence[Table]) -> Table:
        return Table.concat(list(states))

    def finish(self, state: Table) -> Findings:
        if not len(state):
            return Findings()
        width, height = state["width"], state["height"]
        narrow = np.minimum(width, height) / np.maximum(width, height)
        bad = np.flatnonzero(narrow < self.ratio)
        values = {"width": width[bad], "height": height[bad], "ratio": narrow[bad].round(3)}
        message = "{width:g} x {height:g} pixels: one side is {ratio:.2f} of the other"
        if len(bad) > max(self.single, self.common * len(state)):
            message = (
                "{narrow:,} of {images:,} images are narrow: one side is {ratio:.2f} of the other and less"
            )
            told = {"narrow": len(bad), "images": len(state), "ratio": float(values["ratio"].max())}
            findings = found(self, message, values=told)
        else:
            findings = found(self, message, state, take=bad, values=values)
        if len(state) < self.images:
            return findings
        size = np.sqrt(width) * np.sqrt(height)
        first, median, third = np.percentile(size, (25, 50, 75))
        beyond = (size < first - self.spread * (third - first)) | (
            size > third + self.spread * (third - first)
        )
        beyond &= (size >= self.factor * median) | (size <= median / self.factor)
        bad = np.flatnonzero(beyond)
        values = {
            "width": width[bad],
            "height": height[bad],
            "size": size[bad].round(1),
            "median": np.full(len(bad), median),
        }
        message = (
            "{width:g} x {height:g} pixels: as a square {size:.0f} a side, where the median is {median:.0f}"
        )
        return findings + found(self, message, state, take=bad, values=values)
