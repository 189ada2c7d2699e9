"""Comparing an audit with a baseline, and keeping a baseline up to date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotool.baselines import lines
from annotool.baselines.entries import cleaned, collapsed, of_findings
from annotool.baselines.matching import match
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Compared, Findings
from annotool.fingerprint import image_names
from annotool.output import check_place
from annotool.table import Array, Table

__all__ = ["Baseline", "check_baseline", "compare", "keep"]


@dataclass(frozen=True)
class Baseline:
    """What became of a baseline's file: faults in it now, added, known before, and gone (pruned, or still in it), `absent`
    of them in images that are not in the dataset."""

    file: Path
    total: int
    added: int
    known: int
    gone: int
    absent: int
    pruned: bool


def compare(
    data: Dataset, findings: Findings, file: Path, ran: Collection[str], bound: Collection[str]
) -> Findings:
    """Return findings with `known` set, and in `baseline` the entries of the file that nothing is found for any more.

    Entries of rules that were not selected (`ran`) and of other formats are left alone: neither known nor gone.
    """
    entries = lines.read(file)
    left, known = match(entries, of_findings(data, findings, bound))
    stale = gone(data, findings, entries, left, ran)
    parts, start = [], 0
    for part in findings.blocks:
        mine = known[start : start + len(part)]
        parts.append(replace(part, columns=part.columns.with_columns(known=mine)))
        start += len(part)
    return replace(findings, blocks=tuple(parts), baseline=Compared(str(file), stale))


def gone(data: Dataset, findings: Findings, entries: Table, left: Array, ran: Collection[str]) -> Table:
    """The entries found no more, each with the count of faults that are gone; `row`: which entry it is (int64), and
    `absent`: it names an image that is not in the dataset (bool).

    A rule that could not judge all (`skipped`) says nothing of images without a file or a size, nor of the whole.
    """
    rows = np.flatnonzero(left > 0)
    table = entries.take(rows).with_columns(count=left[rows], row=rows)
    whole = images_whole(data) if len(rows) else {}
    image = [whole.get(name) for name in table["image"].tolist()]  # None: not in the dataset
    absent = np.array([has is None for has in image], dtype=bool) & (table["image"] != "")
    partly = {each.rule for each in findings.skipped}
    fit = {name: set(name.split("+")) <= {"", *data.formats} for name in set(table["format"].tolist())}
    judged = [
        rule in ran and fit[form] and (rule not in partly or bool(has) or away)
        for rule, form, has, away in zip(
            table["rule"].tolist(), table["format"].tolist(), image, absent.tolist(), strict=True
        )
    ]
    return table.with_columns(absent=absent).take(np.array(judged, dtype=bool))


def images_whole(data: Dataset) -> dict[str, bool]:
    """Whether each image, by plain name, has a file and a size."""
    images = data.table("images")
    whole = np.isfinite(images["width"]) & np.isfinite(images["height"]) & (images["path"] != "")
    return dict(zip(cleaned(image_names(data)).tolist(), whole.tolist(), strict=False))


def check_baseline(file: Path, *, update: bool, prune: bool) -> None:
    """Raise UsageError where a baseline is there already and nobody said what to do with it, or none can be written."""
    try:
        check_place(file)
    except UsageError as error:
        raise UsageError(f"--out {file}: {error}") from error
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
    stale = gone(data, findings, entries, left, ran)
    held = entries
    if prune:
        count = entries["count"].copy()
        count[stale["row"]] -= stale["count"]
        held = entries.with_columns(count=count).take(count > 0)
    if update:
        held = collapsed(Table.concat([held, found.take(~known)]), np.add.at)
    lines.write(file, held)
    added = int((~known).sum()) if update else 0
    was, absent = int(stale["count"].sum()), int(stale["count"][stale["absent"]].sum())
    return Baseline(file, int(held["count"].sum()), added, int(known.sum()), was, absent, prune)
