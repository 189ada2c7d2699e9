"""SCH012: images without a label file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from annotool.dataset import Dataset
from annotool.rules.base import INFO, WARNING, DatasetRule, Findings, found, together, worded
from annotool.rules.sch.base import Explained, explained, unmappable
from annotool.rules.targets import misreads

Bare = tuple[tuple[int, str, str], ...]  # image key, split, file name


class State(msgspec.Struct, frozen=True):
    """Images on disk a split, images without a label file, and those that FMT005 explains (None: all)."""

    counts: dict[str, int]
    bare: Bare
    explained: Explained


@dataclass(frozen=True)
class MissingLabelFile(DatasetRule[State]):
    """Images of a split have no label file.

    What: images on disk with no txt or xml of their stem: one finding a split with count, share and list, a
    warning above 10 %. An empty label file is something else: it declares that the image shows nothing.

    Why: trainers take such an image for a background without saying so; if it was only never labelled, the
    model learns not to see what is in it. ultralytics counts it as "missing", Roboflow tells it from "null".

    Bad: `images/train/a.jpg` and no `labels/train/a.txt`

    Good: `images/train/a.jpg` with an empty `labels/train/a.txt`

    Fix: none: whether the image is a background, only a look at it can tell.

    Source: https://docs.roboflow.com/datasets/dataset-health-check
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label.
    """

    code = "SCH012"
    slug = "missing-label-file"
    severities = (INFO, WARNING)
    verdict = ("1 image has no label file", "{n} images have no label file")
    formats = ("voc", "yolo")
    silenced_by = ("SCH001", "FMT005")
    targets = (misreads("ultralytics", "takes the images for background", severity=INFO, many="count"),)
    share: float = 0.1  # of a split's images; above it a warning

    def unable(self, data: Dataset) -> str:
        return "--images none" if data.images_checked == "none" else ""

    def partial(self, shard: Dataset) -> State:
        images, splits = shard.table("images"), shard.image_splits
        there = images["path"] != ""
        without = (images["source"] < 0) & there
        chosen = (images["image"][without], splits[without], images["file_name"][without])
        return State(
            dict(Counter(splits[there].tolist())),
            tuple(zip(*(column.tolist() for column in chosen), strict=True)),
            unmappable(shard),
        )

    def merge(self, states: Sequence[State]) -> State:
        counts: dict[str, int] = {}
        for state in states:
            for name, count in state.counts.items():
                counts[name] = counts.get(name, 0) + count
        bare = tuple(each for state in states for each in state.bare)
        return State(counts, bare, explained(state.explained for state in states))

    def finish(self, state: State) -> Findings:
        by_split: dict[str, list[str]] = {}
        for image, split, name in state.bare:
            if state.explained is not None and image not in state.explained:
                by_split.setdefault(split, []).append(name)
        return together(
            self.of_split(split, sorted(files), state) for split, files in sorted(by_split.items())
        )

    def of_split(self, split: str, files: list[str], state: State) -> Findings:
        every = state.counts[split]
        share = len(files) / every
        values = {"split": split, "count": len(files), "of": every, "share": share, "files": [files]}
        values["examples"] = ", ".join(files[:3])
        where = " of split {split}" if split else ""
        message = (
            "{count:,} of {of:,} images" + where + " ({share:.1%}) ha[s|ve] no label file, as {examples}"
        )
        message = worded(message, len(files))
        severity = WARNING if share > self.share else INFO
        return found(self, message, severity=severity, values=values)
