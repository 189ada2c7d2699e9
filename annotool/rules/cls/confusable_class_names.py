"""CLS003."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Severity, found, mendable
from annotool.rules.cls.base import RENAMED, Named, added, folded, merged, named, per_name
from annotool.table import Array


class ConfusableClassNames(DatasetRule[Named]):
    """Two categories have the same name, or names that differ in spelling only.

    What: a name twice in one file is an error. Names that are equal once case, width of letters, outer blanks and the
    signs blank, underscore and hyphen are set aside are a warning, on the one with fewer annotations. Single letters keep
    their case: `a` and `A` are two classes where letters are read.

    Why: one thing is learnt as two classes, each with part of its examples, and each counts as wrong where the other
    is annotated (fizyr/keras-retinanet#1046, dmlc/gluon-cv#609). Datumaro stops with a bare AssertionError at equal
    names.

    Bad: `names: [traffic light, Traffic_Light]`.

    Good: `names: [traffic light]`.

    Fix: unsafe merge into the name with more annotations; of class folders, with `--out` only, the images move into the
    other folder. None for two names of one YOLO class list, where every later class would change its number, nor for two
    columns of a csv; none for equal names.

    Source: fizyr/keras-retinanet#1046; dmlc/gluon-cv#609; penny4860/tf2-eager-yolo3#11.
    """

    code = "CLS003"
    slug = "confusable-class-names"
    severities = (Severity.WARNING, Severity.ERROR)
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002",)
    verdict = ("1 class name is declared twice", "{n} class names are declared twice")

    def partial(self, shard: Dataset) -> Named:
        return named(shard)

    def merge(self, states: Sequence[Named]) -> Named:
        return added(states)

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
        fix = np.where(can_merge(state, alike, others), Fix.UNSAFE, Fix.NONE)
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
            parts += merged(self, data, state, number, name, other)
        return Edits.concat(parts)


def can_merge(state: Named, alike: Array, others: Array) -> Array:
    """Which names can be merged, bool: those of COCO and VOC, of class folders and where names are written out, and of YOLO
    class lists without the better name; a folder without images has none to move.
    """
    names, sources = state.rows["name"].tolist(), state.rows["source"].tolist()
    places = set(zip(names, sources, strict=True))
    fixed: dict[str, set[int]] = {}  # where a name would have to stay, by source
    kinds = zip(names, sources, state.format_of.tolist(), state.counts.tolist(), strict=True)
    for name, source, kind, count in kinds:
        if kind not in ("coco", "voc") and not (kind in RENAMED and source < 0 and count):
            fixed.setdefault(name, set()).add(source if kind == "yolo" else -1)
    pairs = zip(state.rows["name"][alike].tolist(), state.rows["name"][others].tolist(), strict=True)
    free = [
        not any(source < 0 or (other, source) in places for source in fixed.get(name, ()))
        for name, other in pairs
    ]
    return np.array(free, dtype=bool)


def confusable(state: Named) -> tuple[Array, Array]:
    """Rows whose name is like another's: one for each such name, and the row of the name it is to be merged into."""
    names = per_name(state)
    like: dict[str, list[str]] = {}
    for name in names:
        like.setdefault(folded(name), []).append(name)
    pairs = [
        (names[name][0], names[best][0])
        for key, alike in like.items()
        if key and len(alike) > 1
        for best in [max(alike, key=lambda name: names[name][1])]
        for name in alike
        if name != best
    ]
    both = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
