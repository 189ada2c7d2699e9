"""The quick reader of records that are all written alike gives what the typed decoder and the patient reader give."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.formats.coco import tolerant
from annotool.formats.coco.elements import Elements, Piece
from annotool.formats.coco.typed import Typed
from annotool.formats.coco.uniform import Uniform
from annotool.schema import SCHEMA, Kind
from annotool.table import Array
from tests.formats.coco.build import annotation

REQUIRED = ("id", "image_id", "category_id")

plain = st.integers(0, 999) | st.floats(-10, 9999).map(lambda n: round(n, 2)) | st.floats(0, 1e9)
odd: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        "3",
        1e-7,
        -4,
        2**70,
        1.5,
        [],
        [1],
        {"a": 1},
        {"counts": "x", "size": [1, 2]},
        [[1, 2], [3]],
        "[[",
    ]
)
sometimes_odd = st.integers(0, 9).flatmap(lambda n: odd if n == 0 else plain)
whole = st.integers(0, 9).flatmap(lambda n: odd if n == 0 else st.integers(0, 10**9))
rings = st.lists(st.lists(plain, max_size=8), max_size=3)
record = st.fixed_dictionaries(
    {
        "id": whole,
        "image_id": whole,
        "category_id": whole,
        "bbox": st.integers(0, 9).flatmap(
            lambda n: odd if n == 0 else st.lists(plain, min_size=4, max_size=4 + (n == 1))
        ),
        "area": sometimes_odd,
        "iscrowd": st.integers(0, 9).flatmap(lambda n: odd if n == 0 else st.integers(0, 1 + (n == 1))),
        "segmentation": st.integers(0, 9).flatmap(lambda n: odd if n == 0 else rings),
    }
)


def piece_of(text: str) -> Piece:
    (piece,) = Elements(text.encode(), 0)
    assert piece.sound
    return piece


def patiently(piece: Piece, rows: Array) -> list[dict[str, Any]]:
    cells = []
    for row in rows.tolist():
        start, end = int(piece.start[row]), int(piece.end[row])
        read = tolerant.annotation(
            tolerant.Record("annotations", row, piece.text[start:end], piece.base + start)
        )
        assert read is not None
        cells.append(read)
    return cells


def same(name: str, one: Any, other: Any) -> bool:
    absent = SCHEMA["annotations"][name].absent
    return bool(one == other or (one != one and other != other) or {one, other} <= {absent, False})


def agree(columns: dict[str, Array], cells: list[dict[str, Any]], rows: Array) -> None:
    for name in {*columns, *(name for each in cells for name in each)}:
        absent = SCHEMA["annotations"][name].absent
        for at in range(len(rows)):
            one = columns[name][at].item() if name in columns else absent
            other = cells[at].get(name, absent)
            assert same(name, one, other), (name, one, other, cells[at])


@given(
    st.lists(record, min_size=1, max_size=12),
    st.sampled_from([{"indent": None}, {"indent": 2}, {"separators": (",", ":")}]),
    st.lists(st.sampled_from(["area", "iscrowd", "segmentation", "bbox"]), max_size=2),
    st.booleans(),
)
@settings(max_examples=400)
def test_three_readers_agree(
    records: list[dict[str, Any]], form: dict[str, Any], without: list[str], turned: bool
) -> None:
    shaped = [
        {key: each[key] for key in (reversed(each) if turned else each) if key not in without}
        for each in records
    ]
    piece = piece_of(json.dumps(shaped, **form))
    every = np.arange(len(records))
    rows, columns = Uniform(REQUIRED).columns(piece)
    agree(columns, patiently(piece, rows), rows)
    rows, columns = Typed("annotations").columns(piece, every)
    agree(columns, patiently(piece, rows), rows)


def test_records_alike_are_all_taken() -> None:
    records = [
        annotation(n, bbox=[n, n / 2, 3.25, 4], segmentation=[] if n % 3 else [[n, 2, 3, 4, 5, 6.5]])
        for n in range(500)
    ]
    for form in ({"indent": None}, {"indent": 1}, {"separators": (",", ":")}):
        piece = piece_of(json.dumps(records, **form))
        rows, columns = Uniform(REQUIRED).columns(piece)
        assert rows.tolist() == list(range(500))
        assert columns["id"].tolist() == list(range(500))
        assert columns["y"].tolist() == [n / 2 for n in range(500)]
        assert columns["kind"].tolist() == [int(Kind.BOX if n % 3 else Kind.POLYGON) for n in range(500)]
        texts = [
            piece.text[s:e] for s, e in zip(columns["seg_start"], columns["seg_end"], strict=True) if s >= 0
        ]
        assert [json.loads(text) for text in texts] == [
            each["segmentation"] for each in records if each["segmentation"]
        ]


def test_a_mask_among_them_is_left_to_others() -> None:
    mask = {"counts": [1, 2], "size": [1, 3]}
    piece = piece_of(
        json.dumps([annotation(1, segmentation=mask), annotation(2), annotation(3, segmentation=mask)])
    )
    assert Uniform(REQUIRED).columns(piece)[0].tolist() == [1]


def test_exponents_in_areas_are_usual() -> None:
    piece = piece_of(json.dumps([annotation(1), annotation(2, area=2.9e-11), annotation(3, area=1e22)]))
    rows, columns = Uniform(REQUIRED).columns(piece)
    assert rows.tolist() == [0, 1, 2]
    assert columns["area"].tolist() == [2000.25, 2.9e-11, 1e22]


def test_unknown_keys_are_no_plain_pattern() -> None:
    piece = piece_of(json.dumps([annotation(n, note=1) for n in range(3)]))
    assert not len(Uniform(REQUIRED).columns(piece)[0])


def test_a_key_that_stands_twice_is_left_to_others() -> None:
    text = json.dumps([annotation(1), annotation(2), annotation(3)])
    piece = piece_of(text.replace('"id": 2,', '"id": 2, "id": 7,'))
    assert Uniform(REQUIRED).columns(piece)[0].tolist() == [0, 2]
    assert Typed("annotations").columns(piece, np.arange(3))[0].tolist() == [0, 2]


def test_results_need_no_id() -> None:
    piece = piece_of(
        json.dumps([{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.987654321}] * 3)
    )
    assert not len(Uniform(REQUIRED).columns(piece)[0])
    _, columns = Uniform(("image_id", "category_id")).columns(piece)
    assert columns["score"].tolist() == [0.987654321] * 3
    assert "id" not in columns


def test_a_short_record_at_the_end() -> None:
    records = [annotation(1), {"id": 2, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}]
    for form in ({"indent": 40}, {"indent": None}, {"separators": (",", ":")}):
        piece = piece_of(json.dumps(records, **form))
        assert Uniform(REQUIRED).columns(piece)[0].tolist() == [0]
        piece = piece_of(json.dumps(records[::-1], **form))
        assert Uniform(REQUIRED).columns(piece)[0].tolist() == [1]


ONES = {"id": 12, "image_id": 1, "category_id": 1, "bbox": [1, 2.5, -3, 4], "area": 12.000000000000002}


def test_records_of_numbers_are_read_as_they_are() -> None:
    many = [{**ONES, "id": n, "segmentation": []} for n in range(1, 30)]
    rows, columns = Uniform(REQUIRED).columns(piece_of(json.dumps(many)))
    assert rows.tolist() == [*range(29)]
    assert columns["id"].tolist() == [*range(1, 30)]
    assert columns["id"].dtype == np.int64
    assert [columns[name][3] for name in ("x", "y", "w", "h", "area")] == [1, 2.5, -3, 4, 12.000000000000002]
    assert set(columns["kind"].tolist()) == {Kind.BOX}


@pytest.mark.parametrize(
    "other",
    [
        '"id": 12, "image_id": 1, "category_1id": 1',  # its key, without the number, is the pattern's
        '"id": 12, "2image_id": 1, "category_id": 1',
        '"id": 12, "image-_id": 1, "category_id": 1',
        '"id": 12, "image_id": 1, "category,_id": 1',
        '"id": 12.0, "image_id": 1, "category_id": 1',
        '"id": 1e2, "image_id": 1, "category_id": 1',
        '"id": 12, "image_id":  1, "category_id": 1',
        f'"id": {2**63}, "image_id": 1, "category_id": 1',
        f'"id": {-(2**63)}, "image_id": 1, "category_id": 1',
        '"id": 1, "image_id": 1, "id": 1',
    ],
)
def test_a_record_that_only_seems_alike_is_left(other: str) -> None:
    text = '[{"id": 11, "image_id": 1, "category_id": 1}, {%s}, {"id": 13, "image_id": 1, "category_id": 2}]'
    rows, columns = Uniform(REQUIRED).columns(piece_of(text % other))
    assert set(rows.tolist()) <= {0, 2}
    assert all(columns["id"][at] == 11 + row for at, row in enumerate(rows.tolist()))


def test_a_segmentation_of_one_number_is_no_list_of_none() -> None:
    many = [{**ONES, "segmentation": segmentation} for segmentation in ([], [7], [])]
    rows, _ = Uniform(REQUIRED).columns(piece_of(json.dumps(many)))
    assert rows.tolist() == [0, 2]


@pytest.mark.parametrize("form", [{"indent": None}, {"indent": 1}, {"separators": (",", ":")}])
def test_later_pieces_are_guessed(form: dict[str, Any]) -> None:
    for keys in (("segmentation", "id"), ("id", "segmentation"), ("id",)):
        turned = [{**{key: ONES.get(key, []) for key in keys}, **ONES, "id": n} for n in range(5, 40)]
        first, later = json.dumps(turned[:10], **form), json.dumps(turned[10:], **form)
        same = Uniform(REQUIRED)
        assert same.guess(later.encode()) is None, "nothing was read yet"
        same.columns(piece_of(first))
        found = same.guess(later.encode())
        assert found is not None
        piece = piece_of(later)
        assert (found.start.tolist(), found.end.tolist()) == (piece.start.tolist(), piece.end.tolist())
        agree(found.columns, patiently(piece, np.arange(25)), np.arange(25))
        assert same.guess(later.encode() + b"]") is None


changes = st.lists(
    st.tuples(st.integers(0, 700), st.integers(0, 2), st.sampled_from([*'0179-.,:"[]{} \neEx_\x00\xe9'])),
    min_size=1,
    max_size=3,
)


@given(changes, st.booleans(), st.booleans())
@settings(max_examples=1500)
def test_a_guess_is_right_or_none(changes: list[tuple[int, int, str]], dense: bool, empty: bool) -> None:
    form: dict[str, Any] = {"separators": (",", ":")} if dense else {}
    many = [{**({"segmentation": []} if empty else {}), **ONES, "id": n} for n in range(4)]
    same, text = Uniform(REQUIRED), json.dumps(many, **form)
    same.columns(piece_of(text))
    for at, kind, sign in changes:
        at %= len(text)
        text = text[:at] + (sign if kind else "") + text[at + (kind != 1) :]
    found = same.guess(text.encode())
    if found is not None:
        records = json.loads(text)
        assert [json.loads(text[s:e]) for s, e in zip(found.start, found.end, strict=True)] == records
        assert list(
            zip(
                *(found.columns[name].tolist() for name in ("id", "image_id", "category_id", "x", "area")),
                strict=True,
            )
        ) == [
            (each["id"], each["image_id"], each["category_id"], each["bbox"][0], float(each["area"]))
            for each in records
        ]
