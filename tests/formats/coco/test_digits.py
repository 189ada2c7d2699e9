"""Numbers read from text many at a time are the very numbers float() gives."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.formats.coco import digits

texts = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.floats(-1e6, 1e6).map(lambda n: f"{n:.3f}"),
    st.floats(0, 1e4).map(lambda n: f"{n:.2f}"),
    st.floats(0, 1e4).map(repr).filter(lambda text: "e" not in text),
    st.from_regex(r"(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?", fullmatch=True),
)


@given(st.lists(texts, max_size=40), st.sampled_from([",", ", ", "],[", "\r\n\t"]))
@settings(max_examples=400)
def test_values_are_those_of_float(numbers: list[str], between: str) -> None:
    held = digits.padded(between.join(numbers).encode())
    start, length = digits.runs(held)
    assert digits.values(held, start, length).tolist() == [float(number) for number in numbers]


def test_more_numbers_than_a_block() -> None:
    numbers = [f"{n / 100:.2f}" for n in range(3 * digits.BLOCK)]
    held = digits.padded(",".join(numbers).encode())
    start, length = digits.runs(held)
    assert digits.values(held, start, length).tolist() == [float(number) for number in numbers]


def test_runs_have_start_and_length() -> None:
    held = digits.padded(b"[1.5,-22, 3]")
    start, length = digits.runs(held)
    assert [held[s : s + n].tobytes() for s, n in zip(start, length, strict=True)] == [b"1.5", b"-22", b"3"]


def test_no_numbers() -> None:
    held = digits.padded(b"[[]]")
    start, length = digits.runs(held)
    assert len(start) == len(length) == 0
    assert digits.values(held, start, length).tolist() == []


@pytest.mark.parametrize("text", [b"-", b"1-2-3-4-5-6", b"-1.2.3"])
def test_what_is_no_number_raises(text: bytes) -> None:
    held = digits.padded(text)
    start, length = digits.runs(held)
    with pytest.raises(ValueError, match="could not convert"):
        digits.values(held, start, length)


def test_only_digits_names_plain_whole_numbers() -> None:
    numbers = [b"0", b"12345678", b"1234567890123456789", b"1.5", b"-3", b"7", b"1.50000000", b"12345678.5"]
    held = digits.padded(b",".join(numbers))
    start, length = digits.runs(held)
    expected = [True, True, True, False, False, True, False, False]
    assert digits.only_digits(held, start, length).tolist() == expected


def test_padded_leaves_room_for_a_word() -> None:
    for size in range(20):
        held = digits.padded(b"7" * size)
        assert len(held) % 8 == 0
        assert held[: digits.LONGEST].tolist() == [0] * digits.LONGEST
        assert held[-digits.FAR :].tolist() == [0] * digits.FAR
        assert np.count_nonzero(held) == size


spelled = texts | st.text("0123456789.-eE:/ ", max_size=20)


def between_commas(numbers: list[str]) -> tuple[Any, Any, Any]:
    """A text with these numbers, each before a comma, as bytes; where they start, and how long they are."""
    lengths = [len(number) for number in numbers]
    starts = [digits.LONGEST + sum(lengths[:at]) + at for at in range(len(numbers))]
    return (
        digits.padded("".join(f"{number}," for number in numbers).encode()),
        np.array(starts),
        np.array(lengths),
    )


@given(st.lists(spelled, min_size=1, max_size=20))
@settings(max_examples=600)
def test_numbers_are_what_json_takes_for_one_without_exponent(numbers: list[str]) -> None:
    held, start, length = between_commas(numbers)
    good = np.ones(len(numbers), dtype=bool)
    found = digits.numbers(held, start, length, good)
    assert good.tolist() == [
        bool(re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", number)) for number in numbers
    ]
    for number, one, is_good in zip(numbers, found.tolist(), good.tolist(), strict=True):
        assert not is_good or (one, math.copysign(1, one)) == (float(number), math.copysign(1, float(number)))


@given(st.lists(spelled, min_size=1, max_size=20))
def test_wholes_have_digits_alone(numbers: list[str]) -> None:
    held, start, length = between_commas(numbers)
    good = np.ones(len(numbers), dtype=bool)
    found = digits.wholes(held, start, length, good)
    assert good.tolist() == [bool(re.fullmatch(r"0|[1-9][0-9]{0,14}", number)) for number in numbers]
    for number, one, is_good in zip(numbers, found.tolist(), good.tolist(), strict=True):
        assert not is_good or one == int(number)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=20))
def test_until_counts_to_the_next_sign(lengths: list[int]) -> None:
    held, start, length = between_commas(["x" * each for each in lengths])
    assert digits.until(held, start, ord(",")).tolist() == np.minimum(length, digits.FAR).tolist()


def test_until_looks_no_farther_than_the_padding() -> None:
    held = digits.padded(b"[7")
    assert digits.until(held, np.array([digits.LONGEST + 1]), ord(",")).tolist() == [digits.FAR]


def test_a_text_stands_at_each_place_or_not() -> None:
    held = digits.padded(b"abcabcabd")
    at = np.array([0, 3, 6]) + digits.LONGEST
    assert digits.stands(held, at, b"ab")
    assert not digits.stands(held, at, b"abc")
    assert digits.stands(held, at[:2], b"abc")
    assert not digits.stands(held, at, b"ab" * 30), "it would end behind the text"
    assert digits.stands(held, at[:0], b"ab")
