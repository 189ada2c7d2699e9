import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.coco.jsontext import (
    BROKEN,
    Broken,
    items,
    loaded,
    members,
    skip,
    skip_blank,
    trailing_commas,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 1]), st.booleans())
def test_skip_ends_where_the_value_ends(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert skip(text + b", 7", 0) == len(text)


@given(st.dictionaries(st.text(), values, max_size=5), st.sampled_from([None, 2]))
def test_members_are_those_of_json(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    found = list(members(text, 0))
    assert [each.key for each in found] == list(value)
    for each in found:
        assert json.dumps(json.loads(text[each.start : each.end])) == json.dumps(value[each.key])


@given(st.lists(values, max_size=5), st.sampled_from([None, 2]))
def test_items_are_those_of_json(value: list[object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    assert json.dumps([json.loads(text[s:e]) for s, e in items(text, 0)]) == json.dumps(value)


def test_members_may_repeat_and_end_in_a_comma() -> None:
    text = b'{"a": 1, "a" : 2 ,}'
    assert [(each.key, text[each.start : each.end]) for each in members(text, 0)] == [
        ("a", b"1"),
        ("a", b"2"),
    ]


@pytest.mark.parametrize(
    ("text", "why", "at"),
    [
        (b"", "expected a value, got the end of the file", 0),
        (b"}", "expected a value, got '}'", 0),
        (b'"abc', "a string does not end", 0),
        (b'"a\nb"', "a string does not end", 0),
        (b'{"a": [1, 2}', "a bracket is closed by '}'", 11),
        (b'{"a": "x}', "a string does not end", 6),
        (b'{"a": 1', "the text ends inside it", 7),
    ],
)
def test_skip_says_what_is_broken(text: bytes, why: str, at: int) -> None:
    with pytest.raises(Broken) as error:
        skip(text, 0)
    assert str(error.value) == why
    assert error.value.at == at


def test_skip_looks_no_farther_than_asked() -> None:
    with pytest.raises(Broken):
        skip(b"[" + b" " * 100 + b"]", 0, 50)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{a: 1}", "expected a key in quotes, got 'a'"),
        (b'{"a" 1}', "expected ':' after the key 'a', got '1'"),
        (b'{"a": 1 "b": 2}', "expected ',' or '}', got '\"'"),
        (b'{"a": 1', "expected ',' or '}', got the end of the file"),
    ],
)
def test_members_say_what_is_broken(text: bytes, why: str) -> None:
    with pytest.raises(Broken) as error:
        list(members(text, 0))
    assert str(error.value) == why


def test_loaded_lets_pass_what_pythons_json_writes() -> None:
    assert loaded(b"[1, 2.5]") == [1, 2.5]
    assert str(loaded(b"[NaN, -Infinity]")) == "[nan, -inf]"
    assert loaded(b'"a\tb"') == "a\tb"
    assert loaded(b'"\xff"') == "\ufffd"


@pytest.mark.parametrize("text", [b"", b"[1,]", b"nul", b"1 2", b"[" * 100_000, b"9" * 5000])
def test_loaded_gives_broken_for_anything_else(text: bytes) -> None:
    assert loaded(text) is BROKEN


def test_trailing_commas_outside_of_strings() -> None:
    text = b'{"a": [1, 2,], "b": ",]", "c": 3 , }'
    assert [text[at:].split()[0] for at in trailing_commas(text)] == [b",],", b","]


def test_skip_blank() -> None:
    assert skip_blank(b" \t\r\n x", 0) == 5
    assert skip_blank(b"x", 0) == 0
    assert skip_blank(b"  ", 0) == 2
    assert skip_blank(memoryview(b"  x"), 0) == 2
