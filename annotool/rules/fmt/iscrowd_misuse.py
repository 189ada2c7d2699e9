"""FMT011: single objects marked as crowds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, DatasetRule, Edits, Findings, Fix, found, mendable, written_in
from annotool.rules.targets import drops
from annotool.schema import Kind
from annotool.table import Array, Table

NAMED = ("annotation", "image", "category", "source", "line", "start", "end")


class State(msgspec.Struct, frozen=True):
    """For each source: annotations, crowds, crowds that are masks (RLE); and the rows of crowds drawn as
    polygons."""

    counts: Array
    polygons: Table


@dataclass(frozen=True)
class IscrowdMisuse(DatasetRule[State]):
    """Annotations are marked as crowds that are none.

    What: iscrowd = 1 on more than 5 % of the annotations of a file (COCO has 1 %), one finding a file; else
    each annotation with iscrowd = 1 and a list of polygons, for crowds are masks. That all masks of a file
    are crowds is how COCO itself is written, and no fault where they are few.

    Why: detectron2, torchvision and ultralytics leave crowds out of training (ultralytics/ultralytics#5800:
    empty label files; ultralytics/ultralytics#12671), evaluation ignores what they cover. Some tools mark
    every mask, or every mask with a hole (cvat-ai/cvat#7030, ryouchinsa/Rectlabel-support#241).

    Bad: `"iscrowd": 1, "segmentation": [[10, 10, 50, 10, 50, 40]]`

    Good: `"iscrowd": 0, "segmentation": [[10, 10, 50, 10, 50, 40]]`

    Fix: unsafe: iscrowd becomes 0.

    Source: https://cocodataset.org/#format-data; https://github.com/cvat-ai/cvat/issues/7030
    Of the consumers: ultralytics 8.4.190 data/converter.py convert_coco; pytorch/vision
    references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; detectron2
    data/dataset_mapper.py DatasetMapper at 17072df; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info (ignore_flag); pycocotools 2.0.11 cocoeval.py COCOeval._prepare.
    """

    code = "FMT011"
    slug = "iscrowd-misuse"
    severities = (WARNING,)
    verdict = ("1 iscrowd flag is wrong", "{n} iscrowd flags are wrong")
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    targets = (
        drops("ultralytics", "leaves crowds out (convert_coco)", formats=("coco",), many="crowds"),
        drops("torchvision", "leaves crowds out of training", many="crowds"),
        drops("detectron2", "leaves crowds out of training", many="crowds"),
        drops("mmdet", "leaves crowds out of training", many="crowds"),
        drops("coco-eval", "counts crowds neither as hit nor as miss", many="crowds"),
    )
    share: float = 0.05  # of a file's annotations; above it one finding speaks of all its crowds
    least: int = 20  # annotations; a smaller file is judged row by row

    def partial(self, shard: Dataset) -> State:
        rows = shard.table("annotations")
        crowd = crowds(shard, self.formats)
        masks = crowd & (rows["kind"] == Kind.RLE)
        files = len(shard.table("sources"))
        every = rows["source"][rows["source"] >= 0]
        counts = [
            np.bincount(each, minlength=files)
            for each in (every, rows["source"][crowd], rows["source"][masks])
        ]
        drawn = crowd & (rows["kind"] == Kind.POLYGON)
        return State(np.stack(counts, axis=1), Table({name: rows[name] for name in NAMED}).take(drawn))

    def merge(self, states: Sequence[State]) -> State:
        counts = np.sum([state.counts for state in states], axis=0)
        return State(counts, Table.concat([state.polygons for state in states]))

    def finish(self, state: State) -> Findings:
        every, crowd, masks = state.counts.T
        many = (crowd > self.share * every) & (every >= self.least)
        files = np.flatnonzero(many)
        values = {
            "crowds": crowd[files],
            "of": every[files],
            "share": crowd[files] / every[files],
            "masks": masks[files],
            "limit": self.share,
        }
        message = (
            "{crowds:,} of {of:,} annotations ({share:.1%}) have iscrowd 1 (masks: {masks:,}); "
            "expected up to {limit:.0%}"
        )
        of_files = found(self, message, count=len(files), source=files, fix=Fix.UNSAFE, values=values)
        few = ~many[state.polygons["source"]]
        return of_files + found(
            self, "iscrowd is 1, but it is drawn as polygons", state.polygons, take=few, fix=Fix.UNSAFE
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        rows = data.table("annotations")
        at, keys, _ = mendable(findings)
        _, sources, _ = mendable(findings, "source")
        finding = np.full(len(data.table("sources")) + 1, -1, dtype=np.int64)
        finding[sources[keys < 0]] = at[keys < 0]
        of_files = np.where(crowds(data, self.formats), finding[rows["source"]], -1)
        of_files[keys[keys >= 0]] = at[keys >= 0]
        chosen = np.flatnonzero(of_files >= 0)
        return Edits.make(
            len(chosen),
            table="annotations",
            column="iscrowd",
            row=rows["annotation"][chosen],
            new=0,
            finding=of_files[chosen],
            safe=False,
            rule=self.code,
        )


def crowds(data: Dataset, formats: Sequence[str]) -> Array:
    """Return which annotations are marked as a crowd (bool)."""
    rows = data.table("annotations")
    marked: Array = (rows["iscrowd"] == 1) & written_in(data, rows, formats)
    return marked
