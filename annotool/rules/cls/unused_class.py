"""CLS002."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.metrics.balance import unfollowed
from annotool.rules.base import DatasetRule, Findings, Severity, found, unkept, written_in
from annotool.schema import NO_ID
from annotool.table import Array, Table

EXAMPLES = 3


class Used(msgspec.Struct, frozen=True):
    """The rows of `categories`, how many annotations each has, which are of YOLO files, and how many annotations of
    each source could not be read."""

    rows: Table
    counts: Array
    yolo: Array
    unkept: Array


@dataclass(frozen=True)
class UnusedClass(DatasetRule[Used]):
    """A category is declared and nothing is annotated with it.

    What: a declared name without a single annotation in any file of the dataset. A category that only groups others
    is FMT009, one whose id an earlier one of its file has SCH005; of several YOLO class lists that differ (CLS006) only
    the one that counts is looked at. Where records of annotations could not be read (SCH002), any may have been used.
    More than `single` are one finding: a part of COCO with the list of the whole.

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
    verdict = ("1 class is never used", "{n} classes are never used")
    silenced_by = ("SCH001", "SCH002", "FMT004")

    single: int = 10

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Used:
        rows, category = shard.table("categories"), shard.table("annotations")["category"]
        counts = np.bincount(category[category >= 0], minlength=len(rows))
        return Used(rows, counts, written_in(shard, rows, ("yolo",)), unkept(shard, "annotations"))

    def merge(self, states: Sequence[Used]) -> Used:
        counts, lost = (
            np.sum([getattr(each, name) for each in states], axis=0) for name in ("counts", "unkept")
        )
        return Used(states[0].rows, counts, states[0].yolo, lost)

    def finish(self, state: Used) -> Findings:
        if not state.counts.any():
            return Findings()
        rows = state.rows
        maybe = (rows["source"] >= 0) & (state.unkept[rows["source"]] > 0)  # by what could not be read
        used = set(rows["label"][(state.counts > 0) | maybe].tolist())
        grouping = set(rows["supercategory"][rows["supercategory"] != rows["name"]].tolist())
        again = (first_equal(rows["source"], rows["id"]) >= 0) & (rows["id"] != NO_ID)
        judged = (rows["source"] >= 0) & ~again
        declared = np.flatnonzero(judged & ~unfollowed(rows, state.counts, state.yolo))
        _, first = np.unique(rows["label"][declared], return_index=True)
        own = declared[first]
        pairs = zip(rows["label"][own].tolist(), rows["name"][own].tolist(), strict=True)
        unused = own[[label not in used and name not in grouping for label, name in pairs]]
        if len(unused) > self.single:
            names = rows["name"][unused[:EXAMPLES]].tolist()
            values = {"unused": len(unused), "declared": len(own), "examples": ", ".join(map(repr, names))}
            message = "{unused:,} of {declared:,} categories are declared and never used, as {examples}"
            return found(self, message, values=values)
        return found(
            self,
            "{name!r} is declared and never used",
            rows,
            take=unused,
            values={"name": rows["name"][unused]},
        )
