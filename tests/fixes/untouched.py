"""Two states of a dataset compared byte by byte, but for the records that somebody decided on."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.fixes.decisions import Decision, box_marks

WRITTEN = {"fixes.jsonl", "ignored.jsonl"}  # by every fix with decisions, beside the dataset
HOLE = b"\0"
SAID = {  # what a decision may change of a record, by format
    "relabel": {"coco": rb'"category_id":\s*\d+', "voc": rb"<name>[^<]*</name>", "yolo": rb"^\S+"},
    "move": {"coco": rb'"bbox":\s*\[[^\]]*\]|"area":\s*[-+.\deE]+', "voc": rb"<[xy]m(?:in|ax)>[^<]*<", "yolo": rb"(?<=\s)\S+"},
}  # fmt: skip


def records(data: Dataset, source: int) -> list[int]:
    """The rows of annotations of one label file, in the order of the file."""
    rows = data.table("annotations")
    mine = np.flatnonzero((rows["source"] == source) & (rows["start"] >= 0))
    return [int(row) for row in mine[np.argsort(rows["start"][mine], kind="stable")]]


def record(data: Dataset, row: int) -> bytes:
    rows = data.table("annotations")
    held = data.source_bytes(int(rows["source"][row]))
    return bytes(held[int(rows["start"][row]) : int(rows["end"][row])])


def hollow(data: Dataset, source: int, rows: Collection[int]) -> bytes:
    """A label file without these records and what sets them off."""
    held, table = bytes(data.source_bytes(source)), data.table("annotations")
    for row in sorted(rows, key=lambda each: -int(table["start"][each])):
        held = held[: int(table["start"][row])] + HOLE + held[int(table["end"][row]) :]
    held = re.sub(rb"[,\s]*\0", b"", held)
    return re.sub(rb"\[\s*,?\s*", b"[", held).lstrip()


def only_these(old: Dataset, new: Dataset, said: Sequence[Decision], dropped: Collection[str] = ()) -> None:
    """Assert that nothing but what was decided differs; `dropped`: marks of boxes whose accepted fix deletes them."""
    root, out = (Path(data.paths[0]) for data in (old, new))
    names = [
        {str(file.relative_to(each)) for file in each.rglob("*") if file.is_file()} for each in (root, out)
    ]
    assert names[0] == names[1] - WRITTEN
    gone = {*dropped, *(each.box for each in said if each.action == "delete")}
    actions = {each.box: each.action for each in said if each.box and each.action != "ignore"}
    drawn = [each for each in said if each.action == "draw"]
    marks, touched, more = box_marks(old), set[str](), 0
    sources = {name: at for at, name in enumerate(new.table("sources")["file"].tolist())}
    for source, file in enumerate(old.table("sources")["file"].tolist()):
        before, after = records(old, source), records(new, sources[file])
        kept = [row for row in before if marks[row] not in gone]
        assert len(after) >= len(kept), file
        pairs = list(zip(kept, after, strict=False))
        changed = [(was, now) for was, now in pairs if marks[was] in actions]
        added = after[len(kept) :]
        more += len(added)
        cut = [row for row in before if marks[row] in gone] + [was for was, _ in changed]
        assert hollow(old, source, cut) == hollow(
            new, sources[file], [*added, *(now for _, now in changed)]
        ), file
        for was, now in changed:
            part = SAID.get(actions[marks[was]])
            if part:
                form = part[old.table("sources")["format"][source]]
                assert re.sub(form, b"", record(old, was)) == re.sub(form, b"", record(new, now))
            assert record(old, was) != record(new, now)
        touched |= {str(marks[row]) for row in cut}
        names[0].discard(file)
    assert more == len(drawn)
    assert touched == set(actions), "each of these was to change"
    for file in names[0]:
        assert (root / file).read_bytes() == (out / file).read_bytes(), file
