"""CLS002."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.table import Array, Table


@dataclass(frozen=True)
class Used:
    """Annotations of each category by label number, and the rows that declare categories."""

    counts: Array
    categories: Table


@dataclass(frozen=True)
class UnusedClass(DatasetRule[Used]):
    """A category is declared and nothing is annotated with it.

    What: a declared name without a single annotation in any file of the dataset. A category that only groups others
    is FMT009.

    Why: the model gets an output that is never trained, the mean over classes a part that is never measured; or a
    name is misspelt, and its objects stand under another.

    Bad: `names: [car, bus, tram]` and no row of class 2.

    Good: `names: [car, bus]`.

    Fix: none: in YOLO every later class would change its number.

    Source: Datumaro LabelDefinedButNotFound; hotcoco healthcheck.
    """

    code = "CLS002"
    slug = "unused-class"
    severities = (Severity.WARNING,)
    silenced_by = ("SCH001", "SCH002")

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Used:
        labels = shard.annotation_labels
        counts = np.bincount(labels[labels >= 0], minlength=len(shard.labels))
        return Used(counts, shard.table("categories"))

    def merge(self, states: Sequence[Used]) -> Used:
        return Used(np.sum([each.counts for each in states], axis=0), states[0].categories)

    def finish(self, state: Used) -> Findings:
        if not state.counts.any():
            return Findings()
        rows = state.categories
        grouping = set(rows["supercategory"][rows["supercategory"] != rows["name"]].tolist())
        labels, first = np.unique(rows["label"], return_index=True)
        names = rows["name"][first]
        unused = (state.counts[labels] == 0) & (rows["source"][first] >= 0)
        unused &= np.array([name not in grouping for name in names.tolist()], dtype=bool)
        return found(
            self,
            "{name!r} is declared and never used",
            rows,
            take=first[unused],
            values={"name": names[unused]},
        )
