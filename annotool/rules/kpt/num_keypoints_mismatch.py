"""KPT003."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import COLUMNS, DatasetRule, Edits, Findings, Fix, Op, Severity, found, mendable
from annotool.rules.targets import drops, stops, value_is, worded_as
from annotool.table import Array, Table

WRITTEN = re.compile(rb'"num_keypoints"\s*:\s*(-?\d+)')
ABSENT = -1


class Counted(msgspec.Struct, frozen=True):
    """The annotations whose num_keypoints is another than their labelled points (COLUMNS, labelled, written; at, until:
    where the number stands, or where it has to go if it is absent), and how many have keypoints, by source."""

    rows: Table
    judged: Array


class NumKeypointsMismatch(DatasetRule[Counted]):
    """num_keypoints is not the number of labelled keypoints.

    What: an annotation with keypoints whose `num_keypoints` is not the count of points with v > 0, or is absent. Where no
    annotation of a file has it, that is one finding.

    Why: pycocotools leaves out every object with num_keypoints = 0, as if it were not there, and counts predictions of
    it neither right nor wrong; it raises KeyError where the key is absent. mmpose and detectron2 drop objects by it.

    Bad: `"keypoints": [10, 20, 2, 31, 42, 1], "num_keypoints": 0`.

    Good: `"num_keypoints": 2`.

    Fix: safe, the count of points with v > 0.

    Source: pycocotools/cocoeval.py _prepare (gt['ignore'] where num_keypoints is 0).
    Of the consumers: pycocotools 2.0.11 cocoeval.py COCOeval._prepare.
    """

    code = "KPT003"
    slug = "num-keypoints-mismatch"
    severities = (Severity.WARNING,)
    verdict = ("1 num_keypoints is wrong", "{n} num_keypoints are wrong")
    fixes = (Fix.SAFE,)
    formats = ("coco",)
    silenced_by = ("SCH002", "SCH004", "KPT001")
    targets = (
        drops("coco-eval", "leaves it out where keypoints are evaluated", when=value_is("written", 0)),
        stops(
            "coco-eval",
            "stops where keypoints are evaluated: KeyError",
            when=worded_as("no annotation has", "num_keypoints is absent"),
            many="annotations",
        ),
    )

    def partial(self, shard: Dataset) -> Counted:
        table, points, sources = shard.table("annotations"), shard.keypoints, shard.table("sources")
        coco = (sources["format"] == "coco")[table["source"][points["row"]]].astype(bool)
        rows, labelled = points["row"][coco & points["finite"]], points["labelled"][coco & points["finite"]]
        written, at, until = numbers_written(shard, rows)
        off = np.flatnonzero(written != labelled)
        off = off[
            [
                sure(shard, row, count)
                for row, count in zip(rows[off].tolist(), written[off].tolist(), strict=True)
            ]
        ]
        rows, labelled, written, at, until = rows[off], labelled[off], written[off], at[off], until[off]
        columns = {name: table[name][rows] for name in COLUMNS}
        columns |= {"labelled": labelled, "written": written, "at": at, "until": until}
        count = np.bincount(table["source"][points["row"]][coco & points["finite"]], minlength=len(sources))
        return Counted(Table(columns), count)

    def merge(self, states: Sequence[Counted]) -> Counted:
        return Counted(
            Table.concat([each.rows for each in states]), np.sum([each.judged for each in states], axis=0)
        )

    def finish(self, state: Counted) -> Findings:
        rows = state.rows.take(np.argsort(state.rows["annotation"], kind="stable"))
        absent = rows["written"] == ABSENT
        nowhere = np.bincount(rows["source"][absent], minlength=len(state.judged)) == state.judged
        sources = np.flatnonzero(nowhere & (state.judged > 0))
        told = found(self, "no annotation has num_keypoints (of {annotations:,} with keypoints)", count=len(sources),
                     source=sources, fix=Fix.SAFE, values={"annotations": state.judged[sources]})  # fmt: skip
        rows, absent = rows.take(~nowhere[rows["source"]]), absent[~nowhere[rows["source"]]]
        for chosen, message in (
            (~absent, "num_keypoints is {written}, but {labelled} keypoints have v > 0"),
            (absent, "num_keypoints is absent; {labelled} keypoints have v > 0"),
        ):
            mine = rows.take(chosen)
            values = {"written": mine["written"], "labelled": mine["labelled"]}
            told += found(self, message, mine, fix=Fix.SAFE, values=values)
        return told

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        of_file = findings.column("source")[finding]
        rows = self.partial(data).rows
        number = np.full(len(rows), -1, dtype=np.int64)
        for at in np.flatnonzero(keys < 0).tolist():
            number[rows["source"] == of_file[at]] = finding[at]
        named = np.searchsorted(rows["annotation"], keys[keys >= 0])
        number[named] = finding[keys >= 0]
        rows, number = rows.take(number >= 0), number[number >= 0]
        texts = [
            f', "num_keypoints": {count}' if written == ABSENT else str(count)
            for count, written in zip(rows["labelled"].tolist(), rows["written"].tolist(), strict=True)
        ]
        return Edits.make(len(rows), op=Op.BYTES, table="sources", row=rows["source"], start=rows["at"], end=rows["until"],
                          new=texts, finding=number, safe=True, rule=self.code)  # fmt: skip


class Said(msgspec.Struct):
    """What an annotation says of its keypoints itself, not in a record within it."""

    num_keypoints: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def sure(data: Dataset, row: int, count: int) -> bool:
    """Whether that count, or ABSENT, is what a record says, once it is read as JSON."""
    table = data.table("annotations")
    held = data.source_bytes(int(table["source"][row]))[int(table["start"][row]) : int(table["end"][row])]
    try:
        said = msgspec.json.decode(bytes(held), type=Said).num_keypoints
    except msgspec.DecodeError:
        return False
    return (
        count == ABSENT if isinstance(said, msgspec.UnsetType) else bytes(said).strip() == str(count).encode()
    )


def numbers_written(data: Dataset, rows: Array) -> tuple[Array, Array, Array]:
    """The num_keypoints of each annotation (ABSENT: none), and the bytes it stands at in its file: int64 (n,) each.
    Of one that is absent: the place before the closing bracket.
    """
    table = data.table("annotations")
    source, start, end = (table[name][rows] for name in ("source", "start", "end"))
    written, at = np.full(len(rows), ABSENT, dtype=np.int64), end - 1
    until = at.copy()
    for each in np.unique(source).tolist():
        held = data.source_bytes(each)
        found = [(m.start(1), m.end(1), int(m[1])) for m in WRITTEN.finditer(held)]
        places = np.array(found, dtype=np.int64).reshape(-1, 3)
        mine = np.flatnonzero(source == each)
        first = np.searchsorted(places[:, 0], start[mine])
        several = np.searchsorted(places[:, 0], end[mine]) - first
        one = several > 0
        written[mine[one]], at[mine[one]], until[mine[one]] = places[first[one]].T[[2, 0, 1]]
    return written, at, until
