"""Every kind of decision, in every format: it changes its own record, as it was said, and every other byte stays."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.fingerprint import fingerprints, rows_of
from annotool.fixes.decisions import Decision, Value, box_marks, write
from tests.fixes.untouched import only_these

FORMS = ["coco", "voc", "yolo"]
KINDS = ["delete", "move", "relabel", "draw", "accept", "ignore"]


def sound(data: Dataset) -> list[int]:
    """Rows of boxes nothing is wrong with, each in an image of its own."""
    bad = set(api.audit(data).column("annotation").tolist())
    rows, seen = [], set[int]()
    for row, image in enumerate(data.table("annotations")["image"].tolist()):
        if row not in bad and image not in seen and data.boxes.usable[row]:
            rows.append(row)
            seen.add(image)
    return rows


def by_hand(data: Dataset, row: int, action: Any) -> Decision:
    """An edit of a box, or a box drawn in its image."""
    table = data.table("annotations")
    x, y, w, h = (float(table[side][row]) for side in "xywh")
    own = str(data.names_of(table["category"][[row]])[0])
    other = next(name for name in data.labels if name and name != own)
    image = data.table("images")["file_name"][int(table["image"][row])]
    new = {"move": Value(box=(x, y, w - 4, h - 3)), "relabel": Value(category=other),
           "draw": Value(box=(3.0, 2.0, 31.0, 22.0), category=own)}.get(action)  # fmt: skip
    mark = "" if action == "draw" else str(box_marks(data)[row])
    return Decision(action, box=mark, image=image, category=own, new=new, reviewer="ann", time="1")


def on_findings(data: Dataset, action: Any, rules: list[str]) -> list[Decision]:
    """A word on the first finding of a box for each of these rules that has a fix."""
    findings = api.audit(data, select=rules)
    prints, marks = fingerprints(data, findings), box_marks(data)
    rows, named = rows_of(data, findings.column("annotation"))
    codes, able = findings.column("rule").tolist(), named & (findings.column("fix") > Fix.NONE)
    first = {codes[at]: at for at in reversed(np.flatnonzero(able).tolist())}
    assert first
    return [
        Decision(action, str(prints[at]), rule, str(marks[rows[at]]), reviewer="ann", time="1")
        for rule, at in first.items()
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_one_decision_changes_its_own_record(form: str, kind: Any, sample_data: Path, tmp_path: Path) -> None:
    source = sample_data / "faulty" / form
    data = api.read(source)
    on_finding = kind in ("accept", "ignore")
    said = on_findings(data, kind, ["BOX002"]) if on_finding else [by_hand(data, sound(data)[3], kind)]
    check(source, data, said, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_all_kinds_at_once(form: str, sample_data: Path, tmp_path: Path) -> None:
    source = sample_data / "faulty" / form
    data = api.read(source)
    rows = sound(data)
    said = [by_hand(data, row, kind) for row, kind in zip(rows[2:], KINDS[:4], strict=False)]
    said += on_findings(data, "accept", ["BOX001"]) + on_findings(data, "ignore", ["BOX002"])
    check(source, data, said, tmp_path)


def test_real_data(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "bccd_voc" / "BCCD"
    data = api.read(source)
    rows = sound(data)
    said = [by_hand(data, row, kind) for row, kind in zip(rows[2:], KINDS[:4], strict=False)]
    check(source, data, said + on_findings(data, "accept", ["DUP002"]), tmp_path)


def check(source: Path, data: Dataset, said: list[Decision], tmp_path: Path) -> None:
    """Decide, write, compare bytes, read what was said back, audit again, and do it once more."""
    file, out = tmp_path / "d.jsonl", tmp_path / "out"
    write(file, "test", said)
    api.fix(source, out=out, decisions=[file])
    after = api.read(out)
    accepted = {each.fingerprint for each in said if each.action == "accept"}
    only_these(data, after, said, dropped(data, after, said))
    prints = set(fingerprints(after, api.audit(after)).tolist())
    assert not prints & accepted
    assert {each.fingerprint for each in said if each.action == "ignore"} <= prints
    for each in said:
        if each.new is not None:
            assert has(after, each), each
    again = api.fix(out, decisions=[file])
    assert not len(again.changes), "a second time nothing is left to do"


def dropped(old: Dataset, new: Dataset, said: list[Decision]) -> set[str]:
    """Accepted boxes whose image then has fewer boxes than deleting and drawing by hand explain: the fix deletes them."""
    counts: list[Counter[str]] = []
    for data in (old, new):
        rows = data.table("annotations")
        counts.append(Counter(data.table("images")["file_name"][rows["image"]].tolist()))
    for each in said:
        counts[0][each.image] += {"draw": 1, "delete": -1}.get(each.action, 0)
    marks = {mark: row for row, mark in enumerate(box_marks(old).tolist())}
    found = set[str]()
    for each in said:
        if each.action == "accept":
            image = old.table("images")["file_name"][int(old.table("annotations")["image"][marks[each.box]])]
            found |= {each.box} if counts[1][image] < counts[0][image] else set()
    return found


def has(data: Dataset, said: Decision) -> bool:
    """Whether an image has such a box, to the pixel that the format can say."""
    assert said.new is not None
    rows, names = data.table("annotations"), data.table("images")["file_name"]
    mine = np.flatnonzero(names[rows["image"]] == said.image)
    wanted = said.new.category or said.category
    mine = mine[data.names_of(rows["category"][mine]) == wanted]
    if said.new.box is None:
        return len(mine) > 0
    boxes = np.stack([rows[side][mine] for side in "xywh"], axis=1)
    return bool((np.abs(boxes - np.array(said.new.box)) <= 1.01).all(axis=1).any())
