import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.coco import elements
from annotool.formats.coco.elements import Elements, utf8

records = st.dictionaries(
    st.sampled_from(["id", "bbox", "note"]),
    st.integers()
    | st.text(max_size=6)
    | st.lists(st.dictionaries(st.text(max_size=2), st.integers(), max_size=2), max_size=3),
    max_size=3,
)


def split(text: bytes) -> tuple[list[bytes], Elements]:
    found = Elements(text, 0)
    parts = [piece.text[s:e] for piece in found for s, e in zip(piece.start, piece.end, strict=True)]
    return parts, found


@given(
    st.lists(records, max_size=12),
    st.sampled_from([{"indent": None}, {"indent": 2}, {"separators": (",", ":")}]),
    st.sampled_from([1, 8, 64, 1 << 20]),
    st.sampled_from(["", ' , "categories": [{"id": 1}, {"id": 2}]}', "}", "]"]),
)
def test_records_are_those_of_json(
    value: list[object], form: dict[str, object], size: int, after: str
) -> None:
    text = json.dumps(value, **form)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "PIECE", size)
        parts, found = split((text + after).encode())
    assert [json.loads(part) for part in parts] == value
    assert found.end == len(text)
    assert not found.slips


def test_a_piece_knows_where_it_stands() -> None:
    text = b'xx[{"a": 1},\n  {"b": 2}]'
    (piece,) = Elements(text, 2)
    assert piece.sound
    assert [text[piece.base + s : piece.base + e] for s, e in zip(piece.start, piece.end, strict=True)] == [
        b'{"a": 1}',
        b'{"b": 2}',
    ]
    assert [bytes(raw) for raw in piece.raws] == [b'{"a": 1}', b'{"b": 2}']
    assert len(piece.text) % 8 == 0
    assert piece.text.endswith(b" " * 8)


A, B, C = b'{"a": 1}', b'{"b": 2}', b'{"c": 3}'
TAIL = b', "categories": [{"id": 1}, {"id": 2}]}'


@pytest.mark.parametrize(
    ("text", "parts", "rest", "slips"),
    [
        (
            b"[" + A + b"," + B + b",]}",
            [A, B],
            b"}",
            [("a comma stands before the closing bracket of this list", "")],
        ),
        (b"[" + A + b" " + B + b"]}", [A, B], b"}", [("a comma is missing between two records", ",")]),
        (b"[" + A + b",," + B + b"]}", [A, B], b"}", [("a comma stands where a record is expected", "")]),
        (b'[{"a": NaN},' + B + b"]" + TAIL, [b'{"a": NaN}', B], TAIL, []),
        (b'[{"a": [1, 2},' + B + b"]" + TAIL, [b'{"a": [1, 2}', B], TAIL, []),
        (b"[" + A + b',{"b": [1, 2}]' + TAIL, [A, b'{"b": [1, 2}'], TAIL, []),
        (b'[{"a": "x},' + B + b"," + C + b"]" + TAIL, [b'{"a": "x}', B, C], TAIL, []),
        (b"[" + A + b"}," + B + b"]}", [A, b"}", B], b"}", []),
        (b"[" + A + b", 3, null, [1], " + B + b"]}", [A, b"3", b"null", b"[1]", B], b"}", []),
        (b"[" + A + b",\xff\xfe," + B + b"]", [A, b"\xff\xfe", B], b"", []),
        (b"[" + A + b',{"b": [1', [A, b'{"b": [1'], b"", []),
        (b"[" + A + b",", [A], b"", [("the file ends inside this list", None)]),
        (b"[" + A, [A], b"", [("the file ends inside this list", None)]),
        (b"[", [], b"", [("the file ends inside this list", None)]),
    ],
)
def test_what_is_broken_spoils_itself_alone(
    text: bytes, parts: list[bytes], rest: bytes, slips: list[tuple[str, str | None]]
) -> None:
    found, walked = split(text)
    assert found == parts
    assert text[walked.end :] == rest
    assert [(slip.why, slip.new) for slip in walked.slips] == slips


def test_a_broken_piece_does_not_spoil_the_next() -> None:
    many = [b'{"id": %d, "bbox": [1, 2, 3, 4]}' % number for number in range(2000)]
    many[700] = b'{"id": 700, "bbox": [NaN, 2, 3, 4]}'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "PIECE", 4096)
        found = Elements(b"[" + b", ".join(many) + b"]", 0)
        pieces = list(found)
    assert [piece.text[s:e] for piece in pieces for s, e in zip(piece.start, piece.end, strict=True)] == many
    assert sum(not piece.sound for piece in pieces) == 1


def test_a_record_deep_enough_to_end_recursion_is_given_as_it_is() -> None:
    deep = b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert split(b"[" + A + b"," + deep + b"]")[0] == [A, deep]


def test_utf8() -> None:
    assert utf8(b"")
    assert utf8("Дом".encode())
    assert not utf8(b"\xff")
