import json
from typing import Any

import pytest

from annotool.formats.coco import tolerant
from annotool.formats.coco.tolerant import Record, flags, kind_of, name_in_url, number_in
from annotool.schema import NO_ID, Kind
from tests.formats.coco.build import annotation, image


def record(text: bytes, section: str = "annotations", **more: Any) -> Record:
    return Record(section, 4, text, 1000, **more)


def test_positions_are_those_of_the_file() -> None:
    text = json.dumps(annotation(area="7")).encode()
    read = record(text)
    assert tolerant.annotation(read) is not None
    (fault,) = read.faults
    assert text[fault.start - 1000 : fault.end - 1000] == b'"7"'
    assert (fault.section, fault.index) == ("annotations", 4)
    assert read.cells["area"] == 7


@pytest.mark.parametrize(
    ("text", "broken_off", "rule", "why"),
    [
        (b'{"id": 1', True, "SCH001", "the file ends inside it"),
        (b'{"id": 1', False, "SCH001", "expected ',' or '}', got the end of the file"),
        (b'{"id" 1}', False, "SCH001", "expected ':' after the key 'id', got '1'"),
        (b"nonsense", False, "SCH001", "no record: nonsense"),
        (b"[1]", False, "SCH002", "expected a record in braces, got [1]"),
    ],
)
def test_what_is_no_record_is_not_kept(text: bytes, broken_off: bool, rule: str, why: str) -> None:
    read = record(text, broken_off=broken_off)
    assert tolerant.annotation(read) is None
    (fault,) = read.faults
    assert fault.rule == rule
    assert fault.message.format(**fault.values).endswith(why)
    assert not fault.kept


def test_a_value_that_is_no_json_leaves_the_others() -> None:
    read = record(b'{"id": 1, "image_id": 2, "category_id": 3, "area": nul, "bbox": [1, 2, 3, 4]}')
    cells = tolerant.annotation(read)
    assert cells is not None
    assert cells["kind"] == Kind.BOX
    assert "area" not in cells
    (fault,) = read.faults
    assert fault.message.format(**fault.values) == "the value of area cannot be parsed: nul"


def test_commas_before_brackets_are_let_pass() -> None:
    text = b'{"id": 1, "image_id": 2, "category_id": 3, "bbox": [1, 2, 3, 4,], "note": ",]",}'
    read = record(text)
    cells = tolerant.annotation(read)
    assert cells is not None
    assert cells["w"] == 3
    assert [text[fault.start - 1000 :][:2] for fault in read.faults] == [b",]", b",}"]
    assert [fault.values for fault in read.faults] == [{"new": ""}, {"new": ""}]


def test_bytes_that_are_no_utf8_are_told() -> None:
    read = record(json.dumps(image(file_name="xx")).encode().replace(b"xx", b"\xff.jpg"), "images")
    cells = tolerant.image(read)
    assert cells is not None
    assert cells["file_name"] == "\ufffd.jpg"
    (fault,) = read.faults
    assert (fault.rule, fault.end - fault.start, fault.values["got"]) == ("SCH001", 1, "ff")


def test_odd_ids_keep_their_text() -> None:
    read = record(b'{"id": "a", "image_id": 2.5, "category_id": 3.0, "bbox": [1, 2, 3, 4]}')
    cells = tolerant.annotation(read)
    assert cells is not None
    assert [cells[key] for key in ("id", "image_id", "category_id")] == [NO_ID, NO_ID, 3]
    assert read.originals == [("id", '"a"'), ("image_id", "2.5")]


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), (2.5, 2.5), ("3.5", 3.5), (" 4 ", 4.0), ("1e2", 100.0), (10**400, float("inf")), (-(10**400), float("-inf")),
     (True, None), (None, None), ("x", None), ("1_0", None), ([], None)],
)  # fmt: skip
def test_number_in(value: Any, number: float | None) -> None:
    assert number_in(value) == number


def test_name_in_url_keeps_the_folder() -> None:
    assert name_in_url("http://images.cocodataset.org/val2017/000000000139.jpg") == "val2017/000000000139.jpg"
    assert name_in_url("a.jpg") == "a.jpg"


def test_flags() -> None:
    assert flags(b'{"occluded": true, "difficult": 0, "truncated": 1.0}') == (
        {"occluded": 1, "difficult": 0, "truncated": 1},
        False,
    )
    assert flags(b'{"occluded": 2}') == ({}, True)
    assert flags(b"[]") == ({}, True)
    assert flags(b"{") == ({}, True)
    assert flags(b"{}") == ({}, False)


@pytest.mark.parametrize(
    ("box", "outline", "points", "kind"),
    [
        (True, Kind.IMAGE, False, Kind.BOX),
        (None, Kind.IMAGE, False, Kind.IMAGE),
        (False, Kind.IMAGE, False, Kind.NONE),
        (None, Kind.BOX, False, Kind.NONE),
        (True, Kind.BOX, False, Kind.BOX),
        (False, Kind.POLYGON, False, Kind.POLYGON),
        (True, Kind.RLE, True, Kind.KEYPOINTS),
    ],
)
def test_the_richest_kind(box: bool | None, outline: Kind, points: bool, kind: Kind) -> None:
    assert kind_of(box, outline, points) == kind
