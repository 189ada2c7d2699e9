"""BOX009."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import RING_ROWS, Dataset
from annotool.geometry import quads as geometry
from annotool.rules.base import COLUMNS, DatasetRule, Findings, Severity, found
from annotool.rules.box.base import sizes_lacking
from annotool.rules.targets import drops_image, strays
from annotool.schema import Kind
from annotool.table import Array, Table

CROSSING, FLAT, SKEWED = range(1, 4)


class Quads(msgspec.Struct, frozen=True):
    """The oriented boxes that are none (with fault: CROSSING, FLAT or SKEWED, area and angle), and how many there
    are."""

    rows: Table
    judged: int = 0


@dataclass(frozen=True)
class ObbInvalid(DatasetRule[Quads]):
    """Four corners make no oriented box.

    What: two sides cross, so the corners are out of order (error); the area is under `min_area` px (error); or an angle
    is off by more than `degrees` from 90, and the corner by more than `px` (warning; of small boxes with rounded corners
    angles say little). When more than `common` of all are skewed they are quadrilaterals on purpose, as in DOTA, which is
    one info. Rows without eight numbers are FMT002's, corners outside of the image BOX002's.

    Why: ultralytics trains on the smallest rectangle around the four corners (cv2.minAreaRect), whatever their order:
    another box than was drawn if it is skewed, none if it is flat. Tools that compute IoU of polygons (the DOTA kit,
    shapely) go by the order: crossing sides give a wrong area or an exception.

    Bad: `0 0.1 0.1 0.4 0.3 0.4 0.1 0.1 0.3`: the sides cross.

    Good: `0 0.1 0.1 0.4 0.1 0.4 0.3 0.1 0.3`.

    Fix: none.

    Source: ultralytics/ultralytics#13924; CVHub520/X-AnyLabeling#545; ultralytics utils/ops.py xyxyxyxy2xywhr;
    ultralytics data/utils.py verify_image_label, which looks at the extents of the corners only. `px` and `common` are
    ours.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label.
    """

    code = "BOX009"
    slug = "obb-invalid"
    severities = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    formats = ("yolo",)
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003", "BOX001", "BOX002")
    verdict = ("1 oriented box is none", "{n} oriented boxes are none")
    targets = (
        drops_image(
            "ultralytics",
            "drops the whole image: the centre or a side of its extent leaves 0 to 1",
            when=strays,
        ),
    )

    min_area: float = 1.0
    degrees: float = 5.0
    px: float = 1.0
    common: float = 0.05
    common_from: int = 20

    def unable(self, data: Dataset) -> str:
        return sizes_lacking(data) if (data.table("annotations")["kind"] == Kind.OBB).any() else ""

    def partial(self, shard: Dataset) -> Quads:
        table = shard.table("annotations")
        every = np.flatnonzero(table["kind"] == Kind.OBB)
        parts = [
            self.judged(shard, every[first : first + RING_ROWS])
            for first in range(0, max(len(every), 1), RING_ROWS)
        ]
        rows = np.concatenate([each["row"] for each in parts])
        columns = {name: table[name][rows] for name in COLUMNS}
        columns |= {
            name: np.concatenate([each[name] for each in parts]) for name in ("fault", "area", "angle")
        }
        return Quads(Table(columns), len(every))

    def judged(self, data: Dataset, rows: Array) -> Table:
        """The faulty ones among oriented boxes: row, fault, area (px), angle (degrees off)."""
        xy, rows = corners(data, rows)
        pixels = ~data.boxes.fraction[rows]
        area, (angle, off) = geometry.areas(xy), geometry.skew(xy)
        flat, skewed = pixels & (area < self.min_area), pixels & (angle > self.degrees) & (off > self.px)
        fault = np.select([geometry.crossing(xy), flat, skewed], [CROSSING, FLAT, SKEWED], 0)
        whole = Table({"row": rows, "fault": fault, "area": area, "angle": angle})
        return whole.take(fault > 0)

    def merge(self, states: Sequence[Quads]) -> Quads:
        return Quads(Table.concat([each.rows for each in states]), sum(each.judged for each in states))

    def finish(self, state: Quads) -> Findings:
        rows = state.rows.take(np.argsort(state.rows["annotation"], kind="stable"))
        crossed, flat, skewed = (rows.take(rows["fault"] == fault) for fault in (CROSSING, FLAT, SKEWED))
        told = found(self, "two sides of the oriented box cross: its corners are out of order", crossed)
        values = {"area": np.round(flat["area"], 4), "min_area": self.min_area}
        told += found(
            self, "the oriented box has an area of {area:g} px, under {min_area:g}", flat, values=values
        )
        if len(skewed) > self.common * state.judged and state.judged >= self.common_from:
            values = {"skewed": len(skewed), "boxes": state.judged, "degrees": self.degrees}
            message = (
                "{skewed:,} of {boxes:,} oriented boxes are no rectangles, an angle is off by more than {degrees:g} degrees: "
                "ultralytics trains on the smallest rectangle around each"
            )
            return told + found(self, message, severity=Severity.INFO, values=values)
        values = {"angle": np.round(skewed["angle"], 1), "degrees": self.degrees}
        message = "the oriented box is no rectangle: an angle is off by {angle:g} degrees, over {degrees:g}"
        return told + found(self, message, skewed, severity=Severity.WARNING, values=values)


def corners(data: Dataset, rows: Array) -> tuple[Array, Array]:
    """The corners (n, 4, 2) of those of these rows, all of YOLO, that have four finite ones, and which rows these are."""
    decoder = data.decoders.get("yolo")
    if decoder is None or not len(rows):
        return np.empty((0, 4, 2)), np.empty(0, dtype=np.int64)
    rings = decoder.rings(data, rows)
    four = np.flatnonzero(np.diff(rings.offsets) == 8)
    xy = rings.xy[rings.offsets[four][:, None] + np.arange(8)].reshape(-1, 4, 2)
    finite = np.isfinite(xy).all(axis=(1, 2))
    return xy[finite], rings.row[four][finite]
