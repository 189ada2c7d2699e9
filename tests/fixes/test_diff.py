from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotool import api
from annotool.findings import Edits, Findings
from annotool.fixes import diff
from annotool.formats.base import objects
from annotool.table import Table
from tests.fixes import toy

SLUGS = {rule.code: rule.slug for rule in toy.RULES}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    (tmp_path / "a.png").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "sick.toy").write_bytes(
        b"image 1 a.png 100 100\n"
        b"image 2 gone.png 100 100\n"
        b"box 1 2 0 0 0 5 5 25\n"
        b"box 7 1 0 98 10 10 20 200\r\n"
        b"box,8,1,1,0,0,5,5,24\n"
    )
    (tmp_path / "sub" / "a.png").touch()
    return tmp_path


def test_golden(given: Path) -> None:
    made = toy.proposal(given, unsafe=True)
    assert list(diff.lines(made.changes, SLUGS, given)) == [
        "@@ sub/sick.toy:2 TOY301 missing (unsafe): gone.png",
        "-image 2 gone.png 100 100",
        "@@ sub/sick.toy:3 TOY301 missing (unsafe): gone.png, annotation 1",
        "-box 1 2 0 0 0 5 5 25",
        "@@ sub/sick.toy:4 TOY101 outside (unsafe): a.png, annotation 7",
        "-bbox 98 10 10 20",
        "+bbox 98 10 2 20",
        "@@ sub/sick.toy:4 TOY101 outside (unsafe): a.png, annotation 7",
        "-area 200",
        "+area 40",
        "@@ sub/sick.toy:5 TOY002 comma",
        "-box,8,1,1,0,0,5,5,24",
        "+box 8 1 1 0 0 5 5 24",
        "@@ sub/sick.toy:5 TOY201 area: a.png, annotation 8",
        "-area 24",
        "+area 25",
    ]


def test_a_value_spelled_in_several_places_is_one_change(given: Path) -> None:
    class Moves(toy.Outside):
        def fix(self, data: object, findings: Findings) -> Edits:
            at = findings.column("annotation")
            return toy.edit_cells(self, findings, at, "bbox", [(80.0, 10.0, 20.0, 20.0)])

    lines = list(diff.lines(toy.proposal(given, unsafe=True, rules=[Moves()]).changes, SLUGS, given))
    assert lines[:3] == [
        "@@ sub/sick.toy:4 TOY101 outside (unsafe): a.png, annotation 7",
        "-bbox 98 10 10 20",
        "+bbox 80 10 20 20",
    ]


def test_long_values_are_cut_and_odd_bytes_shown() -> None:
    line = diff.text(b"\xff" + b"x" * 500)
    assert line.startswith("\\xffxxx") and line.endswith(" …") and len(line) <= diff.WIDTH
    assert (
        diff.text(b"\t<object>\r\n\t\t<name> a </name>\r\n\t</object>\r\n")
        == "<object> <name> a </name> </object>"
    )


def test_what_cannot_be_seen_is_spelled() -> None:
    assert diff.text("\ufeff\u202ea".encode()) == "\\ufeff\\u202ea"


def test_a_member_that_is_added_is_shown_by_its_value() -> None:
    row = {
        "round": 1,
        "edit": 0,
        "rule": "SCH003",
        "safe": True,
        "path": Path("a.json"),
        "line": 3,
        "image": "a.png",
    }
    row |= {
        "annotation_id": 7,
        "category": "",
        "score": None,
        "column": "iscrowd",
        "old": b"",
        "new": b', "iscrowd": 0',
    }
    row |= {"old_value": -1, "new_value": 0}
    changes = Table({name: objects([value]) for name, value in row.items()})
    head, line = diff.lines(changes, {"SCH003": "missing-eval-field"}, Path.cwd())
    assert (head, line) == ("@@ a.json:3 SCH003 missing-eval-field: a.png, annotation 7", "+iscrowd 0")


def test_nothing_changed_nothing_shown(tmp_path: Path) -> None:
    assert list(diff.lines(toy.proposal(tmp_path).changes, SLUGS, tmp_path)) == []


def test_long_values_are_shown_where_they_differ(tmp_path: Path) -> None:
    names = ["cat"] * 60 + ["dog "] + ["hen"] * 60
    record = {"file_name": "1.jpg", "objects": {"bbox": [[1, 2, 3, 4]] * len(names), "categories": names}}
    (tmp_path / "metadata.jsonl").write_text(json.dumps(record) + "\n")
    made = api.fix(tmp_path, images="none", select=["CLS005"])
    _, old, new = diff.lines(made.changes, {}, tmp_path)
    assert old.startswith('-name … "cat", ') and '"dog ", "hen"' in old
    assert new.startswith('+name … "cat", ') and '"dog", "hen"' in new


@pytest.mark.parametrize(
    ("old", "new"), [("a" * 300, ""), ("a" * 90 + "b", "a" * 90 + "c"), ("a" * 300, "b" * 300)]
)
def test_other_values_are_shown_from_their_start(old: str, new: str) -> None:
    assert diff.apart(old, new) == (old, new)
