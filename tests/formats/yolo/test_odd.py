import math

import pytest

from annotool.findings import Fix
from annotool.formats.yolo.odd import Odd, line_span, numeric, parse, separated, shown

NAMES = {"cat": 0, "traffic light": 3, "class 2": 4}


def row(text: str) -> Odd:
    return parse(text.encode(), NAMES, first=True)


@pytest.mark.parametrize(
    "text", ["0 0.5 0.5 0.2 2e-01", "0 +0.5 0.5 0.2 .2", "0\t0.5\v0.5\f0.2 0.2", "\ufeff0 0.5 0.5 0.2 0.2"]
)
def test_legal_spellings(text: str) -> None:
    read = row(text)
    assert read.values == [0, 0.5, 0.5, 0.2, 0.2]
    assert (read.count, read.faults) == (5, [])


def test_a_byte_order_mark_is_no_part_of_the_row() -> None:
    assert row("\ufeff0 0.5 0.5 0.2 0.2").start == 3
    assert row("\ufeff").count == -1
    assert row("\ufeff 1 .5 .5 .2 .2").start == 4


@pytest.mark.parametrize(
    ("text", "index", "new", "fix"),
    [
        ("0,0.5,0.5,0.2,0.2", 0, "0 0.5 0.5 0.2 0.2", Fix.SAFE),
        ("0, 0.5, 0.5, 0.2, 0.2,", 0, "0 0.5 0.5 0.2 0.2", Fix.SAFE),
        ("1;.5;.5;.2;.2", 1, "1 .5 .5 .2 .2", Fix.SAFE),
        ("0 0,5 0,5 0,2 0,2", 0, "0 0.5 0.5 0.2 0.2", Fix.UNSAFE),
        ("0.0 .5 .5 .2 .2", 0, "0", Fix.SAFE),
        ("1e0 .5 .5 .2 .2", 1, "1", Fix.SAFE),
        ("-0 .5 .5 .2 .2", 0, "0", Fix.SAFE),
        ("cat .5 .5 .2 .2", 0, "0", Fix.UNSAFE),
        ("traffic light .5 .5 .2 .2", 3, "3", Fix.UNSAFE),
        ("class 2 .5 .5 .2 .2", 4, "4", Fix.UNSAFE),
    ],
)
def test_faults_that_can_be_mended(text: str, index: float, new: str, fix: Fix) -> None:
    read = row(text)
    assert read.count == 5
    assert read.values[0] == index
    assert read.values[1:] == [0.5, 0.5, 0.2, 0.2]
    (fault,) = read.faults
    assert (fault.rule, fault.kept, fault.fix, fault.values["new"]) == ("FMT002", True, fix, new)
    mended = text.encode()[: fault.start] + new.encode() + text.encode()[fault.end :]
    again = parse(mended, NAMES)
    assert (again.values, again.faults) == (read.values, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-1 .5 .5 .2 .2", "class -1 is negative"),
        ("0.5 .5 .5 .2 .2", "class 0.5 is no class index"),
        ("nan .5 .5 .2 .2", "class nan is no class index"),
        ("99999999999 .5 .5 .2 .2", "class 99999999999 is no class index"),
        ("zebra .5 .5 .2 .2", "class 'zebra' is a name, expected its index"),
    ],
)
def test_faults_of_the_class_that_cannot(text: str, said: str) -> None:
    read = row(text)
    (fault,) = read.faults
    assert fault.message.format(**fault.values) == said
    assert (fault.kept, fault.fix, read.count) == (True, Fix.NONE, 5)


@pytest.mark.parametrize(
    "text", ["hello", "0 0.5 x 0.2 0.2", "cat", "<xml>", "0 0.5 0x1 0.2 0.2", "0 1_0 1 1 1", ","]
)
def test_without_numbers_nothing_is_kept(text: str) -> None:
    read = row(text)
    (fault,) = read.faults
    assert (read.count, fault.rule, fault.kept) == (0, "FMT002", False)


@pytest.mark.parametrize("word", ["nan", "NaN", "inf", "-Infinity", "1e999"])
def test_what_is_not_finite(word: str) -> None:
    read = row(f"0 0.5 {word} 0.2 0.2")
    assert [fault.rule for fault in read.faults] == ["SCH004"]
    assert math.isnan(read.values[2])
    assert read.values[1] == 0.5


def test_an_outline_with_signs() -> None:
    read = row("0 -0.1 0.1 0.3 0.1 0.3 0.4")
    assert (read.count, read.extent) == (7, [-0.1, 0.1, 0.3, 0.4])
    assert (read.second, read.sixth) == (2, 19)


def test_separated_keeps_every_byte_in_its_place() -> None:
    text = b"0,0.5 , 0.5;0.2,0.2"
    plain, faults = separated(text)
    assert len(plain) == len(text)
    assert plain.split() == [b"0", b"0.5", b"0.5", b"0.2", b"0.2"]
    assert len(faults) == 1


def test_shown_is_short_and_text() -> None:
    assert shown(b"\xff" * 50).endswith("...")
    assert shown(b"ab") == "ab"


@pytest.mark.parametrize(
    ("word", "is_number"),
    [(b"1", True), (b"1.", True), (b".", False), (b"1e5", True), (b"e5", False), (b"nan", True)],
)
def test_numeric(word: bytes, is_number: bool) -> None:
    assert numeric(word) == is_number


@pytest.mark.parametrize(
    ("held", "row", "line"),
    [
        (b"ab\ncd\nef", b"cd", b"cd\n"),
        (b"ab\r\ncd\r\nef", b"cd", b"cd\r\n"),
        (b"ab\n  cd \t\nef", b"cd", b"  cd \t\n"),
        (b"ab\ncd", b"cd", b"cd"),
        (b"\xef\xbb\xbfcd\nef", b"cd", b"cd\n"),
        (b"ab\rcd\ref", b"cd", b"cd\r"),
    ],
)
def test_line_span(held: bytes, row: bytes, line: bytes) -> None:
    start = held.index(row)
    first, last = line_span(held, start, start + len(row))
    assert held[first:last] == line


def test_a_separator_beside_the_class_is_no_decimal_comma() -> None:
    read = row("x;0 0.5 0.5 0.2 0.4")
    assert (read.count, len(read.faults)) == (6, 2)


def test_a_class_with_a_decimal_comma() -> None:
    read = row(",0 0,5 0,5 0,2 0,4")
    assert (read.count, read.values) == (5, [0, 0.5, 0.5, 0.2, 0.4])
