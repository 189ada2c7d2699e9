"""Numbers read from text many at a time are the very numbers float() gives."""

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
    numbers = [b"0", b"12345678", b"123456789", b"1.5", b"-3", b"7"]
    held = digits.padded(b",".join(numbers))
    start, length = digits.runs(held)
    expected = [True, True, False, False, False, True]
    assert digits.only_digits(held, start, length).tolist() == expected


def test_padded_leaves_room_for_a_word() -> None:
    for size in range(20):
        held = digits.padded(b"7" * size)
        assert len(held) % 8 == 0
        assert held[: digits.LONGEST].tolist() == [0] * digits.LONGEST
        assert not held[-1]
        assert np.count_nonzero(held) == size
