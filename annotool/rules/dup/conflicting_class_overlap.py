"""DUP003."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found, together
from annotool.rules.dup.base import crowd, pairs_at, partnered
from annotool.table import Array


class Named(msgspec.Struct, frozen=True):
    """A finding for each box on that of another category, how many boxes there are, and whether that is legal."""

    found: Findings
    boxes: int
    legal: bool


@dataclass(frozen=True)
class ConflictingClassOverlap(DatasetRule[Named]):
    """One object has two classes: boxes of different classes lie on top of each other.

    What: same image, different classes of which neither is the other's supercategory, IoU of the boxes at least `iou`,
    neither a crowd region. The finding is on the later one. An info where several names of one object are legal (LVIS).
    One finding for all where `common` of the boxes, `common_from` or more, are so: there objects have several names.

    Why: a detector is told that the same pixels are both; whichever it answers, one is counted as wrong. One of the
    two classes is usually a slip.

    Bad: `[10, 10, 100, 50]` as "cat" and `[10, 10, 100, 50]` as "dog".

    Good: the one that is right.

    Fix: none: only a person can say which.

    Source: cleanlab object_detection constants (LABEL_OVERLAP_THRESHOLD .95).
    """

    code = "DUP003"
    slug = "conflicting-class-overlap"
    severities = (Severity.WARNING, Severity.INFO)
    verdict = ("1 box is that of another class too", "{n} boxes are those of other classes too")
    silenced_by = ("SCH002", "SCH004", "SCH006", "FMT002", "FMT003", "FMT010", "DUP001")

    iou: float = 0.95
    common: float = 0.2
    common_from: int = 20

    def partial(self, shard: Dataset) -> Named:
        boxes = shard.boxes.usable & ~crowd(shard)
        return Named(self.each(shard), int(boxes.sum()), bool(shard.facts.get("lvis")))

    def merge(self, states: Sequence[Named]) -> Named:
        return Named(
            together(each.found for each in states), sum(each.boxes for each in states), states[0].legal
        )

    def finish(self, state: Named) -> Findings:
        if state.legal or len(state.found) < max(self.common_from, self.common * state.boxes):
            return state.found
        pairs = Counter[tuple[str, str]]()
        for part in state.found.blocks:
            names = (part.values[name].tolist() for name in ("category", "partner_category"))
            pairs.update(zip(*names, strict=True))
        (category, partner), often = min(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        values = {
            "faulty": len(state.found),
            "boxes": state.boxes,
            "category": category,
            "partner_category": partner,
            "often": often,
        }
        message = (
            "{faulty:,} of {boxes:,} boxes are the box of another category too, most often {category!r} on "
            "{partner_category!r} ({often:,}): do objects have several names here?"
        )
        return found(self, message, severity=Severity.WARNING, values=values)

    def each(self, data: Dataset) -> Findings:
        """One finding for each box on that of another category."""
        pairs = pairs_at(data, self.iou)
        table = data.table("annotations")
        labels = data.annotation_labels
        one, other = labels[pairs.first], labels[pairs.second]
        differ = np.flatnonzero((one >= 0) & (other >= 0) & (one != other))
        keys = [table["category"][rows[differ]] for rows in (pairs.first, pairs.second)]
        differ = differ[~related(data, *keys)]
        order = np.lexsort((pairs.first[differ], -pairs.iou[differ], pairs.second[differ]))
        differ = differ[order]
        rows = pairs.second[differ]
        new = np.append(True, rows[1:] != rows[:-1])[: len(rows)]
        rows, partners, iou = rows[new], pairs.first[differ][new], pairs.iou[differ][new]
        values = {
            "category": data.names_of(table["category"][rows]),
            "partner_category": data.names_of(table["category"][partners]),
            "iou": np.round(iou, 4),
            "least": np.full(len(rows), self.iou),
        }
        severity = Severity.INFO if data.facts.get("lvis") else Severity.WARNING
        message = "{category!r} on the box of {partner}, which is {partner_category!r} (IoU {iou:.2f}, from {least:g} on)"
        return partnered(
            self, data, message, rows, partners, values, severity=np.full(len(rows), int(severity))
        )


def related(data: Dataset, categories: Array, others: Array) -> Array:
    """Whether one of the two categories (keys) is the other's supercategory, bool (n,)."""
    parents = data.table("categories")["supercategory"]
    up = (parents[categories] == data.names_of(others)) | (parents[others] == data.names_of(categories))
    return np.asarray(up, dtype=bool)
