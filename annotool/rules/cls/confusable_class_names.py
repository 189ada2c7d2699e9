"""CLS003."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Op, Severity, found, mendable
from annotool.rules.cls.base import folded
from annotool.table import Array, Table


@dataclass(frozen=True)
class Named:
    """The rows of `categories`, how many annotations each has, and the format each is of."""

    rows: Table
    counts: Array
    format_of: Array


@dataclass(frozen=True)
class ConfusableClassNames(DatasetRule[Named]):
    """Two categories have the same name, or names that differ in spelling only.

    What: a name twice in one file is an error. Names that are equal once case, width of letters, outer blanks and the
    signs blank, underscore and hyphen are set aside are a warning, on the one with fewer annotations.

    Why: one thing is learnt as two classes, each with part of its examples, and each counts as wrong where the other
    is annotated (fizyr/keras-retinanet#1046, dmlc/gluon-cv#609). Datumaro stops with a bare AssertionError at equal
    names.

    Bad: `names: [traffic light, Traffic_Light]`.

    Good: `names: [traffic light]`.

    Fix: unsafe merge into the name with more annotations, in COCO and VOC. None
    in YOLO, where every later class would change its number; none for equal names.

    Source: fizyr/keras-retinanet#1046; dmlc/gluon-cv#609; penny4860/tf2-eager-yolo3#11.
    """

    code = "CLS003"
    slug = "confusable-class-names"
    severities = (Severity.WARNING, Severity.ERROR)
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002",)
    verdict = ("1 class name is declared twice", "{n} class names are declared twice")

    def partial(self, shard: Dataset) -> Named:
        rows = shard.table("categories")
        category = shard.table("annotations")["category"]
        counts = np.bincount(category[category >= 0], minlength=len(rows))
        undeclared = "voc" if "yolo" not in shard.formats else ""
        format_of = np.append(shard.table("sources")["format"], undeclared)[rows["source"]]
        return Named(rows, counts, format_of)

    def merge(self, states: Sequence[Named]) -> Named:
        return Named(states[0].rows, np.sum([each.counts for each in states], axis=0), states[0].format_of)

    def finish(self, state: Named) -> Findings:
        rows = state.rows
        seen: set[tuple[int, str]] = set()
        again = []
        for row, key in enumerate(zip(rows["source"].tolist(), rows["name"].tolist(), strict=True)):
            if key in seen and key[0] >= 0 and key[1]:
                again.append(row)
            seen.add(key)
        twice = np.array(again, dtype=np.int64)
        same = found(self, "{name!r} is declared more than once in this file", rows, take=twice,
                     severity=Severity.ERROR, values={"name": rows["name"][twice]})  # fmt: skip
        alike, others = confusable(state)
        known = [name in ("coco", "voc") for name in state.format_of[alike].tolist()]
        fix = np.where(known, Fix.UNSAFE, Fix.NONE)
        values = {"name": rows["name"][alike], "other": rows["name"][others]}
        return same + found(
            self, "{name!r} is {other!r} but for its spelling", rows, take=alike, fix=fix, values=values
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings, "category")
        state = self.partial(data)
        alike, others = confusable(state)
        into = dict(zip(alike.tolist(), others.tolist(), strict=True))
        parts = []
        for number, key in zip(finding.tolist(), keys.tolist(), strict=True):
            name, other = (state.rows["name"][row] for row in (key, into[key]))
            for row in np.flatnonzero(state.rows["name"] == name).tolist():
                parts += self.merged(data, state, number, row, other)
        return Edits.concat(parts)

    def merged(self, data: Dataset, state: Named, finding: int, row: int, other: str) -> list[Edits]:
        """The edits that turn one category row into the other name: its annotations move, or it is renamed
        (which in VOC renames every object)."""
        rows = state.rows
        target = np.flatnonzero((rows["name"] == other) & (rows["source"] == rows["source"][row]))
        if state.format_of[row] == "voc" or not len(target):
            return [Edits.make(1, table="categories", column="name", row=row, new=[other], finding=finding,
                               safe=False, rule=self.code)]  # fmt: skip
        moved = np.flatnonzero(data.table("annotations")["category"] == row)
        edits = Edits.make(len(moved), table="annotations", column="category", row=moved, new=int(target[0]),
                           finding=finding, safe=False, rule=self.code)  # fmt: skip
        gone = Edits.make(
            1, op=Op.DROP, table="categories", row=row, finding=finding, safe=False, rule=self.code
        )
        return [edits, gone]


def confusable(state: Named) -> tuple[Array, Array]:
    """Rows whose name is like another's: one for each such name, and the row of the name it is to be merged into."""
    names = state.rows["name"].tolist()
    first = {name: row for row, name in reversed(list(enumerate(names)))}
    count: dict[str, int] = dict.fromkeys(first, 0)
    for name, own in zip(names, state.counts.tolist(), strict=True):
        count[name] += own
    like: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        like.setdefault(folded(name), []).append(name)
    pairs = [
        (first[name], first[best])
        for key, alike in like.items()
        if key and len(alike) > 1
        for best in [max(alike, key=lambda name: count[name])]
        for name in alike
        if name != best
    ]
    both = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
