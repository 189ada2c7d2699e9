"""CLS006."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypedDict

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Severity, found, mendable, worded
from annotool.rules.cls.base import folded
from annotool.schema import NO_ID
from annotool.table import Array, Table


class Maps(msgspec.Struct, frozen=True):
    """The rows of `categories`, how many annotations each has, and the files by source."""

    rows: Table
    counts: Array
    sources: Table


class ClassMapDiffers(DatasetRule[Maps]):
    """The same class number means different things in different files.

    What: an id that has annotations stands for one name in one file and for another in a later file: COCO files of
    different splits, or a YOLO class list beside data.yaml. One finding a file. Ids that nothing uses do not matter,
    nor do names that differ in spelling only (CLS003).

    Why: training goes by the number: right boxes under wrong names, and no error anywhere
    (HumanSignal/labelImg#465, #707; HumanSignal/label-studio#3324; rooneysh/Labelme2YOLO#28).

    Bad: train.json has `{"id": 1, "name": "car"}`, val.json `{"id": 1, "name": "bus"}`.

    Good: the same list in every file.

    Fix: unsafe, for each file's annotations are taken to be right by its own list: a COCO file, or a YOLO list of the
    same names, gets the numbers of the earlier file, in its list and its annotations; a class list that no row goes by
    gets the names of the one that counts. None where a name or a number stands twice in a file.

    Source: HumanSignal/labelImg#465, #707; HumanSignal/label-studio#3324; ultralytics/ultralytics#13936.
    """

    code = "CLS006"
    slug = "class-map-differs"
    severities = (Severity.ERROR,)
    fixes = (Fix.UNSAFE,)
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
                fix=Fix.UNSAFE if remapping(state, source, first) is not None else Fix.NONE,
                source=source,
                line=int(state.rows["line"][row]) if list_of_classes else 0,
            )
        return findings

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, sources, _ = mendable(findings, "source")
        state, parts = self.partial(data), list[Edits]()
        differing = conflicts(state)
        for number, source in zip(finding.tolist(), sources.tolist(), strict=True):
            new = remapping(state, source, differing[source][1])
            make = partial(Edits.make, finding=number, safe=False, rule=self.code)
            for column in ("id", "name"):
                rows = [row for row in new if state.rows[column][row] != new[row][column]] if new else []
                values = [new[row][column] for row in rows] if new else []
                parts.append(make(len(rows), table="categories", column=column, row=rows, new=values))
            parts.append(self.moved(data, new or {}, make))
        return Edits.concat(parts)

    @staticmethod
    def moved(data: Dataset, new: Mapping[int, Entry], make: Callable[..., Edits]) -> Edits:
        """The edits that give annotations the number their category gets."""
        category = data.table("annotations")["category"]
        number = np.full(len(data.table("categories")) + 1, NO_ID, dtype=np.int64)
        number[list(new)] = [each["number"] for each in new.values()]
        wanted = number[category]
        rows = np.flatnonzero((wanted != NO_ID) & (wanted != data.table("annotations")["category_id"]))
        return make(len(rows), table="annotations", column="category_id", row=rows, new=wanted[rows])


class Entry(TypedDict):
    """What a category row becomes: its id and name in the list, and the number its annotations get."""

    id: int
    name: str
    number: int


def remapping(state: Maps, source: int, first: int) -> dict[int, Entry] | None:
    """Return what each category row of a source becomes, by the numbers of the file that row `first` stands in; None
    where that cannot be told."""
    ids, names = state.rows["id"].tolist(), state.rows["name"].tolist()
    own, right = (
        np.flatnonzero(state.rows["source"] == each).tolist()
        for each in (source, state.rows["source"][first])
    )
    if any(
        len({column[row] for row in rows}) < len(rows) for column in (ids, names) for rows in (own, right)
    ):
        return None
    if NO_ID in (ids[row] for row in (*own, *right)):
        return None
    by_name, by_id = {names[row]: ids[row] for row in right}, {ids[row]: names[row] for row in right}
    if state.sources["format"][source] != "yolo":
        new = renumbered(own, ids, names, by_name)
        return {row: Entry(id=new[row], name=names[row], number=new[row]) for row in own}
    if not state.counts[own].any():
        return {
            row: Entry(id=ids[row], name=by_id[ids[row]], number=ids[row]) for row in own if ids[row] in by_id
        }
    if {(names[row]) for row in own} != by_name.keys() or {ids[row] for row in own} != by_id.keys():
        return None
    return {row: Entry(id=ids[row], name=by_id[ids[row]], number=by_name[names[row]]) for row in own}


def renumbered(
    rows: Sequence[int], ids: Sequence[int], names: Sequence[str], by_name: Mapping[str, int]
) -> dict[int, int]:
    """Return each row's new id: that of its name elsewhere, else its own if it is free, else a free one."""
    taken = set(by_name.values())
    free = max([*taken, *(ids[row] for row in rows)]) + 1
    new = {}
    for row in rows:
        if names[row] in by_name:
            new[row] = by_name[names[row]]
        elif ids[row] not in taken:
            new[row] = ids[row]
        else:
            new[row], free = free, free + 1
    return new


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
