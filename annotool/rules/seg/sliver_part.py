"""SEG005."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Severity, found, mendable
from annotool.rules.seg.base import drawn, named_rings, outlines, redrawn


@dataclass(frozen=True)
class SliverPart(AnnotationRule):
    """A part of a polygon is too small to be one.

    What: of an annotation of several rings, one that encloses less than `min_area` px^2 and less than `min_share` of
    them all together. Parts of small objects, and parts that a pole in front cuts off, are large enough for one of the
    two. Each ring is a finding. Masks of runs are not taken apart to be judged.

    Why: a stray click, or what a polygon tool leaves over when shapes are cut: it widens the box, and a detector
    learns the wide one.

    Bad: `"segmentation": [[10, 10, 90, 10, 90, 90, 10, 90], [200, 5, 201, 5, 201, 6]]`.

    Good: `"segmentation": [[10, 10, 90, 10, 90, 90, 10, 90]]`.

    Fix: unsafe. The ring is removed; box and area follow.

    Source: own proposal; on TACO's 114 annotations of several parts it is silent, the smallest part there has 153 px^2.
    A share alone (1 %) named 30 of their parts, all of them visible pieces of torn or covered litter.
    """

    code = "SEG005"
    slug = "sliver-part"
    severities = (Severity.INFO,)
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    silenced_by = ("SCH002", "SCH004", "SEG004")
    verdict = ("1 part of a polygon is a sliver", "{n} parts of polygons are slivers")

    min_area: float = 4.0
    min_share: float = 0.01

    def check(self, data: Dataset) -> Findings:
        rings = drawn(data)
        small = np.flatnonzero((rings["area"] < self.min_area) & rings["simple"])
        n = len(data.table("annotations"))
        count = np.bincount(rings["row"], minlength=n)
        small = small[count[rings["row"][small]] > 1]
        rows = rings["row"][small]
        share = rings["area"][small] / np.maximum(
            np.bincount(rings["row"], weights=rings["area"], minlength=n)[rows], 1e-9
        )
        chosen = share < self.min_share
        small, rows, share = small[chosen], rows[chosen], share[chosen]
        values = {
            "ring": rings["ring"][small],
            "area": np.round(rings["area"][small], 2),
            "share": np.round(share, 6),
        }
        message = "ring {ring} encloses {area:.3g} px of area, {share:.2%} of its annotation"
        return found(self, message, data.table("annotations"), take=rows, fix=Fix.UNSAFE, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        named = named_rings(findings, finding, keys)
        new = {
            row: [ring for at, ring in enumerate(rings) if at not in named[row]]
            for row, rings in outlines(data, np.unique(keys))
        }
        return redrawn(self.code, data, finding, keys, safe, new)
