"""BAL004."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import per_image, split_codes
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.table import Array, Table

SCALE = 0.6745  # a standard deviation's MAD


class Numbers(msgspec.Struct, frozen=True):
    """The images, one row each: the columns that findings name, file_name, objects and split (a text)."""

    images: Table
    federated: bool


@dataclass(frozen=True)
class CountOutlier(DatasetRule[Numbers]):
    """An image has far more objects than the others, or none where the others have many.

    What: the square root of the number of objects (which spreads counts evenly) lies more than `deviations` robust
    deviations above the median: 0.6745 (x - median) / MAD; or an image has none where half of all have `many` or more.
    One finding an image, or one for all where there are more than `single`. Not judged below `images` images, nor in
    splits where nothing is annotated.

    Why: a fact, not a fault. An image with ten times the objects of the others weighs as much as ten, and may be
    another kind of picture; one without any among crowded ones is often an image that nobody came to.

    Bad: 180 boxes in one image where the others have 4 to 12.

    Good: 20.

    Fix: none: look at it.

    Source: the robust z of Iglewicz and Hoaglin 1993; deepchecks and Encord Active tell outliers of counts. The square
    root, and 5 deviations of it, are ours: on plain counts, which lean to one side, 2 % of COCO would be outliers.
    """

    code = "BAL004"
    slug = "count-outlier"
    severities = (Severity.INFO,)
    verdict = ("1 count of objects stands out", "{n} counts of objects stand out")
    silenced_by = ("SCH001", "SCH012")

    deviations: float = 5.0
    many: int = 5
    images: int = 50
    single: int = 10

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Numbers:
        code, names = split_codes(shard)
        table = shard.table("images")
        columns = {name: table[name] for name in ("image", "source", "line", "start", "end", "file_name")}
        split = np.array(names, dtype=object)[code]
        return Numbers(
            Table(columns | {"objects": per_image(shard), "split": split}), bool(shard.facts.get("lvis"))
        )

    def merge(self, states: Sequence[Numbers]) -> Numbers:
        return Numbers(Table.concat([each.images for each in states]), states[0].federated)

    def finish(self, state: Numbers) -> Findings:
        some = state.images["objects"] > 0
        annotated = set(state.images["split"][some].tolist())
        rows = state.images
        if set(rows["split"].tolist()) != annotated:
            rows = rows.take(np.array([name in annotated for name in rows["split"].tolist()], dtype=bool))
        objects = rows["objects"]
        if len(rows) < self.images:
            return Findings()
        median = float(np.median(objects))
        root = np.sqrt(objects)
        spread = float(np.median(np.abs(root - np.sqrt(median)))) / SCALE
        findings = Findings()
        if spread > 0:
            limit = (np.sqrt(median) + self.deviations * spread) ** 2
            findings += self.told(rows, np.flatnonzero(objects > limit), median, f"told above {int(limit)}")
        if median >= self.many and not state.federated:
            findings += self.told(
                rows, np.flatnonzero(objects == 0), median, f"told from a median of {self.many} on"
            )
        return findings

    def told(self, rows: Table, hits: Array, median: float, limit: str) -> Findings:
        """One finding an image; of many, one for all with the most extreme as its example."""
        objects = rows["objects"][hits]
        values = {"objects": objects, "median": round(median, 4), "limit": limit}
        if len(hits) <= self.single:
            return found(
                self, "{objects:,} objects, where half of the images have {median:g} or fewer ({limit})"
                if objects.any() else "no object, where half of the images have {median:g} or more ({limit})",
                rows, take=hits, values=values,
            )  # fmt: skip
        example = int(objects.argmax())
        values |= {
            "objects": int(objects[example]),
            "images": len(hits),
            "example": rows["file_name"][hits[example]],
        }
        return found(
            self, "{images:,} images have up to {objects:,} objects, as {example}, where half have {median:g} or fewer ({limit})"
            if objects.any() else
            "{images:,} images have no object, as {example}, where half have {median:g} or more ({limit})",
            values=values,
        )  # fmt: skip
