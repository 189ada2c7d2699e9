"""BOX002."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import boxes as geometry
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Op, Severity, found, mendable, together
from annotool.rules.box.base import reshaped
from annotool.rules.targets import away, drops, drops_image, stops, strays
from annotool.schema import Kind
from annotool.table import Array

EDGES = ("left", "top", "right", "bottom")


class Outside(msgspec.Struct, frozen=True):
    """Boxes that leave their image, one entry a box: position in `annotations`; overshoot (n, 4) of the left, top,
    right and bottom edge, 0 where within tolerance; whether nothing worth keeping is inside; the clipped box;
    overshoot of the worst edge in pixels, or in pixels of an image of `unknown_side` where no size is known."""

    rows: Array
    over: Array
    lost: Array
    clipped: Array
    worst: Array


@dataclass(frozen=True)
class OutOfBounds(AnnotationRule):
    """A box reaches beyond its image.

    What: an edge lies outside the image by more than `tolerance` px; in YOLO by more than half of the last decimal
    written, at least `yolo_tolerance` of the side. Up to `warning` px is a warning, beyond that, or when nothing of the
    box is inside, an error. Oriented boxes may stick out by `obb_tolerance` of the side: a box turned at the border
    does. Where sizes are not known, fractions are judged as if the image were `unknown_side` px wide and high.

    Why: albumentations raises ValueError (albumentations-team/albumentations#459, #922), TensorFlow's object detection
    asserts (tensorflow/models#5474). yolov5 and ultralytics drop the WHOLE image with all its boxes once a centre or
    a size leaves 0 to 1 ("ignoring corrupt image/label", ultralytics/yolov5#2785, #10058); edges they do not look at.

    Bad: `"bbox": [600, 20, 55, 35]` in an image 640 px wide.

    Good: `"bbox": [600, 20, 40, 35]`.

    Fix: safe clip up to `warning` px where the size is known, unsafe beyond; unsafe removal when nothing, or a side
    under one pixel, would be left. The extent of an oriented box is not clipped; a polygon, and the box that leaves its
    image with it, are SEG003's, and a box that is not the one of its mask BOX006's, unless these are not selected.

    Source: ultralytics/yolov5#2785, #10058; tensorflow/models#5474; HumanSignal/label-studio#5014;
    SkalskiP/make-sense#171. That a box touching the border overshoots by half of the last decimal: own calculation.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label (below -0.01, over 1.01);
    pytorch/vision references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; detectron2
    data/detection_utils.py filter_empty_instances at c0ccab0; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info; albumentations 2.0.8 core/bbox_utils.py check_bboxes.
    """

    code = "BOX002"
    slug = "out-of-bounds"
    severities = (Severity.ERROR, Severity.WARNING)
    fixes = (Fix.SAFE, Fix.UNSAFE)
    silenced_by = (
        "SCH002", "SCH004", "FMT002", "FMT003", "FMT007", "FMT010", "SCH009", "IMG003", "BOX001", "BOX006", "SEG003",
    )  # fmt: skip
    told_by = ("BOX006", "SEG003")
    verdict = ("1 box leaves its image", "{n} boxes leave their image")
    targets = (
        drops_image("ultralytics", "drops the whole image: the centre or a side leaves 0 to 1", when=strays),
        drops("torchvision", "drops the box", when=away),
        drops("detectron2", "drops the box", when=away),
        drops("mmdet", "drops the box", when=away, formats=("coco",)),
        stops("albumentations", "stops: ValueError, unless clip=True"),
    )

    tolerance: float = 0.01
    yolo_tolerance: float = 1e-4
    obb_tolerance: float = 0.01
    warning: float = 1.0
    unknown_side: float = 640.0

    def unable(self, data: Dataset) -> str:
        width, height = data.boxes.width, data.boxes.height
        missing = int((data.boxes.usable & ~((width > 0) & (height > 0))).sum())
        return f"{missing:,} of {len(width):,} boxes: the size of their image is not known" if missing else ""

    def check(self, data: Dataset) -> Findings:
        out = self.outside(data)
        fraction = data.boxes.fraction[out.rows]
        minor = out.worst <= self.warning + 1e-9
        severity = np.where(minor & ~out.lost, Severity.WARNING, Severity.ERROR)
        fix = np.where(minor & ~fraction & ~out.lost, Fix.SAFE, Fix.UNSAFE)
        derived = data.table("annotations")["bbox_derived"][out.rows]
        fix = np.where(derived & ~out.lost, Fix.NONE, fix)
        kinds = (out.over > 0) @ (1 << np.arange(4)) + 16 * fraction + 32 * out.lost
        parts = []
        for kind in np.unique(kinds).tolist():
            mine = np.flatnonzero(kinds == kind)
            names = list(compress(EDGES, [kind >> at & 1 for at in range(4)]))
            values = {name: np.round(out.over[mine, EDGES.index(name)], 6) for name in names}
            if not kind & 16:
                values |= {side: getattr(data.boxes, side)[out.rows[mine]] for side in ("width", "height")}
            one = found(
                self,
                told(names, unknown=bool(kind & 16), lost=bool(kind & 32)),
                data.table("annotations"),
                take=out.rows[mine],
                severity=severity[mine],
                fix=fix[mine],
                values=values,
            )
            parts.append(one)
        return together(parts)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        out = self.outside(data)
        at = np.searchsorted(out.rows, keys)
        lost = out.lost[at]
        dropped = Edits.make(
            int(lost.sum()),
            op=Op.DROP,
            table="annotations",
            row=keys[lost],
            finding=finding[lost],
            safe=False,
            rule=self.code,
        )
        kept = ~lost
        boxes = out.clipped[at[kept]]
        return Edits.concat([reshaped(self.code, finding[kept], keys[kept], boxes, safe[kept]), dropped])

    def outside(self, data: Dataset) -> Outside:
        """The boxes of a known image size that leave it by more than their tolerance."""
        boxes, width, height = data.boxes.xywh, data.boxes.width, data.boxes.height
        x, y, w, h = boxes.T
        rows = np.flatnonzero((x < 0) | (y < 0) | (x + w > width) | (y + h > height))
        rows = rows[data.boxes.usable[rows] & (width[rows] > 0) & (height[rows] > 0)]
        boxes, width, height = boxes[rows], width[rows], height[rows]
        size = np.stack([width, height, width, height], axis=1)
        corners = geometry.xywh_to_xyxy(boxes)
        over = np.where(np.arange(4) < 2, -corners, corners - size)
        over = np.where(over > self.tolerances(data, rows, size) + 1e-9, over, 0.0)
        chosen = (over > 0).any(axis=1)
        rows, boxes, over = rows[chosen], boxes[chosen], over[chosen]
        width, height = width[chosen], height[chosen]
        unit = np.where(data.boxes.fraction[rows], self.unknown_side, 1.0)
        clipped = np.empty_like(boxes)
        clipped[:, 0], clipped[:, 2] = cut(boxes[:, 0], boxes[:, 2], width)
        clipped[:, 1], clipped[:, 3] = cut(boxes[:, 1], boxes[:, 3], height)
        side = clipped[:, 2:].min(axis=1) * unit
        lost = geometry.outside(boxes, width, height) | ((side < 1) & (boxes[:, 2:].min(axis=1) * unit >= 1))
        return Outside(rows, over, lost, clipped, over.max(axis=1, initial=0.0) * unit)

    def tolerances(self, data: Dataset, rows: Array, size: Array) -> Array:
        """How far each edge (n, 4) may stick out, in the unit of the box."""
        table = data.table("annotations")
        decimals = np.maximum(table["decimals"][rows], 0).astype(np.float64)
        written = np.where(table["decimals"][rows] >= 0, 0.5 * 10.0**-decimals, 0.0)
        share = np.where(np.isfinite(table["xn"][rows]), np.maximum(written, self.yolo_tolerance), 0.0)
        share = np.where(table["kind"][rows] == Kind.OBB, np.maximum(share, self.obb_tolerance), share)
        absolute = np.where(share > 0, 0.0, self.tolerance)
        return np.asarray(np.maximum(share[:, None] * size, absolute[:, None]))


def cut(start: Array, length: Array, side: Array) -> tuple[Array, Array]:
    """Start and length of intervals cut to 0..side; those inside keep their very numbers."""
    stop = start + length
    first, last = np.clip(start, 0.0, side), np.clip(stop, 0.0, side)
    return first, np.where((first == start) & (last == stop), length, np.round(last - first, 9))


def told(names: list[str], *, unknown: bool, lost: bool) -> str:
    """The message for a box that sticks out on these edges."""
    unit = dict.fromkeys(names, "px")
    digits = 2
    if unknown:
        unit = {name: "of the width" if name in EDGES[::2] else "of the height" for name in names}
        digits = 4
    by = ", ".join(f"{name} by {{{name}:.{digits}f}} {unit[name]}" for name in names)
    size = "" if unknown else " ({width:g} x {height:g})"
    return f"box leaves the image{size}: {by}{'; hardly anything of it is inside' if lost else ''}"
