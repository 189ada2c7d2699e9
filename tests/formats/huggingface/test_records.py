from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.huggingface.records import Found, card_names, labels_of, members

BOX = (1.0, 2.0, 3.0, 4.0)
SAID: list[tuple[dict[str, Any], list[Found]]] = [
    ({"label": "cat"}, [Found("cat")]),
    ({"label": 3}, [Found(3)]),
    ({"labels": ["cat", 1, None, ""]}, [Found("cat"), Found(1)]),
    ({"label": None}, []),
    ({}, []),
    ({"objects": {"bbox": [[1, 2, 3, 4]], "categories": [0]}}, [Found(0, BOX)]),
    ({"objects": {"bbox": [[1, 2, 3, 4]], "category": ["cat"], "area": [12]}}, [Found("cat", BOX)]),
    ({"objects": [{"bbox": [1, 2, 3, 4], "category": "cat"}]}, [Found("cat", BOX)]),
    ({"label": "x", "objects": {"bbox": [], "categories": []}}, [Found("x")]),
]


@pytest.mark.parametrize(("record", "expected"), SAID)
def test_labels(record: dict[str, Any], expected: list[Found]) -> None:
    assert list(labels_of(record)) == expected


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"label": {"a": 1}}, "label is an object"),
    ({"labels": [1.5]}, "labels is a fraction"),
    ({"label": True}, "label is true or false"),
    ({"objects": {"bbox": [[1, 2, 3]], "categories": [0]}}, "not four numbers"),
    ({"objects": {"bbox": [[1, 2, 3, "4"]], "categories": [0]}}, "not four numbers"),
    ({"objects": {"bbox": [[1, 2, 3, 4]], "categories": [None]}}, "category of an object is null"),
    ({"objects": {"bbox": [[1, 2, 3, 4]], "categories": []}}, "1 bbox and 0 categories"),
    ({"objects": {"bbox": [[1, 2, 3, 4]]}}, "1 bbox and 0 categories"),
    ({"objects": [7]}, "category of an object is null"),
    ({"objects": "x"}, "objects is str"),
]


@pytest.mark.parametrize(("record", "why"), WRONG)
def test_what_is_wrong_is_said(record: dict[str, Any], why: str) -> None:
    (found,) = labels_of(record)
    assert why in found.wrong


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.text(max_size=4), values, max_size=5), st.sampled_from([None, 1]))
def test_members_are_where_their_values_stand(record: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(record, indent=indent)
    assert {key: json.loads(text[start:end]) for key, (start, end) in members(text).items()} == record


def test_no_object() -> None:
    with pytest.raises(ValueError, match="no object"):
        members("[1]")


CARDS = [
    (b"---\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': cat\n          '1': dog\n---\n# x\n", ["cat", "dog"]),
    (b"---\nfeatures: [{class_label: {names: [a, b]}}]\n---\n", ["a", "b"]),
    ("---\r\ntitle: \u00e9\u00e9\r\nfeatures:\r\n- class_label:\r\n    names:\r\n    - '\u00e9 '\r\n    - b\r\n---\r\n".encode(), ["\u00e9 ", "b"]),
    (b"---\nfeatures: [{class_label: {names: {'1': a}}}]\n---\n", []),
    (b"---\nlicense: mit\n---\n", []),
    (b"---\n: [\n---\n", []),
    (b"# no card", []),
]  # fmt: skip


@pytest.mark.parametrize(("card", "names"), CARDS)
def test_names_of_the_card(card: bytes, names: list[str]) -> None:
    found = card_names(card)
    assert [each.text for each in found] == names
    assert [yaml.safe_load(card[each.start : each.end]) for each in found] == names
    assert [card.count(b"\n", 0, each.start) + 1 for each in found] == [each.line for each in found]
