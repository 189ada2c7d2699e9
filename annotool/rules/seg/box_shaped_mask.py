"""SEG007."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.rules.seg.base import drawn


@dataclass(frozen=True)
class BoxShapedMask(DatasetRule[tuple[int, int]]):
    """Many masks are only their boxes.

    What: more than `max_share` of all masks, of `common_from` or more, are upright rectangles: one ring of four
    corners, or runs that fill their whole extent. Masks below `min_side` px on a side are left out: there a rectangle
    is all that pixels can show. One finding a dataset.

    Why: a converter writes the box where it has no outline, or cannot read it, as ultralytics' convert_coco does with
    masks of runs; a model for masks learns rectangles, and evaluation believes them.

    Bad: `"bbox": [10, 10, 40, 20], "segmentation": [[10, 10, 50, 10, 50, 30, 10, 30]]` in every tenth annotation.

    Good: outlines, or no segmentation where there is only a box.

    Fix: none.

    Source: own proposal for the share; docs/en/guides/coco-to-yolo.md of ultralytics/ultralytics.
    """

    code = "SEG007"
    slug = "box-shaped-mask"
    severities = (Severity.WARNING,)
    silenced_by = ()
    verdict = ("masks are only boxes", "masks are only boxes")

    max_share: float = 0.05
    common_from: int = 20
    min_side: float = 5.0

    def partial(self, shard: Dataset) -> tuple[int, int]:
        rings, masks = drawn(shard), shard.masks
        w, h = rings["x1"] - rings["x0"], rings["y1"] - rings["y0"]
        fractions = shard.boxes.fraction[rings["row"]]
        large = (w >= self.min_side) & (h >= self.min_side) | fractions
        square = (rings["numbers"] <= 10) & (np.abs(rings["area"] - w * h) <= 1e-3 * w * h) & large
        n = len(shard.table("annotations"))
        parts = np.bincount(rings["row"], minlength=n)
        judged = int((np.bincount(rings["row"][large], minlength=n) > 0).sum())
        faulty = int((square & (parts[rings["row"]] == 1)).sum())
        w, h = masks["x1"] - masks["x0"], masks["y1"] - masks["y0"]
        large = (w >= self.min_side) & (h >= self.min_side)
        return faulty + int((large & (masks["area"] == w * h)).sum()), judged + int(large.sum())

    def merge(self, states: Sequence[tuple[int, int]]) -> tuple[int, int]:
        return sum(faulty for faulty, _ in states), sum(judged for _, judged in states)

    def finish(self, state: tuple[int, int]) -> Findings:
        faulty, judged = state
        if judged < self.common_from or faulty <= self.max_share * judged:
            return Findings()
        values = {
            "faulty": faulty,
            "judged": judged,
            "share": round(faulty / judged, 4),
            "limit": self.max_share,
        }
        return found(self, "{faulty:,} of {judged:,} masks ({share:.1%}) are only their box; told above {limit:.0%}",
                     values=values)  # fmt: skip
