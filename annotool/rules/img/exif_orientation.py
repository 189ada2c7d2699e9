"""IMG004: images that are turned by their metadata."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    ERROR,
    WARNING,
    DatasetRule,
    Findings,
    found,
    image_files_lacking,
    worded,
)
from annotool.rules.img.base import of_files
from annotool.rules.targets import beyond, misreads, stops
from annotool.schema import SizeFrom

EXAMPLES = 3


class State(msgspec.Struct, frozen=True):
    """Images with an orientation, those turned by a quarter, declared sizes of these that follow the stored
    pixels and the turned ones, the first few names, and what to say of the first image."""

    oriented: int
    turned: int
    stored: int
    shown: int
    examples: tuple[str, ...]
    first: Findings


class ExifOrientation(DatasetRule[State]):
    """Images carry an EXIF orientation that turns or mirrors them.

    What: files whose EXIF tag 274 is 2 to 8, one finding a dataset with the counts. An error where the
    declared sizes of some follow the pixels as stored and those of others the picture as shown: then one part
    of the boxes is wrong for every loader.

    Why: Pillow and labelling tools disagree on whether to turn, so boxes may be off by a quarter turn
    (facebookresearch/detectron2#788, cvat-ai/cvat#1059, HumanSignal/labelImg#376, wkentaro/labelme#232);
    ultralytics turns for 6 and 8 only.

    Bad: a JPEG with orientation 6, 4000 x 3000 as stored, declared now 4000 x 3000 and now 3000 x 4000

    Good: a JPEG without orientation

    Fix: none: turning the pixels would encode them anew.

    Source: EXIF 2.32 section 4.6.4; https://github.com/facebookresearch/detectron2/issues/788
    Of the consumers: torchvision 0.29.1 datasets/coco.py CocoDetection; detectron2
    data/detection_utils.py read_image at c0ccab0; detectron2 data/detection_utils.py check_image_size at
    c0ccab0.
    """

    code = "IMG004"
    slug = "exif-orientation"
    severities = (WARNING, ERROR)
    verdict = (
        "EXIF turns images that are declared in both frames",
        "EXIF turns images that are declared in both frames",
    )
    targets = (
        misreads(
            "torchvision", "reads the stored pixels, not the turned ones", when=beyond("shown"), many="shown"
        ),
        stops(
            "detectron2",
            "stops: it turns the image, then its size is another",
            when=beyond("stored"),
            many="stored",
        ),
    )

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def partial(self, shard: Dataset) -> State:
        images = shard.table("images")
        if not (images["path"] != "").any():
            return State(0, 0, 0, 0, (), Findings())
        files = shard.image_files
        oriented = np.flatnonzero(files.exif > 1)
        turned = (files.exif > 4) & (files.width != files.height) & (images["size_from"] == SizeFrom.DECLARED)
        width, height = images["width"], images["height"]
        stored = turned & (width == files.width) & (height == files.height)
        shown = turned & (width == files.height) & (height == files.width)
        return State(
            len(oriented),
            int((files.exif > 4).sum()),
            int(stored.sum()),
            int(shown.sum()),
            tuple(images["file_name"][oriented[:EXAMPLES]].tolist()),
            of_files(self, "", shard, oriented[:1]),
        )

    def merge(self, states: Sequence[State]) -> State:
        firsts = [state.first for state in states if len(state.first)]
        return State(
            sum(state.oriented for state in states),
            sum(state.turned for state in states),
            sum(state.stored for state in states),
            sum(state.shown for state in states),
            tuple(name for state in states for name in state.examples)[:EXAMPLES],
            firsts[0] if firsts else Findings(),
        )

    def finish(self, state: State) -> Findings:
        if not state.oriented:
            return Findings()
        message = worded(
            "{oriented:,} image[ carries|s carry] an EXIF orientation, by a quarter: {turned:,}; declared sizes of "
            "the stored pixels: {stored:,}, of the turned ones: {shown:,}; as {examples}",
            state.oriented,
        )
        values = {name: getattr(state, name) for name in ("oriented", "turned", "stored", "shown")}
        values["examples"] = ", ".join(state.examples)
        severity = ERROR if state.stored and state.shown else WARNING
        columns = state.first.blocks[0].columns if state.oriented == 1 else None
        return found(self, message, columns, severity=severity, values=values)
