import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.formats.yolo.numbers import decimals, tokens

DIGITS = "0123456789"


def parsed(text: bytes) -> tuple[list[float], list[int]]:
    block = np.frombuffer(text, np.uint8)
    values, places = decimals(block, *tokens(block <= 32))
    return values.tolist(), places.tolist()


def test_tokens_are_the_runs_of_bytes_that_are_not_white() -> None:
    start, end = tokens(np.frombuffer(b"0 .5\t\r\n 12\n", np.uint8) <= 32)
    assert start.tolist() == [0, 2, 8]
    assert end.tolist() == [1, 4, 10]


def test_spellings() -> None:
    values, places = parsed(b"0 12 .5 5. 0.278004 00.50 123456.75\n")
    assert values == [0, 12, 0.5, 5, 0.278004, 0.5, 123456.75]
    assert places == [-1, -1, 1, 0, 6, 2, 2]


@pytest.mark.parametrize("word", ["1.2.3", ".", "..5", "0..5", "1" * 65, "0." + "1" * 65])
def test_what_is_no_plain_number_is_nan(word: str) -> None:
    values, _ = parsed(f"0 {word} 0.5\n".encode())
    assert [np.isnan(value) for value in values] == [False, True, False]


def test_skipped_tokens_are_not_read() -> None:
    block = np.frombuffer(b"1.5 abcdefghijklmnopqrstuvwxyz 2.5\n", np.uint8)
    values, _ = decimals(block, *tokens(block <= 32), np.array([False, True, False]))
    np.testing.assert_array_equal(values, [1.5, np.nan, 2.5])


spellings = st.builds(
    lambda whole, dot, places: whole + ("." + places if dot else "") if whole or (dot and places) else "0",
    st.text(DIGITS, max_size=20),
    st.booleans(),
    st.text(DIGITS, max_size=25),
)


@given(st.lists(spellings, min_size=1, max_size=40))
def test_equal_to_float_bit_for_bit(words: list[str]) -> None:
    values, places = parsed((" ".join(words) + "\n").encode())
    assert values == [float(word) for word in words]
    assert places == [len(word.partition(".")[2]) if "." in word else -1 for word in words]
