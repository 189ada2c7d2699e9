"""A cause silences its echoes: what a more basic fault condemns is not judged by rules that need the condemned value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Findings, Severity
from annotool.rules.base import Rule
from annotool.table import Array

__all__ = ["in_order", "silence"]

LEVELS = ("annotation", "image", "source")  # a finding condemns the narrowest of these that it names


def in_order(rules: Mapping[str, Rule]) -> list[str]:
    """Return the codes, each after the causes that may silence it, else by code."""
    graph = {code: [c for c in rule.silenced_by if c in rules] for code, rule in sorted(rules.items())}
    return list(TopologicalSorter(graph).static_order())


def silence(
    data: Dataset, findings: Findings, causes: Mapping[str, Findings], rules: Mapping[str, Rule]
) -> tuple[Findings, dict[str, Findings]]:
    """Return the findings that no cause explains, and the causes with what they explain added to `silenced`.

    A cause condemns the annotation it names, else its image with all its annotations, else its source file. A file
    is condemned by errors only (a byte order mark does not spoil what follows it), a row by warnings too.
    """
    counted: dict[str, Findings] = {}
    for code, cause in causes.items():
        blocks = []
        for part in cause.blocks:
            by = condemned(data, part, rules[code].condemns(part))
            hits = [hit(by, each) for each in findings.blocks]
            findings = kept(findings, [each < 0 for each in hits])
            blocks.append(counting(part, hits))
        counted[code] = Findings(tuple(blocks))
    return findings, counted


def condemned(data: Dataset, cause: Block, spoils: Array) -> dict[str, Array]:
    """For each level, which row of the cause condemns each key, or -1; `spoils`: which rows condemn at all."""
    severity, free = cause.columns["severity"], np.asarray(spoils, dtype=bool)
    sizes = {
        "annotation": top(data, "annotations"),
        "image": top(data, "images"),
        "source": len(data.table("sources")),
    }
    by: dict[str, Array] = {}
    for level in LEVELS:
        keys = cause.columns[level]
        least = Severity.ERROR if level == "source" else Severity.WARNING
        rows = np.flatnonzero(free & (keys >= 0) & (severity >= least))
        free = free & (keys < 0)
        if len(rows):
            by[level] = np.full(sizes[level], -1, dtype=np.int64)
            by[level][keys[rows]] = rows
    return by


def hit(by: Mapping[str, Array], part: Block) -> Array:
    """The row of the cause that condemns each finding of `part`, or -1."""
    cause = np.full(len(part), -1, dtype=np.int64)
    for level, rows in by.items():
        keys = part.columns[level]
        cause = np.where((cause < 0) & (keys >= 0), rows[np.maximum(keys, 0)], cause)
    return cause


def kept(findings: Findings, masks: Sequence[Array]) -> Findings:
    parts = (part.take(mask) for part, mask in zip(findings.blocks, masks, strict=True))
    return Findings(tuple(part for part in parts if len(part)))


def counting(cause: Block, hits: Sequence[Array]) -> Block:
    explained = np.concatenate([np.empty(0, dtype=np.int64), *(each[each >= 0] for each in hits)])
    added = np.bincount(explained, minlength=len(cause)).astype(np.int32)
    return replace(cause, columns=cause.columns.with_columns(silenced=cause.columns["silenced"] + added))


def top(data: Dataset, name: str) -> int:
    """One more than the largest row key of a table, which in a shard does not start at 0."""
    keys = data.table(name)[name[:-1]]
    return int(keys.max()) + 1 if len(keys) else 0
