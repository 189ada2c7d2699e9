"""BOX003."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    COLUMNS,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Op,
    Severity,
    found,
    mendable,
    worded,
)
from annotool.rules.box.base import inclusive
from annotool.rules.targets import below, drops, stops, worded_as
from annotool.table import Array, Table


class Small(msgspec.Struct, frozen=True):
    """The boxes that are tiny in the image itself (with w and h), and how many are tiny once it is resized."""

    rows: Table
    judged: int = 0
    at_small: int = 0
    at_large: int = 0


@dataclass(frozen=True)
class TinyBox(DatasetRule[Small]):
    """A box has a side of less than one pixel; or many do, once images are resized for training.

    What: a side under `min_side_px` px in the image itself, each box a warning (in YOLO not where half of the last
    decimal written would make up for it: 1 px of 640 is written 0.001562); in Pascal VOC with inclusive corners also
    xmin == xmax on one axis, which is a slip of the mouse. And one info a dataset, when at least `share` of the
    boxes have a side under `min_resized_px` px after the longer image side was scaled to `imgsz` or to `large_imgsz`.

    Why: mmdetection drops boxes with a side under 1 px silently; yolov5 warns of labels under 3 px at training size.
    Aerial and microscope sets are full of small boxes and healthy, hence only an info.

    Bad: `"bbox": [10, 20, 0.6, 35]`.

    Good: `"bbox": [10, 20, 6, 35]`.

    Fix: unsafe removal of boxes under `min_side_px`; none for the share.

    Source: mmdetection mmdet/datasets/coco.py (w < 1 or h < 1); yolov5 utils/autoanchor.py (3 px);
    data-gradients DetectionResizeImpact. `share` = 0.1 % is ours: below it the info would tell a user nothing.
    Of the consumers: mmdet 3.3.0 datasets/coco.py CocoDataset.parse_data_info; albumentations 2.0.8
    core/bbox_utils.py check_bboxes.
    """

    code = "BOX003"
    slug = "tiny-box"
    severities = (Severity.WARNING, Severity.INFO)
    verdict = ("1 box is tiny", "{n} boxes are tiny")
    fixes = (Fix.UNSAFE,)
    silenced_by = (
        "SCH002", "SCH004", "FMT002", "FMT003", "FMT010", "SCH009", "IMG003", "BOX001", "BOX002",
        "BOX006", "SEG004",
    )  # fmt: skip
    targets = (
        drops("mmdet", "drops the box", when=below("width", "height", least=1), formats=("coco",)),
        stops(
            "albumentations",
            "stops: ValueError, for xmax is not over xmin",
            when=worded_as("box of {width:g} x {height:g} px: both"),
            formats=("voc",),
        ),
    )

    min_side_px: float = 1.0
    min_resized_px: float = 3.0
    imgsz: int = 640
    large_imgsz: int = 1280
    share: float = 0.001

    def unable(self, data: Dataset) -> str:
        missing = int((data.boxes.usable & ~sized(data)).sum())
        return (
            f"{missing:,} of {len(data.boxes.usable):,} boxes: the size of their image is not known"
            if missing
            else ""
        )

    def partial(self, shard: Dataset) -> Small:
        boxes, table = shard.boxes, shard.table("annotations")
        side = np.minimum(boxes.xywh[:, 2], boxes.xywh[:, 3])
        rows = np.flatnonzero((side <= max(self.min_side_px, 1.0)) & boxes.usable & ~boxes.fraction)
        slip = inclusive(shard, rows) & (side[rows] <= 1)
        longer = np.maximum(boxes.xywh[rows, 2], boxes.xywh[rows, 3])
        hit = np.where(slip, longer > 1, side[rows] + rounding(shard, rows) < self.min_side_px)
        rows = rows[hit]
        columns = {name: table[name][rows] for name in COLUMNS}
        columns |= {"w": boxes.xywh[rows, 2], "h": boxes.xywh[rows, 3], "slip": slip[hit]}
        ratio = resized(shard, side)
        return Small(
            Table(columns),
            len(ratio),
            int((ratio * self.imgsz < self.min_resized_px).sum()),
            int((ratio * self.large_imgsz < self.min_resized_px).sum()),
        )

    def merge(self, states: Sequence[Small]) -> Small:
        return Small(
            Table.concat([each.rows for each in states]),
            sum(each.judged for each in states),
            sum(each.at_small for each in states),
            sum(each.at_large for each in states),
        )

    def finish(self, state: Small) -> Findings:
        rows = state.rows.take(np.argsort(state.rows["annotation"], kind="stable"))
        tiny = Findings()
        for chosen, message in (
            (~rows["slip"], "box of {width:g} x {height:g} px has a side under {min_side_px:g} px"),
            (rows["slip"], "box of {width:g} x {height:g} px: both corners are the same on one axis"),
        ):
            mine = rows.take(chosen)
            values = {"width": mine["w"], "height": mine["h"], "min_side_px": self.min_side_px}
            tiny += found(self, message, mine, fix=Fix.UNSAFE, values=values)
        most = max(state.at_small, state.at_large)
        if not most or most < self.share * state.judged:
            return tiny
        return tiny + found(
            self,
            worded(
                "{small:,} of {boxes:,} boxes ({small_share:.1%}) ha[s|ve] a side under {min_resized_px:g} px when "
                "images are resized to {imgsz}, {large:,} ({large_share:.1%}) at {large_imgsz}",
                state.at_small,
            ),
            severity=Severity.INFO,
            values={
                "boxes": state.judged,
                "small": state.at_small,
                "small_share": state.at_small / state.judged,
                "large": state.at_large,
                "large_share": state.at_large / state.judged,
                "min_resized_px": self.min_resized_px,
                "imgsz": self.imgsz,
                "large_imgsz": self.large_imgsz,
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        return Edits.make(
            len(keys), op=Op.DROP, table="annotations", row=keys, finding=finding, safe=False, rule=self.code
        )


def rounding(data: Dataset, rows: Array) -> Array:
    """How much of a box's shorter side the last decimal of a written fraction may have cost, pixels, float64 (n,)."""
    decimals, (w, h) = data.table("annotations")["decimals"][rows], data.boxes.xywh[rows, 2:].T
    of = np.where(w <= h, data.boxes.width[rows], data.boxes.height[rows])
    return np.where(decimals >= 0, 0.5 * 10.0 ** -decimals.astype(np.float64) * of + 1e-9, 0.0)


def sized(data: Dataset) -> Array:
    """Whether the size of each annotation's image is known, bool (n,)."""
    return np.asarray((data.boxes.width > 0) & (data.boxes.height > 0) & ~data.boxes.fraction)


def resized(data: Dataset, side: Array) -> Array:
    """The shorter side of each box as a share of its image's longer side, of those known."""
    known = data.boxes.usable & sized(data)
    longer = np.maximum(data.boxes.width, data.boxes.height)
    return np.asarray(side[known] / longer[known])
