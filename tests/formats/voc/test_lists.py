import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.voc.lists import names_text, read_classes, read_list, read_names, unions


def stems(data: str | bytes, *known: str) -> list[str]:
    raw = data.encode() if isinstance(data, str) else data
    return [each.stem for each in read_list("train", raw, set(known)).entries]


@pytest.mark.parametrize(
    ("data", "known", "read"),
    [
        ("a\nb\n", ("a", "b"), ["a", "b"]),
        ("\ufeffa\r\n\r\n  b  \r\n", ("a", "b"), ["a", "b"]),
        ("a b.c 1\nunknown\n", ("a b.c 1",), ["a b.c 1", "unknown"]),
        (
            "a.jpg\nJPEGImages/b.png\n/home/me/sub/c.xml\n..\\x\\d.jpg\n",
            ("a", "b", "sub/c", "d"),
            ["a", "b", "sub/c", "d"],
        ),
        ("кот 1.2\n", ("кот 1.2",), ["кот 1.2"]),
        (" a\na\n", (" a", "a"), [" a", "a"]),
        ("", (), []),
        (b"\xff\n", (), ["\ufffd"]),
    ],
)
def test_lines_name_stems(data: str | bytes, known: tuple[str, ...], read: list[str]) -> None:
    assert stems(data, *known) == read


def test_lines_know_their_bytes() -> None:
    raw = "é\r\n\r\nb\n".encode()
    entries = read_list("train", raw, {"é", "b"}).entries
    assert [(each.line, raw[each.start : each.end]) for each in entries] == [
        (1, "é\r\n".encode()),
        (3, b"b\n"),
    ]


@pytest.mark.parametrize(
    ("data", "known", "of_class"),
    [
        ("a -1\nb  1\nc  0\n", ("a", "b", "c"), True),
        ("a -1\nb\n", ("a", "b"), False),
        ("a 1\nb 1\n", ("a 1", "b 1"), False),  # names that end in a number
        ("", (), False),
    ],
)
def test_lists_of_a_class_are_no_splits(data: str, known: tuple[str, ...], of_class: bool) -> None:
    assert read_list("cat_train", data.encode(), set(known)).of_class is of_class


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"train": "ab", "val": "c", "trainval": "abc"}, ["trainval"]),
        (
            {"train": "ab", "val": "c", "test": "d", "trainval": "abc", "everything": "abcd"},
            ["trainval", "everything"],
        ),
        ({"train": "ab", "trainval": "abc"}, ["trainval"]),
        ({"train": "ab", "more": "abc"}, []),
        ({"train": "ab", "val": "ab"}, []),  # a leak
        ({"train": "ab", "val": "", "test": "ab"}, []),
        ({"default": "abc"}, []),
        ({}, []),
    ],
)
def test_unions_are_no_splits(members: dict[str, str], found: list[str]) -> None:
    numbered = {name: frozenset(map(ord, letters)) for name, letters in members.items()}
    assert unions(numbered) == found


def test_class_lists() -> None:
    read = read_classes("labels.txt", "\ufeffcat\r\n\r\n dog \r\nfat rat".encode(), {"cat"})
    assert [(each.stem, each.line) for each in read] == [("cat", 1), ("dog", 3), ("fat rat", 4)]
    assert [each.stem for each in read_classes("labels.txt", b" dog \n", {" dog "})] == [" dog "]


def test_label_maps() -> None:
    data = b"# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0:head,tail:\ndog:::\n"
    assert [each.stem for each in read_classes("labelmap.txt", data, set())] == ["cat", "dog"]
    assert [each.stem for each in read_classes("labelmap.txt", data, {"background"})] == [
        "background",
        "cat",
        "dog",
    ]


@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.text(min_size=1), st.floats(0, 1e6), st.just(math.nan)),
        unique_by=lambda r: r[0],
    )
)
def test_the_side_file_comes_back(rows: list[tuple[str, str, float, float]]) -> None:
    # Lone surrogates cannot be written; a stem or name never holds a line end of its own.
    rows = [row for row in rows if not any(c in "\r\n" or "\ud800" <= c <= "\udfff" for c in row[0] + row[1])]
    assert read_names(names_text(rows)) == {row[0]: row[1] for row in rows}


def test_the_side_file_is_a_plain_table() -> None:
    assert (
        names_text([("a_png", 'x, "y".png', 640.0, math.nan)])
        == b'stem,file_name,width,height\na_png,"x, ""y"".png",640,\n'
    )


def test_a_line_break_in_a_name_is_spelled_where_an_object_has_it() -> None:
    held = b"two\\nlines\nC:\\new\n"
    assert [each.stem for each in read_classes("labels.txt", held, {"two\nlines"})] == [
        "two\nlines",
        "C:\\new",
    ]
    assert [each.stem for each in read_classes("labels.txt", held, set())] == ["two\\nlines", "C:\\new"]
