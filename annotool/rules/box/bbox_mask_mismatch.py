"""BOX006."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block
from annotool.rules.base import (
    COLUMNS,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Severity,
    found,
    mendable,
    together,
)
from annotool.rules.box.base import boxed, outlined
from annotool.table import Array, Table

EDGES = ("left", "top", "right", "bottom")


class Compared(msgspec.Struct, frozen=True):
    """The boxes that are off their masks, and how many were compared."""

    off: Table
    judged: int


@dataclass(frozen=True)
class BboxMaskMismatch(DatasetRule[Compared]):
    """A box is not the one around its mask.

    What: an edge of the written box is off the extent of the polygon or mask by more than `edge` px and `share` of the
    box's side, or the two overlap by less than `overlap` (IoU) and an edge is off by more than `rounding` px, unless the
    box is the extent rounded outward with the last pixel counted in. Box and extent may both be cut at the image's border. An error where that box leaves its image by more than a pixel, as
    BOX002 has it, else a warning; BOX002 and BOX003 do not tell such a box again, nor BOX005 the area. Where `common` of
    all boxes are off, from `common_from` on, they were made in another way (boxes of whole persons, masks of what is
    seen): one finding for all.

    Why: a detector learns the box, a segmenter cuts the mask out of it, and what lies outside is lost; mostly the
    outline was edited and the box not, or it belongs to another object.

    Bad: `"bbox": [10, 10, 40, 20], "segmentation": [[70, 10, 110, 10, 110, 30, 70, 30]]`.

    Good: `"bbox": [70, 10, 40, 20], "segmentation": [[70, 10, 110, 10, 110, 30, 70, 30]]`.

    Fix: unsafe. The box becomes the extent, and the area, where it is that of neither, what the mask covers.

    Source: cocodataset/cocoapi#546. On TACO's 4,784 polygons the worst edge is off by 0.5 px; tools that round outward,
    or count the last pixel, are off by 1.
    """

    code = "BOX006"
    slug = "bbox-mask-mismatch"
    severities = (Severity.WARNING, Severity.ERROR)
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    silenced_by = ("SCH002", "SCH004", "FMT010", "BOX001", "SEG001", "SEG003", "SEG004", "SEG006")
    verdict = (
        "1 box is off its mask and leaves its image",
        "{n} boxes are off their masks and leave their image",
    )

    edge: float = 2.0
    share: float = 0.01
    overlap: float = 0.9
    rounding: float = 1.0
    common: float = 0.2
    common_from: int = 20

    def partial(self, shard: Dataset) -> Compared:
        rows, extent, _ = spans(shard)
        judged = len(rows)
        extent = np.ascontiguousarray(extent.T)  # an edge a row: columns are fast to compare
        box = corners(shard.boxes.xywh[rows])
        some = np.flatnonzero(self.differ(box, extent))
        rows, extent, box = rows[some], extent[:, some], box[:, some]
        size = np.stack([shard.boxes.width[rows], shard.boxes.height[rows]] * 2)
        size[~(size > 0)] = np.inf
        faulty = self.differ(*(np.clip(each, 0, size) for each in (box, extent)))
        rows, extent, box, size = rows[faulty], extent[:, faulty], box[:, faulty], size[:, faulty]
        gaps = np.abs(box - extent)
        table = shard.table("annotations")
        columns = {name: table[name][rows] for name in (*COLUMNS, "area")}
        columns |= dict(zip(("x0", "y0", "x1", "y1"), np.round(extent, 2), strict=True))
        columns |= {"edge": gaps.argmax(axis=0), "off": np.round(gaps.max(axis=0), 2)}
        columns["leaves"] = np.maximum(-box[:2], box[2:] - size[2:]).max(axis=0) > 1 + 1e-9
        return Compared(Table(columns), judged)

    def merge(self, states: Sequence[Compared]) -> Compared:
        return Compared(Table.concat([each.off for each in states]), sum(each.judged for each in states))

    def finish(self, state: Compared) -> Findings:
        if len(state.off) >= max(self.common_from, self.common * state.judged):
            return self.convention(state)
        rows = state.off.take(np.argsort(state.off["annotation"], kind="stable"))
        values = {name: rows[name] for name in ("off", "x0", "y0", "x1", "y1")}
        values["edge"] = np.array(EDGES, dtype=object)[rows["edge"]]
        message = (
            "the {edge} of the box is {off:g} px off its mask, which spans {x0:g}, {y0:g} to {x1:g}, {y1:g}"
        )
        severity = np.where(rows["leaves"], Severity.ERROR, Severity.WARNING)
        zero = rows["area"] <= 0
        parts = []
        for chosen in (~zero, zero):
            mine, own = rows.take(chosen), {name: each[chosen] for name, each in values.items()}
            more = {"area": mine["area"]} if chosen is zero else {}
            parts.append(
                found(self, message, mine, severity=severity[chosen], fix=Fix.UNSAFE, values=own | more)
            )
        return together(parts)

    def convention(self, state: Compared) -> Findings:
        """One finding where many boxes are off: they were not made from the masks."""
        worst, count = float(state.off["off"].max()), len(state.off)
        return found(
            self,
            "{count:,} of {judged:,} boxes ({share:.0%}) are not those around their masks, by up to {worst:g} px: they "
            "were not made from them",
            values={"count": count, "judged": state.judged, "share": count / state.judged, "worst": worst},
        )

    def differ(self, box: Array, extent: Array) -> Array:
        """Which boxes are not those of their extents, both (4, n) x0 y0 x1 y1, bool (n,)."""
        gaps = np.abs(box - extent)
        width, height = extent[2:] - extent[:2]
        across, down = (np.maximum(self.edge, self.share * side) for side in (width, height))
        far = (gaps[0] > across) | (gaps[2] > across) | (gaps[1] > down) | (gaps[3] > down)
        wide, high = np.maximum(np.minimum(box[2:], extent[2:]) - np.maximum(box[:2], extent[:2]), 0.0)
        shared, own = wide * high, (box[2] - box[0]) * (box[3] - box[1])
        apart = shared < self.overlap * (own + width * height - shared)
        outward = np.concatenate([extent[:2] - box[:2], box[2:] - extent[2:] - self.rounding])
        rounded = (outward[:2] > -1e-9).all(axis=0) & (outward[2:] > -self.rounding - 1e-9).all(axis=0)
        rounded &= (outward < self.rounding + 1e-9).all(axis=0)
        return np.asarray(far | (apart & ~rounded & (gaps.max(axis=0) > self.rounding + 1e-9)))

    def condemns(self, part: Block) -> Array:
        """An area of 0 or less is a fault of its own."""
        return np.full(len(part), "area" not in part.values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        rows, extent, area = spans(data)
        at = np.searchsorted(rows, keys)
        return boxed(self.code, data, finding, keys, (extent[at], area[at]), safe)


def corners(boxes: Array) -> Array:
    """Boxes x y w h (n, 4) as x0 y0 x1 y1, (4, n)."""
    x, y, w, h = boxes.T
    return np.stack([x, y, x + w, y + h])


def spans(data: Dataset) -> tuple[Array, Array, Array]:
    """Annotations with a written box of some size and a sound mask; see outlined."""
    rows, extent, area = outlined(data)
    judged = data.boxes.usable[rows]
    return rows[judged], extent[judged], area[judged]
