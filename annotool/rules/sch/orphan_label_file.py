"""SCH011: label files without an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, DatasetRule, Findings, found
from annotool.rules.sch.base import (
    Counts,
    Explained,
    bare_splits,
    columns,
    explained,
    image_counts,
    orphans,
    summed,
    unmappable,
)
from annotool.table import Table

NAMED = ("image", "source", "line", "start", "end")


class State(msgspec.Struct, frozen=True):
    """Label files, images and those on disk a split, rows of orphans, and what FMT005 explains (None:
    all)."""

    files: int
    counts: Counts
    orphans: Table
    explained: Explained


@dataclass(frozen=True)
class OrphanLabelFile(DatasetRule[State]):
    """A label file belongs to no image.

    What: a YOLO txt or VOC xml of whose stem there is no image, and which no list of the dataset names. Above
    5 % of the label files that is one finding. Said only where the split has images on disk at all.

    Why: its annotations are never trained on, in silence; fiftyone says how many it ignores, ultralytics
    nothing. Mostly an image was renamed, deleted or not copied.

    Bad: `labels/train/a.txt` and no `images/train/a.*`

    Good: `labels/train/a.txt` with `images/train/a.jpg`

    Fix: none: perhaps the image is only in another place.

    Source: fiftyone/utils/yolo.py
    """

    code = "SCH011"
    slug = "orphan-label-file"
    severities = (WARNING,)
    verdict = ("1 label file has no image", "{n} label files have no image")
    formats = ("voc", "yolo")
    share: float = 0.05  # of the label files; above it one finding speaks of all

    def unable(self, data: Dataset) -> str:
        return "--images none" if data.images_checked == "none" else ""

    def partial(self, shard: Dataset) -> State:
        images = shard.table("images")
        alone = orphans(shard) if shard.images_checked != "none" else np.zeros(len(images), dtype=bool)
        files = int((images["source"] >= 0).sum())
        sources = shard.table("sources")["file"][images["source"][alone]]
        rows = columns(images, NAMED).take(alone)
        rows = rows.with_columns(file=sources, split=shard.image_splits[alone])
        return State(files, image_counts(shard), rows, unmappable(shard))

    def merge(self, states: Sequence[State]) -> State:
        return State(
            sum(state.files for state in states),
            summed(state.counts for state in states),
            Table.concat([state.orphans for state in states]),
            explained(state.explained for state in states),
        )

    def finish(self, state: State) -> Findings:
        if state.explained is None:
            return Findings()
        bare = bare_splits(state.counts)
        told = [
            split not in bare and image not in state.explained
            for split, image in zip(
                state.orphans["split"].tolist(), state.orphans["image"].tolist(), strict=True
            )
        ]
        rows = state.orphans.take(np.array(told, dtype=bool))
        if len(rows) > self.share * state.files and len(rows) > 1:
            files = rows["file"].tolist()
            share = len(rows) / state.files
            values = {"count": len(rows), "of": state.files, "share": share, "files": [files]}
            values["examples"] = ", ".join(files[:3])
            message = "{count:,} of {of:,} label files ({share:.1%}) have no image, as {examples}"
            return found(self, message, values=values)
        values = {"file": rows["file"]}
        line = np.maximum(rows["line"], 1)
        return found(self, "no image goes with {file}", rows, values=values, image=-1, line=line)
