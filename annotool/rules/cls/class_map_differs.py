"""CLS006."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found, worded
from annotool.rules.cls.base import folded
from annotool.schema import NO_ID
from annotool.table import Array, Table


@dataclass(frozen=True)
class Maps:
    """The rows of `categories`, how many annotations each has, and the files by source."""

    rows: Table
    counts: Array
    sources: Table


@dataclass(frozen=True)
class ClassMapDiffers(DatasetRule[Maps]):
    """The same class number means different things in different files.

    What: an id that has annotations stands for one name in one file and for another in a later file: COCO files of
    different splits, or a YOLO class list beside data.yaml. One finding a file. Ids that nothing uses do not matter,
    nor do names that differ in spelling only (CLS003).

    Why: training goes by the number: right boxes under wrong names, and no error anywhere
    (HumanSignal/labelImg#465, #707; HumanSignal/label-studio#3324; rooneysh/Labelme2YOLO#28).

    Bad: train.json has `{"id": 1, "name": "car"}`, val.json `{"id": 1, "name": "bus"}`.

    Good: the same list in every file.

    Fix: none: only a person knows which list the annotations were made with.

    Source: HumanSignal/labelImg#465, #707; HumanSignal/label-studio#3324; ultralytics/ultralytics#13936.
    """

    code = "CLS006"
    slug = "class-map-differs"
    severities = (Severity.ERROR,)
    silenced_by = ("SCH001", "SCH002")
    verdict = ("1 file numbers the classes differently", "{n} files number the classes differently")

    def partial(self, shard: Dataset) -> Maps:
        category = shard.table("annotations")["category"]
        rows = shard.table("categories")
        counts = np.bincount(category[category >= 0], minlength=len(rows))
        return Maps(rows, counts, shard.table("sources"))

    def merge(self, states: Sequence[Maps]) -> Maps:
        counts = np.sum([each.counts for each in states], axis=0)
        return Maps(states[0].rows, counts, states[0].sources)

    def finish(self, state: Maps) -> Findings:
        findings = Findings()
        for source, (row, first, ids) in conflicts(state).items():
            names, files = state.rows["name"], state.sources["file"]
            values = {
                "ids": [ids],
                "example": int(state.rows["id"][row]),
                "name": names[row],
                "other": names[first],
                "other_file": files[state.rows["source"][first]],
                "differing": len(ids),
            }
            list_of_classes = state.sources["role"][source] == "classes"
            findings += found(
                self,
                "class {example} is {name!r} here and {other!r} in {other_file} ({differing} "
                + worded("id[|s] in use differ[s|])", len(ids)),
                values=values,
                source=source,
                line=int(state.rows["line"][row]) if list_of_classes else 0,
            )
        return findings


def conflicts(state: Maps) -> dict[int, tuple[int, int, list[int]]]:
    """For each source that disagrees with an earlier one: its first row that does, the row it contradicts, and all
    the ids in use that differ."""
    rows = state.rows
    format_of = state.sources["format"]
    keys = [
        (format_of[source], number)
        for source, number in zip(rows["source"], rows["id"].tolist(), strict=True)
    ]
    declared = np.flatnonzero((rows["source"] >= 0) & (rows["id"] != NO_ID)).tolist()
    used = {keys[row] for row in declared if state.counts[row]}
    first: dict[tuple[str, int], int] = {}
    differing: dict[int, tuple[int, int, list[int]]] = {}
    for row in declared:
        other = first.setdefault(keys[row], row)
        here, there = int(rows["source"][row]), int(rows["source"][other])
        if here == there or keys[row] not in used or folded(rows["name"][row]) == folded(rows["name"][other]):
            continue
        differing.setdefault(here, (row, other, []))[2].append(keys[row][1])
    return differing
