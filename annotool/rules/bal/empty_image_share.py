"""BAL003."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import per_image, split_codes
from annotool.rules.base import DatasetRule, Findings, Severity, classifies, found


class Shares(msgspec.Struct, frozen=True):
    """Images of each split, and how many of them have no object; "" for those in no split."""

    images: Mapping[str, tuple[int, int]]
    federated: bool
    labels: bool  # of whole images, not objects


@dataclass(frozen=True)
class EmptyImageShare(DatasetRule[Shares]):
    """Many images have no object.

    What: more than `most` of the images have no annotation, be it a box or a label; or fewer than `least`, which is 0, so that this is told to
    those who ask for backgrounds. Below `images` images a share says little. Splits in which nothing is annotated are left out, and LVIS, where an image without
    annotations is no negative.

    Why: a fact, not a fault. Backgrounds teach a detector what is nothing; some, up to a tenth, is what ultralytics
    advises. More of them may be images that nobody has annotated yet, and each object in these is learnt as background.

    Bad: 4,000 of 10,000 images without a box.

    Good: 600 of 10,000.

    Fix: none: annotate them, or know that there is nothing.

    Source: ultralytics, tips for best training results (0-10 % background images); Roboflow's health check (null images).
    """

    code = "BAL003"
    slug = "empty-image-share"
    severities = (Severity.INFO,)
    verdict = ("the share of empty images stands out", "the share of empty images stands out")
    silenced_by = ("SCH001",)

    most: float = 0.10
    least: float = 0.0
    images: int = 50

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Shares:
        bare = per_image(shard) == 0
        code, names = split_codes(shard)
        total, empty = (np.bincount(code[rows], minlength=len(names)) for rows in (slice(None), bare))
        images = zip(names, zip(total.tolist(), empty.tolist(), strict=True), strict=True)
        return Shares(dict(images), bool(shard.facts.get("lvis")), classifies(shard))

    def merge(self, states: Sequence[Shares]) -> Shares:
        images: dict[str, tuple[int, int]] = {}
        for state in states:
            for name, (total, empty) in state.images.items():
                had = images.get(name, (0, 0))
                images[name] = had[0] + total, had[1] + empty
        return Shares(images, states[0].federated, any(each.labels for each in states))

    def finish(self, state: Shares) -> Findings:
        judged = {name: own for name, own in state.images.items() if own[1] < own[0]}
        total, empty = (sum(own[at] for own in judged.values()) for at in (0, 1))
        share = empty / max(total, 1)
        if state.federated or total < max(self.images, 1) or self.least <= share <= self.most:
            return Findings()
        limit, bound = ("above", self.most) if share > self.most else ("below", self.least)
        return found(
            self,
            f"{{empty:,}} of {{images:,}} images ({{share:.0%}}) have no {'label' if state.labels else 'object'} "
            "(told {limit} {bound:.0%})",
            values={
                "empty": empty,
                "images": total,
                "share": round(share, 4),
                "limit": limit,
                "bound": bound,
                "splits": {name: list(own) for name, own in sorted(judged.items()) if name},
            },
        )
