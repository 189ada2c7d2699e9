"""Comparing an audit with a baseline, and keeping a baseline up to date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotool.baselines import lines
from annotool.baselines.entries import collapsed, of_findings
from annotool.baselines.matching import match
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Compared, Findings
from annotool.table import Array, Table

__all__ = ["Baseline", "check_baseline", "compare", "keep"]


@dataclass(frozen=True)
class Baseline:
    """What became of a baseline's file: faults in it now, added, known before, and gone (pruned, or still in it)."""

    file: Path
    total: int
    added: int
    known: int
    gone: int
    pruned: bool


def compare(
    data: Dataset, findings: Findings, file: Path, ran: Collection[str], bound: Collection[str]
) -> Findings:
    """Return findings with `known` set, and in `baseline` the entries of the file that nothing is found for any more.

    Entries of rules that did not run (`ran`) and of other formats are left alone: neither known nor gone.
    """
    entries = lines.read(file)
    left, known = match(entries, of_findings(data, findings, bound))
    stale = gone(data, entries, left, ran)
    parts, start = [], 0
    for part in findings.blocks:
        mine = known[start : start + len(part)]
        parts.append(replace(part, columns=part.columns.with_columns(known=mine)))
        start += len(part)
    told = entries.with_columns(count=stale).take(stale > 0)
    return replace(findings, blocks=tuple(parts), baseline=Compared(str(file), told))


def gone(data: Dataset, entries: Table, left: Array, ran: Collection[str]) -> Array:
    """How many faults of each entry are found no more, 0 where this audit could not tell."""
    formats = {name: set(name.split("+")) <= {"", *data.formats} for name in set(entries["format"].tolist())}
    judged = [
        rule in ran and formats[name]
        for rule, name in zip(entries["rule"].tolist(), entries["format"].tolist(), strict=True)
    ]
    return np.where(np.array(judged, dtype=bool), left, 0)


def check_baseline(file: Path, *, update: bool, prune: bool) -> None:
    """Raise UsageError where a baseline is there already and nobody said what to do with it."""
    if file.exists() and not (update or prune):
        raise UsageError(
            f"{file}: is there already; --update adds what is new to it and keeps its reasons, "
            "--prune takes out what is found no more"
        )


def keep(
    data: Dataset,
    findings: Findings,
    file: Path,
    ran: Collection[str],
    bound: Collection[str],
    update: bool = False,
    prune: bool = False,
) -> Baseline:
    """Write the findings to a baseline file; with `update` add new ones to it, with `prune` take out what is gone.

    Raises UsageError where the file is there and neither is asked for.
    """
    check_baseline(file, update=update, prune=prune)
    found = of_findings(data, findings, bound)
    if not file.exists() and not prune:
        entries = found.take(np.zeros(0, dtype=np.int64))
        update = True
    else:
        entries = lines.read(file)
    left, known = match(entries, found)
    stale = gone(data, entries, left, ran)
    held = entries.with_columns(count=entries["count"] - stale) if prune else entries
    held = held.take(held["count"] > 0)
    if update:
        held = collapsed(Table.concat([held, found.take(~known)]), np.add.at)
    lines.write(file, held)
    added = int((~known).sum()) if update else 0
    return Baseline(file, int(held["count"].sum()), added, int(known.sum()), int(stale.sum()), prune)
