"""BAL002."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import image_counts, instance_counts
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.schema import Kind
from annotool.table import Array, Table


class Shown(msgspec.Struct, frozen=True):
    """Instances of each category by label number, the images that show it, how many images there are, and the rows that
    declare it; objects: whether some are no labels of whole images."""

    instances: Array
    images: Array
    of: int
    categories: Table
    objects: bool = True


@dataclass(frozen=True)
class RareClass(DatasetRule[Shown]):
    """A category has too few examples to learn from or to measure by.

    What: at least one instance, but fewer than `instances` of them, or in fewer than `images` images. Images are not
    counted where the whole dataset has fewer.

    Why: a fact, not a fault. An average precision over a handful of objects jumps by tenths with each of them, and a
    split at random may leave none for one side.

    Bad: 4 instances of "forklift" in 2 images.

    Good: 40 instances in 30 images; or the category left out, or merged with its like.

    Fix: none: collect more, or decide to do without.

    Source: hotcoco healthcheck (10 instances), labellint (10); the count of images is ours.
    """

    code = "BAL002"
    slug = "rare-class"
    severities = (Severity.INFO,)
    verdict = ("1 class is rare", "{n} classes are rare")
    silenced_by = ("SCH001",)

    instances: int = 10
    images: int = 10

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Shown:
        return Shown(
            instance_counts(shard), image_counts(shard), len(shard.table("images")), shard.table("categories"),
            bool((shard.table("annotations")["kind"] != Kind.IMAGE).any()),
        )  # fmt: skip

    def merge(self, states: Sequence[Shown]) -> Shown:
        instances, images = (np.sum([getattr(s, n) for s in states], axis=0) for n in ("instances", "images"))
        objects = any(each.objects for each in states)
        return Shown(instances, images, sum(each.of for each in states), states[0].categories, objects)

    def finish(self, state: Shown) -> Findings:
        few = state.instances < self.instances
        if state.of >= self.images:
            few = few | (state.images < self.images)
        rare = np.flatnonzero(few & (state.instances > 0))
        labels, first = np.unique(state.categories["label"], return_index=True)
        word = "instances" if state.objects else "labels"
        return found(
            self,
            f"{{name!r}} is rare: {word} {{instances}}, images {{images}} (told below {{least}} {word} or {{least_images}} "
            "images)",
            state.categories,
            take=first[np.searchsorted(labels, rare)],
            values={
                "name": state.categories["name"][first[np.searchsorted(labels, rare)]],
                "instances": state.instances[rare],
                "images": state.images[rare],
                "least": np.full(len(rare), self.instances),
                "least_images": np.full(len(rare), self.images),
            },
        )
