"""BAL001."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import imbalance_ratio, instance_counts, normalised_entropy
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.table import Array


class Instances(msgspec.Struct, frozen=True):
    """Instances of each category by label number, and the names."""

    counts: Array
    names: tuple[str, ...]


@dataclass(frozen=True)
class ClassImbalance(DatasetRule[Instances]):
    """Some categories have far more instances than others.

    What: largest over smallest count at least `ratio`, or normalised entropy below `evenness` among at least
    `evenness_from` categories. Categories without instances are left to CLS002.

    Why: a fact, not a fault: nature is uneven. But a model trained on it will hardly find what is rare, and the mean
    over classes hides that; know it before you train.

    Bad: 12,000 cars and 40 bicycles.

    Good: 12,000 cars and 3,000 bicycles.

    Fix: none: collect, weight or sample.

    Source: Datumaro DEFAULT_IMBALANCE_RATIO_THR = 50 (its minimum counts empty classes); the entropy is Pielou's
    evenness, its threshold .6 ours.
    """

    code = "BAL001"
    slug = "class-imbalance"
    severities = (Severity.INFO,)
    verdict = ("the classes are out of balance", "the classes are out of balance")

    ratio: float = 50.0
    evenness: float = 0.6
    evenness_from: int = 3

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Instances:
        return Instances(instance_counts(shard), shard.labels)

    def merge(self, states: Sequence[Instances]) -> Instances:
        return Instances(np.sum([each.counts for each in states], axis=0), states[0].names)

    def finish(self, state: Instances) -> Findings:
        some = np.flatnonzero(state.counts)
        if len(some) < 2:
            return Findings()
        ratio, evenness = imbalance_ratio(state.counts), normalised_entropy(state.counts)
        uneven = evenness < self.evenness and len(some) >= self.evenness_from
        if ratio < self.ratio and not uneven:
            return Findings()
        counts = state.counts[some]
        most, least = some[counts.argmax()], some[counts.argmin()]
        return found(
            self,
            "{most!r} has {ratio:,.0f} times the instances of {least!r} ({most_count:,} and {least_count:,}); "
            "normalised entropy {evenness:.2f} over {categories} categories (told from {ratio_from:g} times or "
            "below {evenness_from:g} on)",
            values={
                "most": state.names[most],
                "least": state.names[least],
                "most_count": int(state.counts[most]),
                "least_count": int(state.counts[least]),
                "ratio": round(ratio, 4),
                "evenness": round(evenness, 4),
                "categories": len(some),
                "ratio_from": self.ratio,
                "evenness_from": self.evenness,
            },
        )
