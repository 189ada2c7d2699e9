"""SPL004."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import Counts, added, count
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.rules.spl.base import TRAIN, VAL
from annotool.table import Array, Table


class Seen(msgspec.Struct, frozen=True):
    """Instances of each category in each split, the rows that declare categories, and whether absence says nothing."""

    counts: Counts
    categories: Table
    federated: bool


@dataclass(frozen=True)
class ClassMissingInSplit(DatasetRule[Seen]):
    """A category is in one split and missing in another.

    What: in validation or test, but not in train; or at least `instances` times in train, but not in validation. A
    split without any annotation is left out, and in LVIS only the first is told: there an absent class is not a
    negative.

    Why: what is not in train cannot be learnt, and its average precision of 0 lowers the mean; what is not in
    validation is never measured.

    Bad: "tram" 31 times in train, never in val.

    Good: "tram" 25 times in train, 6 times in val.

    Fix: none: split anew.

    Source: roboflow/roboflow-100-benchmark#45; deepchecks new_labels; `instances` = 20 is ours.
    """

    code = "SPL004"
    slug = "class-missing-in-split"
    severities = (Severity.WARNING,)
    verdict = ("1 class is missing in a split", "{n} classes are missing in a split")
    silenced_by = ("SCH001",)

    instances: int = 20

    def unable(self, data: Dataset) -> str:
        names = data.split_names
        if len(names) < 2:
            return "fewer than two splits"
        return "" if any(name.lower() in TRAIN for name in names) else "no split is called train"

    def check(self, data: Dataset) -> Findings:
        return super().check(data) if len(data.split_names) > 1 else Findings()

    def partial(self, shard: Dataset) -> Seen:
        return Seen(count(shard), shard.table("categories"), bool(shard.facts.get("lvis")))

    def merge(self, states: Sequence[Seen]) -> Seen:
        counts = added([each.counts for each in states])
        return Seen(counts, states[0].categories, states[0].federated)

    def finish(self, state: Seen) -> Findings:
        by_split = dict(zip(state.counts.splits, state.counts.instances[1:], strict=True))
        train = next((name for name in by_split if name.lower() in TRAIN and by_split[name].any()), "")
        if not train:
            return Findings()
        own = by_split[train]
        findings = Findings()
        for name, other in by_split.items():
            if name == train or not other.any():
                continue
            unseen = "{name!r} is in {split} (instances: {count:,}), but never in {missing_in}"
            findings += self.told(state, unseen, (other > 0) & (own == 0), other, name, train)
            if name.lower() in VAL and not state.federated:
                unmeasured = unseen + " (told from {least} times on)"
                findings += self.told(
                    state, unmeasured, (own >= self.instances) & (other == 0), own, train, name
                )
        return findings

    def told(
        self, state: Seen, message: str, hit: Array, counts: Array, split: str, missing: str
    ) -> Findings:
        """One finding for each category hit."""
        labels, first = np.unique(state.categories["label"], return_index=True)
        hits = np.flatnonzero(hit)
        rows = first[np.searchsorted(labels, hits)]
        values = {
            "name": state.categories["name"][rows],
            "count": counts[hits],
            "split": split,
            "missing_in": missing,
            "least": self.instances,
        }
        return found(self, message, state.categories, take=rows, values=values)
