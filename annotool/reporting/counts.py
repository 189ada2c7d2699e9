"""Findings counted: by rule, split and category; and for each value of a joined column, such as the annotator.

Where there is a baseline, only what it does not know is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings, Severity
from annotool.joining import check_joined
from annotool.reporting.told import Told
from annotool.table import Array

__all__ = ["Count", "Group", "Groups", "groups", "statistics", "tally"]


class Count(NamedTuple):
    """Findings of one rule in one split and category; None: of no split, of no category."""

    rule: str
    split: str | None
    category: str | None
    findings: int


class Group(NamedTuple):
    """One value of a joined column; rates are findings a thousand annotations, None where there are none."""

    value: str
    images: int
    annotations: int
    findings: int
    per_thousand: float | None
    by_rule: dict[str, float | None]


class Groups(NamedTuple):
    """A joined column's values, the worst first; `elsewhere` counts findings of no single image."""

    column: str
    values: list[Group]
    elsewhere: int


def statistics(told: Told) -> list[Count]:
    """Return the number of findings by rule, split and category, in that order; what has none is left out."""
    data, findings = told.data, told.findings.new
    labels = np.append(data.table("categories")["label"].astype(np.int64), -1)
    rules, rule = rule_numbers(findings)
    splits, split = split_numbers(data, findings)
    category = labels[findings.column("category")]
    keys = np.stack([rule, split, category], axis=1)
    counted, counts = np.unique(keys, axis=0, return_counts=True)
    names = [*data.labels, None]
    found = [
        Count(rules[r], splits[s] or None, names[c] or None, n)
        for (r, s, c), n in zip(counted.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(found, key=lambda each: (each.rule, splits.index(each.split or ""), each.category or ""))


def tally(told: Told, columns: Sequence[str]) -> list[list[object]]:
    """Return rule, severity, split, category ("" for none), findings and a value for each joined column, sorted; what has none is
    left out."""
    data, findings = told.data, told.findings.new
    labels = np.append(data.table("categories")["label"].astype(np.int64), -1)
    rules, rule = rule_numbers(findings)
    splits, split = split_numbers(data, findings)
    image = data.image_rows(findings.column("image"))
    names = [rules, [each.name.lower() for each in Severity], splits, [*data.labels, ""]]
    keys = [rule, findings.column("severity").astype(np.int64), split, labels[findings.column("category")]]
    for column in columns:
        values, place = np.unique(data.joined[column].astype(str), return_inverse=True)
        names.append([*values.tolist(), ""])
        keys.append(np.append(place, -1)[image])
    counted, counts = np.unique(np.stack(keys, axis=1), axis=0, return_counts=True)
    found = []
    for row, count in zip(counted.tolist(), counts.tolist(), strict=True):
        words = [each[at] for each, at in zip(names, row, strict=True)]
        found.append([*words[:4], count, *words[4:]])
    return found


def rule_numbers(findings: Findings) -> tuple[list[str], Array]:
    """The rules, codes sorted, and each finding's place among them."""
    rules = sorted({part.rule for part in findings.blocks})
    numbers = np.array([rules.index(part.rule) for part in findings.blocks], dtype=np.int64)
    return rules, np.repeat(numbers, [len(part) for part in findings.blocks])


def split_numbers(data: Dataset, findings: Findings) -> tuple[list[str], Array]:
    """The splits, none ("") last of the dataset's own, and each finding's place among them."""
    place = {name: at for at, name in enumerate([*data.split_names, ""])}
    of_image = np.array([*(place[name] for name in data.image_splits.tolist()), place[""]], dtype=np.int64)
    parts = [np.empty(0, dtype=np.int64)]
    for part in findings.blocks:
        own = of_image[data.image_rows(part.columns["image"])]
        if "split" in part.values:  # a finding of a split names it in its values
            named = part.values["split"].tolist()
            pairs = zip(named, own.tolist(), strict=True)
            own = np.array([place.setdefault(name, len(place)) if name else at for name, at in pairs])
        parts.append(own)
    return list(place), np.concatenate(parts)


def groups(told: Told, column: str) -> Groups:
    """Return findings for each value of a joined column. Raises UsageError when no such column was joined."""
    data, findings = told.data, told.findings.new
    check_joined(data, column)
    names = sorted(set(data.joined[column].tolist()))
    place = {name: at for at, name in enumerate(names)}
    value = np.array([*(place[name] for name in data.joined[column].tolist()), -1], dtype=np.int64)
    of_annotation = value[data.image_rows(data.table("annotations")["image"])]
    of_finding = value[data.image_rows(findings.column("image"))]
    rules, rule = rule_numbers(findings)
    table = np.zeros((len(names), len(rules)), dtype=np.int64)
    inside = of_finding >= 0
    np.add.at(table, (of_finding[inside], rule[inside]), 1)
    images = np.bincount(value[:-1], minlength=len(names)).tolist()
    annotations = np.bincount(of_annotation[of_annotation >= 0], minlength=len(names)).tolist()
    found = [
        Group(
            name,
            images[at],
            annotations[at],
            sum(counts),
            rate(sum(counts), annotations[at]),
            {code: rate(n, annotations[at]) for code, n in zip(rules, counts, strict=True) if n},
        )
        for at, (name, counts) in enumerate(zip(names, table.tolist(), strict=True))
    ]
    found.sort(key=lambda each: (-(each.per_thousand or 0.0), -each.findings, each.value))
    return Groups(column, found, int((~inside).sum()))


def rate(findings: int, annotations: int) -> float | None:
    return round(1000 * findings / annotations, 3) if annotations else None
