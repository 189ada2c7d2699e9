from __future__ import annotations

from pathlib import Path

import pytest

from annotool.findings import Edits, Findings
from annotool.fixes import diff
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


def test_nothing_changed_nothing_shown(tmp_path: Path) -> None:
    assert list(diff.lines(toy.proposal(tmp_path).changes, SLUGS, tmp_path)) == []
