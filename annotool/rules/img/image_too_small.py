"""IMG006: images too small to be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    INFO,
    WARNING,
    DatasetRule,
    Findings,
    classifies,
    found,
    image_files_lacking,
    together,
    worded,
)
from annotool.rules.img.base import has_files, of_files
from annotool.rules.targets import below, drops_image

EXAMPLES = 3


class State(msgspec.Struct, frozen=True):
    """Images with a known size, those between the two thresholds, a few of their names, and findings of those below."""

    images: int
    small: int
    examples: tuple[str, ...]
    rejected: Findings


@dataclass(frozen=True)
class ImageTooSmall(DatasetRule[State]):
    """An image file is so small that trainers leave it out.

    What: a side shorter than `rejected` pixels, one finding an image. How many others have a side shorter than `small` is
    one fact of the dataset; not where labels are of whole images, for which no trainer asks it.

    Why: ultralytics calls images under 10 pixels corrupt and leaves them out with their labels; mmdetection's datasets
    filter out those under 32 by default. Both go on without them.

    Bad: an image of 640 x 6 pixels

    Good: an image of 640 x 480 pixels

    Fix: none

    Source: verify_image_label in ultralytics/data/utils.py; min_size of filter_cfg in mmdet/datasets/base_det_dataset.py.
    Of the consumers: ultralytics 8.4.190 data/utils.py check_image; mmdet 3.3.0 datasets/coco.py
    CocoDataset.filter_data with configs/_base_/datasets/coco_detection.py; mmdet 3.3.0
    datasets/xml_style.py XMLDataset.parse_data_info.
    """

    rejected: int = 10
    small: int = 32

    code = "IMG006"
    slug = "image-too-small"
    severities = (WARNING, INFO)
    verdict = ("1 image is too small", "{n} images are too small")
    targets = (
        drops_image(
            "ultralytics", "drops the image, as smaller than 10 px", when=below("width", "height", least=10)
        ),
        drops_image("mmdet", "drops images smaller than 32 px", many="count"),
    )

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def partial(self, shard: Dataset) -> State:
        if not has_files(shard):
            return State(0, 0, (), Findings())
        files = shard.image_headers
        side = np.minimum(files.width, files.height)
        bad = np.flatnonzero(side < self.rejected)
        between = np.flatnonzero((side >= self.rejected) & (side < self.small))
        if classifies(shard):  # crops to classify are small, and nothing filters them
            between = between[:0]
        values = {"width": files.width[bad], "height": files.height[bad], "rejected": self.rejected}
        message = "{width:g} x {height:g} pixels: a side under {rejected} is taken for a corrupt file"
        return State(
            int(np.isfinite(side).sum()),
            len(between),
            tuple(shard.table("images")["file_name"][between[:EXAMPLES]].tolist()),
            of_files(self, message, shard, bad, values=values),
        )

    def merge(self, states: Sequence[State]) -> State:
        return State(
            sum(state.images for state in states),
            sum(state.small for state in states),
            tuple(name for state in states for name in state.examples)[:EXAMPLES],
            together(state.rejected for state in states),
        )

    def finish(self, state: State) -> Findings:
        if not state.small:
            return state.rejected
        message = worded(
            "{count:,} of {images:,} images [has|have] a side under {small} pixels, which mmdetection leaves out; as {examples}",
            state.small,
        )
        values = {
            "count": state.small,
            "images": state.images,
            "small": self.small,
            "examples": ", ".join(state.examples),
        }
        return state.rejected + found(self, message, severity=INFO, values=values)
