"""SEG003."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block
from annotool.geometry import rings as ring_geometry
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Severity, found, mendable, together
from annotool.rules.seg.base import UNKNOWN_SIDE, drawn, outlines, redrawn
from annotool.rules.targets import away, both, drops, drops_image, stops, strays, value_is
from annotool.table import Array

EDGES = ("left", "top", "right", "bottom")


class Outside(msgspec.Struct, frozen=True):
    """Annotations whose polygon leaves their image: position in `annotations`; overshoot (n, 4) of the left, top, right
    and bottom edge, 0 where within tolerance, in the unit of its rings; whether no ring has anything inside; whether
    the box leaves with the polygon; overshoot of the worst edge of both in pixels."""

    rows: Array
    over: Array
    lost: Array
    box: Array
    worst: Array

    def take(self, chosen: Array) -> Outside:
        """The entries named by an index or boolean array."""
        return Outside(*(each[chosen] for each in (self.rows, self.over, self.lost, self.box, self.worst)))


@dataclass(frozen=True)
class PolygonOutOfBounds(AnnotationRule):
    """A polygon reaches beyond its image.

    What: a point lies outside the image by more than `tolerance` px; in YOLO by more than half of the last decimal
    written, at least `yolo_tolerance` of the side. Graded as BOX002 grades boxes: up to `warning` px a warning; beyond
    that an error where the box leaves with the polygon, or where nothing of it is inside, else a warning. The box that
    leaves with its polygon, by a pixel more at most, is not told again. Where sizes are not known, fractions are judged
    as if the image were 640 px wide and high.

    Why: a polygon alone makes no one crash, pycocotools and detectron2 cut at the border, but its area and extent are
    wrong, and evaluation of masks gives 0 or -1 (cocodataset/cocoapi#546). Where the box, written or made of the polygon,
    leaves too, albumentations raises ValueError and ultralytics drops the WHOLE image once the centre of the polygon's
    box leaves 0 to 1 (ultralytics/yolov5#10632).

    Bad: `"segmentation": [[600, 20, 655, 20, 655, 55]]` in an image 640 px wide.

    Good: `"segmentation": [[600, 20, 640, 20, 640, 45.5]]`.

    Fix: safe up to `warning` px where the size is known: points are moved to the border. Unsafe beyond: the polygon is
    cut along the border, into several rings if need be; the annotation is removed when nothing is left. Box and area
    follow.

    Source: ultralytics/yolov5#10632; HumanSignal/label-studio#5481; cocodataset/cocoapi#546.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label (below -0.01, over 1.01);
    pytorch/vision references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; detectron2
    data/detection_utils.py filter_empty_instances at c0ccab0; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info; albumentations 2.0.8 core/bbox_utils.py check_bboxes.
    """

    code = "SEG003"
    slug = "polygon-out-of-bounds"
    severities = (Severity.WARNING, Severity.ERROR)
    fixes = (Fix.SAFE, Fix.UNSAFE)
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003", "SCH009", "IMG003")
    verdict = ("1 polygon leaves its image with its box", "{n} polygons leave their image with their box")
    targets = (
        drops_image(
            "ultralytics",
            "drops the whole image: the centre or a side of its box leaves 0 to 1",
            when=both(value_is("box", True), strays),
        ),
        drops(
            "torchvision", "drops the annotation: its box is outside", when=both(value_is("box", True), away)
        ),
        drops(
            "detectron2", "drops the annotation: its box is outside", when=both(value_is("box", True), away)
        ),
        drops(
            "mmdet",
            "drops the annotation: its box is outside",
            when=both(value_is("box", True), away),
            formats=("coco",),
        ),
        stops("albumentations", "stops at its box: ValueError, unless clip=True", when=value_is("box", True)),
    )

    tolerance: float = 0.01
    yolo_tolerance: float = 1e-4
    warning: float = 1.0

    def condemns(self, part: Block) -> Array:
        """Only where the box leaves with the polygon is it the polygon's fault."""
        return np.asarray(part.values["box"], dtype=bool)

    def check(self, data: Dataset) -> Findings:
        out = self.outside(data)
        fraction = data.boxes.fraction[out.rows]
        minor = (out.worst <= self.warning + 1e-9) & ~out.lost
        severity = np.where(~minor & (out.box | out.lost), Severity.ERROR, Severity.WARNING)
        written = out.box & ~data.table("annotations")["bbox_derived"][out.rows]
        fix = np.where(minor & ~fraction, Fix.SAFE, Fix.UNSAFE)
        kinds = (out.over > 0) @ (1 << np.arange(4)) + 16 * fraction + 32 * out.lost + 64 * written
        parts = []
        for kind in np.unique(kinds).tolist():
            mine = np.flatnonzero(kinds == kind)
            names = list(compress(EDGES, [kind >> at & 1 for at in range(4)]))
            values = {name: np.round(out.over[mine, EDGES.index(name)], 6) for name in names}
            values["box"] = out.box[mine]
            if not kind & 16:
                values |= {side: getattr(data.boxes, side)[out.rows[mine]] for side in ("width", "height")}
            one = found(
                self,
                told(names, unknown=bool(kind & 16), lost=bool(kind & 32), box=bool(kind & 64)),
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
        gently = dict(zip(keys.tolist(), safe.tolist(), strict=True))
        new = {}
        for row, rings in outlines(data, np.unique(keys)):
            width, height = float(data.boxes.width[row]), float(data.boxes.height[row])
            new[row] = [part for ring in rings for part in clipped(ring, width, height, gently[row])]
        return redrawn(self.code, data, finding, keys, safe, new)

    def outside(self, data: Dataset) -> Outside:
        """The annotations of a known image size whose rings leave it by more than their tolerance."""
        rings, boxes = drawn(data), data.boxes
        row = rings["row"]
        width, height = boxes.width[row], boxes.height[row]
        leaves = (rings["x0"] < 0) | (rings["y0"] < 0) | (rings["x1"] > width) | (rings["y1"] > height)
        rows = np.unique(row[leaves & (width > 0) & (height > 0)])
        mine = np.flatnonzero(np.isin(row, rows))
        of = np.searchsorted(rows, row[mine])
        size = np.column_stack([boxes.width[rows], boxes.height[rows]] * 2)
        extent = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(rows), 1))
        for column, name in enumerate(("x0", "y0", "x1", "y1")):
            (np.minimum if column < 2 else np.maximum).at(extent[:, column], of, rings[name][mine])
        over = overshoot(extent, size, self.tolerances(data, rows, size))
        held = (rings["x0"][mine] < size[of, 0]) & (rings["x1"][mine] > 0)
        held &= (rings["y0"][mine] < size[of, 1]) & (rings["y1"][mine] > 0)
        lost: Array = np.bincount(of[held], minlength=len(rows)) == 0
        box = boxes.xywh[rows]
        corners = np.column_stack([box[:, :2], box[:, :2] + box[:, 2:]])
        box_over = np.nan_to_num(overshoot(corners, size, self.tolerances(data, rows, size)))
        unit = np.where(boxes.fraction[rows], UNKNOWN_SIDE, 1.0)
        near = (box_over - over) * unit[:, None] <= self.warning
        with_it: Array = np.asarray((box_over > 0).any(axis=1) & near.all(axis=1))
        worst: Array = (
            np.maximum(over, np.where(with_it[:, None], box_over, 0)).max(axis=1, initial=0.0) * unit
        )
        return Outside(rows, over, lost, with_it, worst).take(np.flatnonzero((over > 0).any(axis=1)))

    def tolerances(self, data: Dataset, rows: Array, size: Array) -> Array:
        """How far each edge (n, 4) may stick out, in the unit of the rings: as BOX002 has it."""
        table = data.table("annotations")
        decimals = np.maximum(table["decimals"][rows], 0).astype(np.float64)
        written = np.where(table["decimals"][rows] >= 0, 0.5 * 10.0**-decimals, 0.0)
        fraction = np.isfinite(table["xn"][rows])
        share = np.where(fraction, np.maximum(written, self.yolo_tolerance), 0.0)
        return np.where(fraction[:, None], share[:, None] * size, self.tolerance)


def overshoot(corners: Array, size: Array, tolerance: Array) -> Array:
    """How far each edge (n, 4) of x0 y0 x1 y1 lies outside, 0 where that is within tolerance."""
    over = np.where(np.arange(4) < 2, -corners, corners - size)
    return np.where(over > tolerance + 1e-9, over, 0.0)


def clipped(ring: Array, width: float, height: float, gently: bool) -> list[Array]:
    """What of a ring is inside: gently its points are moved to the border, else it is cut along it."""
    if len(ring) < 6 or len(ring) % 2:
        return [ring]
    size = np.tile([width, height], len(ring) // 2)
    moved = np.clip(ring, 0.0, size)
    return [moved] if gently or (moved == ring).all() else ring_geometry.inside(ring, width, height)


def told(names: list[str], *, unknown: bool, lost: bool, box: bool) -> str:
    """The message for a polygon that sticks out on these edges."""
    unit = dict.fromkeys(names, "px")
    digits = 2
    if unknown:
        unit = {name: "of the width" if name in EDGES[::2] else "of the height" for name in names}
        digits = 4
    by = ", ".join(f"{name} by {{{name}:.{digits}f}} {unit[name]}" for name in names)
    size = "" if unknown else " ({width:g} x {height:g})"
    more = "; its box with it" * box + "; nothing of it is inside" * lost
    return f"polygon leaves the image{size}: {by}{more}"
