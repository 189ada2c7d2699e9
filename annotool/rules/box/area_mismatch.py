"""BOX005."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np

from annotool.dataset import RING_ROWS, Dataset
from annotool.geometry import rings as ring_geometry
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Severity, found, mendable
from annotool.rules.targets import below, drops, either, misreads, value_is
from annotool.table import Array, Table

COLUMNS = ("annotation", "image", "category", "source", "line", "start", "end", "area")
NONE, ZERO, BOX, IMAGE, WIDER = range(5)
CAUSES = {
    ZERO: "{faulty:,} of {judged:,} annotations have an area of 0 or less",
    BOX: "{faulty:,} of {judged:,} masks have the area of their box, not of the mask",
    IMAGE: "{faulty:,} of {judged:,} annotations have the area of their whole image",
    WIDER: "{faulty:,} of {judged:,} boxes have the area (w + 1) * (h + 1), a pixel too many on each side; {off:,} of them "
    "are over by more than {tolerance:.0%}",
}
EXACT = 1e-3  # how near an area must be to that of the box or the image to be called the same
NEAR = 0.02  # how near, as a share of w + h + 1, it must be to (w + 1) * (h + 1): sides may be rounded


class Areas(NamedTuple):
    """One entry an annotation with an area that can be judged: position, the area declared, the one its geometry
    encloses, whether that is a mask and whether it consists of rings, the box's area and w + h, the image's area."""

    row: Array
    area: Array
    enclosed: Array
    mask: Array
    rings: Array
    box: Array
    rim: Array
    image: Array

    def take(self, chosen: Array) -> Areas:
        """The entries named by an index or boolean array."""
        return Areas(*(each[chosen] for each in self))


class Off(msgspec.Struct, frozen=True):
    """Annotations whose area is off, with the area expected and the cause; how many boxes and masks were judged; and
    how many areas, off or not, are that of the image, and of a box wider and higher by one."""

    rows: Table
    boxes: int = 0
    masks: int = 0
    of_image: int = 0
    wider: int = 0


@dataclass(frozen=True)
class AreaMismatch(DatasetRule[Off]):
    """The declared area is not that of the geometry.

    What: boxes alone: area over w * h by more than `box_tolerance`, or not positive. Polygons: off by more than
    `mask_tolerance` from the enclosed area, both as computed and as pycocotools fills it (small polygons cover more
    pixels than they enclose, crossing ones fewer are counted); the area of the largest ring less the others is right
    too, for a hole that is written as a second ring. Masks as RLE: off by more from their pixels. When `common` of all have the same wrong area (0, that of the box, of the image, or (w + 1) * (h + 1), as Pascal VOC counts
    pixels) that is one finding.

    Why: COCO's evaluation sorts objects into small, medium and large by this number and never computes it anew
    (AP all 0: open-mmlab/mmpose#2248); mmdetection silently drops objects of area 0 or less, which is an error.

    Bad: `"bbox": [0, 0, 10, 10], "area": 0`; every `"area"` that of the image (XCRobert/Labelme2Coco#9).

    Good: `"bbox": [0, 0, 10, 10], "area": 100`.

    Fix: safe, the area computed anew: of the mask (where rings overlap, what pycocotools fills), else w * h.

    Source: open-mmlab/mmpose#2248; XCRobert/Labelme2Coco#9; cocoapi PythonAPI/pycocotools/cocoeval.py.
    Of the consumers: mmdet 3.3.0 datasets/coco.py CocoDataset.parse_data_info; pycocotools 2.0.11
    cocoeval.py COCOeval.evaluateImg.
    """

    code = "BOX005"
    slug = "area-mismatch"
    severities = (Severity.WARNING, Severity.ERROR)
    fixes = (Fix.SAFE,)
    formats = ("coco",)
    silenced_by = ("SCH002", "SCH004", "FMT010", "BOX001", "BOX006", "SEG004", "SEG006")
    verdict = ("1 area is 0 or less", "{n} areas are 0 or less")
    targets = (
        drops(
            "mmdet",
            "drops the annotation",
            when=either(below("area", least=1e-300), value_is("cause", ZERO)),
            many="faulty",
        ),
        misreads(
            "coco-eval",
            "sorts it into small, medium or large by this area",
            severity=Severity.WARNING,
            many="faulty",
        ),
    )

    box_tolerance: float = 0.01
    mask_tolerance: float = 0.05
    common: float = 0.9
    common_from: int = 10

    def partial(self, shard: Dataset) -> Off:
        areas = areas_of(shard)
        judged, masks = len(areas.row), int(areas.mask.sum())
        same, wider = int(whole_image(areas).sum()), int(one_wider(areas).sum())
        areas, expected, cause = self.off(shard, areas)
        table = shard.table("annotations")
        columns = {name: table[name][areas.row] for name in COLUMNS}
        columns |= {"expected": expected, "cause": cause, "mask": areas.mask}
        return Off(Table(columns), judged - masks, masks, same, wider)

    def merge(self, states: Sequence[Off]) -> Off:
        counts = ("boxes", "masks", "of_image", "wider")
        sums = {name: sum(getattr(each, name) for each in states) for name in counts}
        return Off(Table.concat([each.rows for each in states]), **sums)

    def finish(self, state: Off) -> Findings:
        rows = state.rows.take(np.argsort(state.rows["annotation"], kind="stable"))
        whole = Findings()
        for cause, message in CAUSES.items():
            mine = rows["cause"] == cause
            judged = {BOX: state.masks, WIDER: state.boxes}.get(cause, state.boxes + state.masks)
            faulty = {IMAGE: state.of_image, WIDER: state.wider}.get(cause, int(mine.sum()))
            if not mine.any() or judged < self.common_from or faulty < self.common * judged:
                continue
            rows = rows.take(~mine)
            values: dict[str, float] = {"faulty": faulty, "judged": judged, "cause": cause}
            if cause == WIDER:
                values |= {"off": int(mine.sum()), "tolerance": self.box_tolerance}
            severity = Severity.ERROR if cause == ZERO else Severity.WARNING
            whole += found(self, message, severity=severity, fix=Fix.SAFE, values=values)
        return whole + self.each(rows)

    def each(self, rows: Table) -> Findings:
        """One finding for each row."""
        found_all = Findings()
        zero, mask = rows["area"] <= 0, rows["mask"]
        for chosen, severity, message in (
            (zero, Severity.ERROR, "area is {area:g}, the geometry covers {expected:g} px"),
            (~zero & mask, Severity.WARNING,
             "area is {area:g}, the mask covers {expected:g} px: off by more than {tolerance:.0%}"),
            (~zero & ~mask, Severity.WARNING,
             "area is {area:g}, the box covers {expected:g} px: over by more than {tolerance:.0%}"),
        ):  # fmt: skip
            mine = rows.take(chosen)
            tolerance = np.where(mine["mask"], self.mask_tolerance, self.box_tolerance)
            values = {"area": mine["area"], "expected": mine["expected"], "tolerance": tolerance}
            fix = np.where(mine["expected"] > 0, Fix.SAFE, Fix.NONE)
            found_all += found(self, message, mine, severity=severity, fix=fix, values=values)
        return found_all

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        rows = self.partial(data).rows
        parts = []
        for number, cause in self.whole(findings).items():
            mine = rows.take((rows["cause"] == cause) & (rows["expected"] > 0))
            parts.append(self.edits(mine, np.full(len(mine), number)))
        named = keys >= 0
        place = np.searchsorted(rows["annotation"], keys[named])
        parts.append(self.edits(rows.take(place), finding[named]))
        return Edits.concat(parts)

    def whole(self, findings: Findings) -> dict[int, int]:
        """The findings that speak of the whole dataset: their rows, and which cause each names."""
        before = 0
        named: dict[int, int] = {}
        for part in findings.blocks:
            if "cause" in part.values:
                named |= {before + at: int(part.values["cause"][at]) for at in range(len(part))}
            before += len(part)
        return named

    def edits(self, rows: Table, finding: Array) -> Edits:
        return Edits.make(
            len(rows),
            table="annotations",
            column="area",
            row=rows["annotation"],
            new=rows["expected"],
            finding=finding,
            safe=True,
            rule=self.code,
        )

    def off(self, data: Dataset, areas: Areas) -> tuple[Areas, Array, Array]:
        """Those whose area is off, the area expected of each, and the cause."""
        high, low = np.where(areas.mask, self.mask_tolerance, self.box_tolerance), -self.mask_tolerance
        over = areas.area - areas.enclosed
        bad = (
            (over > high * areas.enclosed) | (areas.mask & (over < low * areas.enclosed)) | (areas.area <= 0)
        )
        areas = areas.take(bad)
        cause, certain = causes(areas, self.mask_tolerance)
        expected = np.where(areas.enclosed >= 1, np.round(areas.enclosed, 4), areas.enclosed)
        doubtful = np.flatnonzero(areas.rings & (~certain | (areas.enclosed <= 0)))
        filled, holed = raster_areas(data, areas.row[doubtful])
        fits = np.abs(areas.area[doubtful] - filled) <= self.mask_tolerance * filled
        fits |= np.abs(areas.area[doubtful] - holed) <= self.mask_tolerance * holed
        summed = expected[doubtful]
        overlap = np.isfinite(holed) & (np.abs(summed - filled) > self.mask_tolerance * summed)
        expected[doubtful] = np.where((summed > 0) & ~overlap, summed, np.nan_to_num(filled))
        keep = np.ones(len(cause), dtype=bool)
        keep[doubtful] = ~(fits & (filled > 0)) & (expected[doubtful] > 0) | (areas.area[doubtful] <= 0)
        return areas.take(keep), expected[keep], cause[keep]


def areas_of(data: Dataset) -> Areas:
    """The annotations whose area can be judged: finite, with a box or a mask whose area is known."""
    table = data.table("annotations")
    enclosed, ringed = enclosed_areas(data)
    mask = ~np.isnan(enclosed)
    alone = (table["seg_start"] < 0) & data.boxes.usable & ~data.boxes.fraction
    rows = np.flatnonzero(np.isfinite(table["area"]) & (mask | alone))
    w, h = data.boxes.xywh[rows, 2], data.boxes.xywh[rows, 3]
    own = np.where(mask[rows], enclosed[rows], w * h)
    image = data.boxes.width[rows] * data.boxes.height[rows]
    return Areas(rows, table["area"][rows], own, mask[rows], ringed[rows], w * h, w + h, image)


def enclosed_areas(data: Dataset) -> tuple[Array, Array]:
    """The area of each annotation's mask in px, NaN where there is none, and whether it is made of rings."""
    n = len(data.table("annotations"))
    rings = data.rings
    area = np.where(rings["finite"], rings["area"], np.nan)
    ringed = np.zeros(n, dtype=bool)
    ringed[rings["row"]] = True
    enclosed = np.where(ringed, np.bincount(rings["row"], weights=area, minlength=n), np.nan)
    enclosed[data.masks["row"]] = data.masks["area"]
    return enclosed, ringed


def causes(areas: Areas, tolerance: float) -> tuple[Array, Array]:
    """What each area is instead, and whether that is certain without looking at pixels.

    Filled pixels exceed the enclosed area by about half the perimeter at most, taken as w + h: as long as that could
    make up for the box, it is not.
    """
    of_box = areas.mask & (np.abs(areas.area - areas.box) <= EXACT * areas.box)
    of_image = whole_image(areas) & (areas.box < 0.9 * areas.image)
    at_most = areas.enclosed + np.where(areas.rings, areas.rim, 0.0)
    kinds = [areas.area <= 0, of_box, of_image, one_wider(areas)]
    cause = np.select(kinds, [ZERO, BOX, IMAGE, WIDER], NONE)
    return cause, (cause != NONE) & ((cause != BOX) | (areas.box > (1 + tolerance) * at_most))


def whole_image(areas: Areas) -> Array:
    """Whether each area is that of the whole image, bool."""
    return np.asarray(np.abs(areas.area - areas.image) <= EXACT * areas.image)


def one_wider(areas: Areas) -> Array:
    """Whether each area is that of its box, wider and higher by one pixel, and no mask's, bool."""
    more = areas.rim + 1
    return np.asarray((np.abs(areas.area - areas.box - more) <= NEAR * more) & ~areas.mask)


def raster_areas(data: Dataset, rows: Array) -> tuple[Array, Array]:
    """What pycocotools fills of the polygons at these positions, px (n,) each, NaN where it cannot be asked: of all
    rings together; and, where there are several, of the largest less the others, as if these were holes in it."""
    filled, holed = np.full((2, len(rows)), np.nan)
    if not len(rows):
        return filled, holed
    height, width = data.image_values("height")[rows], data.image_values("width")[rows]
    for at, rings in polygons(data, rows):
        if height[at] > 0 and width[at] > 0:
            size = int(height[at]), int(width[at])
            filled[at] = ring_geometry.raster_area(rings, *size)
            if len(rings) > 1:
                each = np.array([ring_geometry.raster_area([ring], *size) for ring in rings])
                holed[at] = 2 * each.max() - each.sum()
    return filled, holed


def polygons(data: Dataset, rows: Array) -> Iterator[tuple[int, list[Array]]]:
    """The rings of each of these rows, decoded in blocks."""
    decoder = data.decoders.get("coco")
    for first in range(0, len(rows) if decoder else 0, RING_ROWS):
        block = rows[first : first + RING_ROWS]
        assert decoder is not None
        rings = decoder.rings(data, block)
        parts = np.split(rings.xy, rings.offsets[1:-1])
        for at, row in enumerate(block.tolist()):
            mine = slice(*np.searchsorted(rings.row, [row, row + 1]))
            yield first + at, parts[mine]
