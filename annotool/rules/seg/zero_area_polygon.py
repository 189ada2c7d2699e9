"""SEG004."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block
from annotool.geometry import rings as ring_geometry
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Severity, found, mendable
from annotool.rules.seg.base import drawn, named_rings, outlines, redrawn, scales, shapes_of
from annotool.table import Array, Table

NOTHING = 0.01  # px^2: what is below is rounding


@dataclass(frozen=True)
class ZeroAreaPolygon(AnnotationRule):
    """A ring of a polygon encloses nothing.

    What: a ring that encloses less than `min_area` px^2: points on a line, or a figure too small to cover a pixel. An
    error where the annotation has no other ring and this one encloses nothing at all, else a warning. Where sizes are
    not known, fractions are judged as if the image were 640 px wide and high. Each ring is a finding.

    Why: pycocotools fills no pixel of it, so nothing can ever match it and it counts as missed; mmdetection drops
    objects of area 0; detectron2 trains on an empty mask.

    Bad: `"segmentation": [[10, 10, 20, 20, 30, 30]]`.

    Good: `"segmentation": [[10, 10, 20, 20, 30, 10]]`.

    Fix: unsafe. The ring is removed, the annotation with it when no ring is left; box and area follow.

    Source: pycocotools/common/maskApi.c, rleFrPoly; open-mmlab/mmdetection mmdet/datasets/coco.py.
    """

    code = "SEG004"
    slug = "zero-area-polygon"
    severities = (Severity.ERROR, Severity.WARNING)
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003", "BOX001")
    verdict = ("1 polygon encloses nothing", "{n} polygons enclose nothing")

    min_area: float = 1.0

    def check(self, data: Dataset) -> Findings:
        rings = drawn(data)
        scale = scales(data, rings["row"])
        small = np.flatnonzero(rings["area"] * scale**2 < self.min_area)
        rings, scale = rings.take(small), scale[small]
        area = enclosed(data, rings) * scale**2
        faulty = area < self.min_area
        rings, area = rings.take(faulty), area[faulty]
        every = np.bincount(data.rings["row"], minlength=len(data.table("annotations")))
        alone = every[rings["row"]] == 1
        severity = np.where(alone & (area < NOTHING), Severity.ERROR, Severity.WARNING)
        values = {
            "ring": rings["ring"],
            "rings": every[rings["row"]],
            "area": np.round(area, 4),
            "points": rings["numbers"] // 2,
        }
        message = "ring {ring} encloses {area:.2g} px of area, with {points} points"
        return found(self, message, data.table("annotations"), take=rings["row"], severity=severity, fix=Fix.UNSAFE,
                     values=values)  # fmt: skip

    def condemns(self, part: Block) -> Array:
        """What else is said of the annotation follows only where this is its one ring."""
        return np.asarray(part.values["rings"] == 1)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        named = named_rings(findings, finding, keys)
        new = {
            row: [ring for at, ring in enumerate(rings) if at not in named[row]]
            for row, rings in outlines(data, np.unique(keys))
        }
        return redrawn(self.code, data, finding, keys, safe, new)


def enclosed(data: Dataset, rings: Table) -> Array:
    """What rings enclose, both loops of an hourglass, which the shoelace formula sets off against each other (n,)."""
    area = np.array(rings["area"])
    extent = (rings["x1"] - rings["x0"]) * (rings["y1"] - rings["y0"])
    crossed = np.flatnonzero(~rings["simple"] & (extent > area))
    if len(crossed):
        import shapely

        pieces, of, _ = ring_geometry.mended(shapes_of(data, rings.take(crossed)))
        area[crossed] = np.bincount(of, weights=shapely.area(pieces), minlength=len(crossed))
    return area
