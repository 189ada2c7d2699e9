from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool.findings import Fix, Severity
from annotool.formats.voc.records import number
from annotool.schema import Kind
from tests.formats.voc.build import accounted, box, found, load, one, put, xml, xywh

B = box(1, 2, 30, 40)


# What peers did with these (docs on VOC with one planted fault each): a traceback, silence, or the file dropped.
# document, rule, message, record kept
FAULTS: list[tuple[str, str, str, bool]] = [
    (xml(B.replace("<ymax>40</ymax>", "")), "SCH002", "<bndbox> has no <ymax>", True),
    (xml(box(1, 2, 3, 4).replace("bndbox", "box")), "SCH002", "the object has no <bndbox>", True),
    (xml(box("one", 2, 30, 40)), "SCH002", "<xmin> is 'one', expected a number", True),
    (xml(box("1_0", 2, 30, 40)), "SCH002", "<xmin> is '1_0', expected a number", True),
    (xml(box("1,5", 2, 30, 40)), "SCH002", "<xmin> is '1,5', expected a number", True),
    (xml(box("", 2, 30, 40)), "SCH002", "<xmin> is '', expected a number", True),
    (xml(box("NaN", 2, "-inf", 40)), "SCH004", "<xmin> is NaN, <xmax> is -inf: expected a finite number", True),
    (xml(box("1e999", 2, 30, 40)), "SCH004", "<xmin> is 1e999: expected a finite number", True),
    (xml(B.replace("<name>cat</name>", "")), "SCH002", "the object has no <name>", True),
    (xml(box(1, 2, 3, 4, name=" ")), "SCH002", "<name> is empty", True),
    (xml(B.replace("cat</name>", "cat</name><name>dog</name>")), "SCH002",
     "<name> stands 2 times, expected once; the first is read", True),
    (xml(B.replace("</object>", "<bndbox><xmin>9</xmin></bndbox></object>")), "SCH002",
     "<bndbox> stands 2 times, expected once; the first is read", True),
    (xml(box(1, 2, 3, 4, flags="<truncated>2</truncated>")), "SCH002", "<truncated> is '2', expected 0 or 1", True),
    (xml(box(1, 2, 3, 4, flags="<difficult>Unspecified</difficult>")), "SCH002",
     "<difficult> is 'Unspecified', expected 0 or 1", True),
    (xml(box(1, 2, 3, 4, flags="<occluded/>")), "SCH002", "<occluded> is '', expected 0 or 1", True),
    (xml(B, more="<size><width>1</width></size>"), "SCH002", "<size> stands 2 times, expected once; the first is read", True),
    ("", "SCH001", "the file is empty; nothing is read", False),
    ("<annotation><object></annotation>", "SCH001",
     "not well-formed: mismatched tag at 1:23; 0 objects before it are read, the rest is not", False),
    ("<html><body/></html>", "SCH001", "the root element is <html>, expected <annotation>; nothing is read", False),
    ("\x00\x01\x02", "SCH001", "not well-formed: not well-formed (invalid token) at 1:1; nothing is read", False),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "SCH001",
     "a git-lfs pointer stands in place of the file; run `git lfs pull`; nothing is read", False),
    ("<!DOCTYPE annotation [<!ENTITY x 'y'>]>" + xml(B), "SCH001",
     "the document declares an entity at 1:34; nothing is read", False),
]  # fmt: skip


@pytest.mark.parametrize(("document", "rule", "message", "kept"), FAULTS)
def test_one_fault(tmp_path: Path, document: str, rule: str, message: str, kept: bool) -> None:
    files = {"a.xml": document, "b.xml": xml(B, filename="b.png")}
    data = load(put(tmp_path, files))
    assert [(r, m, k) for r, m, k in found(data)] == [(rule, message, kept)]
    assert accounted(data)
    assert (tmp_path / "a.xml").read_bytes() == document.encode()
    assert data.table("annotations")["image"][-1] == 1  # the other file is read all the same
    assert data.problems.column("source").tolist() == [0]


# Legal, if unusual: no finding, and these boxes and names.
LEGAL: list[tuple[str, list[tuple[float, ...]]]] = [
    (xml(), []),
    (xml(box("1.0", "2.0", "30.0", "40.0")), [(0, 1, 30, 39)]),
    (xml(box("1.5", " 2 ", "30\n", "+4e1")), [(0.5, 1, 29.5, 39)]),
    (xml(B).replace("\n", "\r\n").replace("\t", "  "), [(0, 1, 30, 39)]),
    (xml(B.replace("<xmin>1</xmin>", "").replace("</ymax>", "</ymax><xmin>1</xmin>")), [(0, 1, 30, 39)]),
    (xml(B.replace("<pose>", "<!-- <object> --><pose>")), [(0, 1, 30, 39)]),
    (xml(B.replace("<xmin>1<", "<xmin><![CDATA[1]]><")), [(0, 1, 30, 39)]),
    (xml(B, filename=""), [(0, 1, 30, 39)]),
    (xml(box(1, 2, 3, 4, more="\t\t<part><name>head</name><bndbox><xmin>9</xmin></bndbox></part>\n")), [(0, 1, 3, 3)]),
    (xml(box(30, 2, 1, 40)), [(29, 1, -28, 39)]),  # inverted: BOX001's
    (xml(box(-5, 2, 300, 40)), [(-6, 1, 306, 39)]),  # out of bounds: BOX002's
    (xml(B, B), [(0, 1, 30, 39)] * 2),  # DUP001's
    (xml(B, width=0, height=0), [(0, 1, 30, 39)]),  # SCH009's
]  # fmt: skip


@pytest.mark.parametrize(("document", "boxes"), LEGAL)
def test_legal_variants_are_read_right(tmp_path: Path, document: str, boxes: list[tuple[float, ...]]) -> None:
    data = one(tmp_path, document)
    assert found(data) == []
    assert xywh(data) == boxes
    assert data.names_of(data.table("annotations")["category"]).tolist() == ["cat"] * len(boxes)
    assert accounted(data)


def test_what_could_be_read_of_a_bad_record_is_there(tmp_path: Path) -> None:
    data = one(tmp_path, xml(B.replace("<ymax>40</ymax>", ""), box("x", 2, 3, 4), box("nan", 2, 3, 4)))
    rows = data.table("annotations")
    assert rows["kind"].tolist() == [Kind.NONE, Kind.NONE, Kind.BOX]
    np.testing.assert_equal(rows["y"], [1.0, 1.0, 1.0])
    np.testing.assert_equal(rows["x"], [0.0, np.nan, np.nan])
    np.testing.assert_equal(rows["h"], [np.nan, 3.0, 3.0])


def test_problems_name_record_line_and_pointer(tmp_path: Path) -> None:
    document = xml(
        B, box("x", 2, 3, 4), box(1, 2, 3, 4, name="dog", flags="\t\t<difficult>0.0</difficult>\n")
    )
    data = one(tmp_path, document)
    raw = document.encode()
    assert data.problems.column("annotation").tolist() == [1, 2]
    assert data.problems.column("line").tolist() == [18, 28]
    assert data.problems.column("pointer").tolist() == ["/annotation/object[2]", "/annotation/object[3]"]
    assert data.names_of(data.problems.column("category")).tolist() == ["cat", "dog"]
    assert data.problems.column("fix").tolist() == [Fix.NONE, Fix.SAFE]
    start, end = (int(data.problems.column(name)[1]) for name in ("start", "end"))
    assert raw[start:end] == b"0.0"
    assert data.problems.blocks[1].values["new"].tolist() == ["0"]


@pytest.mark.parametrize(
    ("text", "value"), [("0.0", 0), ("1.0", 1), ("True", 1), ("false", 0), (" 1 ", 1), ("+1", 1)]
)
def test_flags_that_only_are_spelled_wrong(tmp_path: Path, text: str, value: int) -> None:
    data = one(tmp_path, xml(box(1, 2, 3, 4, flags=f"<truncated>{text}</truncated>")))
    assert data.table("annotations")["truncated"].tolist() == [value]
    assert data.problems.column("fix").tolist() == ([] if text == " 1 " else [Fix.SAFE])


def test_flags_absent_or_unreadable(tmp_path: Path) -> None:
    data = one(tmp_path, xml(B, box(1, 2, 3, 4, flags="<truncated>yes!</truncated><difficult>1</difficult>")))
    rows = data.table("annotations")
    assert [rows[name].tolist() for name in ("truncated", "difficult", "occluded")] == [
        [-1, -1],
        [-1, 1],
        [-1, -1],
    ]


def test_records_before_a_break_are_kept(tmp_path: Path) -> None:
    whole = xml(B, box(5, 6, 7, 8), box(9, 9, 11, 12))
    cut = whole[: whole.index("<xmax>11")]
    data = one(tmp_path, cut)
    assert xywh(data) == [(0, 1, 30, 39), (4, 5, 3, 3)]
    rule, message, kept = found(data)[0]
    assert (rule, kept) == ("SCH001", False)
    assert message.startswith("not well-formed: no element found at 34:")
    start, end = (int(data.problems.column(name)[0]) for name in ("start", "end"))
    assert cut[start:end].strip().startswith("<object>")
    assert end == len(cut.encode())
    assert accounted(data)
    assert data.table("sources")["records"].tolist() == [3]


def test_a_break_behind_the_last_object_loses_nothing(tmp_path: Path) -> None:
    data = one(tmp_path, xml(B) + "junk")
    assert [(rule, kept) for rule, _, kept in found(data)] == [("SCH001", True)]
    assert (len(xywh(data)), accounted(data)) == (1, True)


def test_another_root_with_objects_is_read(tmp_path: Path) -> None:
    data = load(put(tmp_path, {"a.xml": xml(B).replace("annotation>", "doc>"), "b.xml": xml()}))
    assert found(data)[0][1] == "the root element is <doc>, expected <annotation>; its objects are read"
    assert data.problems.column("severity").tolist() == [Severity.WARNING]
    assert len(xywh(data)) == 1


def test_a_byte_order_mark_is_a_warning_with_a_safe_fix(tmp_path: Path) -> None:
    data = one(tmp_path, "\ufeff" + xml(B))
    columns: dict[str, Any] = {
        name: data.problems.column(name).tolist() for name in ("severity", "fix", "start", "end", "image")
    }
    # It names no image: what follows the mark is sound, and to be judged.
    assert columns == {
        "severity": [Severity.WARNING],
        "fix": [Fix.SAFE],
        "start": [0],
        "end": [3],
        "image": [-1],
    }
    assert xywh(data) == [(0, 1, 30, 39)]


def test_equal_repeats_are_but_a_warning(tmp_path: Path) -> None:
    data = one(tmp_path, xml(B.replace("<pose>", "<difficult>0</difficult><difficult> 0 </difficult><pose>")))
    assert data.problems.column("severity").tolist() == [Severity.WARNING]


def test_text_sizes_are_kept_as_originals(tmp_path: Path) -> None:
    data = one(tmp_path, xml(B, width="wide", height="80.5"))
    assert np.isnan(data.table("images")["width"][0])
    assert data.table("images")["height"].tolist() == [80.5]
    odd = data.table("originals")
    assert [odd[name].tolist() for name in ("table", "row", "column", "raw")] == [
        ["images"],
        [0],
        ["width"],
        ["wide"],
    ]
    assert found(data) == []  # SCH009 tells


def test_more_than_the_schema_holds_is_marked(tmp_path: Path) -> None:
    plain, pose = box(1, 2, 3, 4), box(1, 2, 3, 4).replace("Unspecified", "Left")
    part, polygon = box(1, 2, 3, 4, more="<part/>"), box(1, 2, 3, 4, more="<polygon><x1>1</x1></polygon>")
    unsaid = box(1, 2, 3, 4).replace("<pose>Unspecified</pose>", "<pose/>")
    data = one(tmp_path, xml(plain, pose, part, polygon, unsaid, more="<owner><name>x</name></owner>"))
    assert data.table("annotations")["extra"].tolist() == [False, True, True, True, False]
    assert data.table("annotations")["kind"].tolist() == [Kind.BOX] * 5
    assert data.table("images")["extra"].tolist() == [True]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("-1.5e1", -15.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("0x10", None),
        ("१", None),
        ("1 2", None),
        ("", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value
