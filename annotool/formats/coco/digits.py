"""Plain decimal numbers in text, read to float64 many at a time, without a Python object for each.

A number of up to eight characters is loaded as one 64-bit word, its point is squeezed out, its digits are added up
pairwise in three multiplications, and the whole is divided by a power of ten. Integer and power are exact in float64,
so the quotient is the nearest float64: the very number `float()` gives. All others go to `float()`.
Source of the three multiplications: "Quickly parsing eight digits", D. Lemire, 2022, after J. Mula.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotool.table import Array

__all__ = ["PAD", "only_digits", "padded", "runs", "values"]

PAD = 16  # blank bytes wanted after the text, so that the last word can be loaded
BLOCK = 1 << 14  # numbers at a time: scratch stays in the second cache, and out of malloc's hands
LONGEST = 8  # characters that fit in a word

U64 = np.uint64


def spread(byte: int) -> np.uint64:
    return U64(int.from_bytes(bytes([byte]) * 8, "little"))


POINTS, ZEROS = spread(ord(".")), spread(ord("0"))
LOW7, LOW4, HIGH4 = spread(0x7F), spread(0x0F), spread(0xF0)
PLACES = U64(0x0102030405060708)  # times 256**k: k + 1 in the highest byte
FIRST = np.array([(1 << 8 * length) - 1 for length in range(LONGEST + 1)], dtype=U64)
TENS = 10.0 ** np.arange(LONGEST + 1)
STEPS = (  # keep these bytes, multiply, shift: pairs, fours, all eight digits
    (LOW4, U64(2561), U64(8)),
    (U64(0x00FF00FF00FF00FF), U64(6553601), U64(16)),
    (U64(0x0000FFFF0000FFFF), U64(42949672960001), U64(32)),
)


class Scratch(threading.local):
    """Arrays used again and again: fresh ones would cost a page fault every 4 kB."""

    def __init__(self) -> None:
        self.words = [np.empty(BLOCK, dtype=U64) for _ in range(6)]
        self.tens = np.empty(BLOCK, dtype=np.float64)


SCRATCH = Scratch()


def padded(text: bytes) -> NDArray[np.uint8]:
    """Return the text as bytes with one blank before it and at least PAD after it, a multiple of eight in all."""
    size = (len(text) + 1 + PAD + 7) // 8 * 8
    held = np.zeros(size, dtype=np.uint8)
    held[1 : len(text) + 1] = np.frombuffer(text, dtype=np.uint8)
    return held


def runs(held: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Return start and length (int64) of each run of the characters `0-9 . - /` in a text made by `padded`."""
    inside = (held - np.uint8(ord("-"))) <= np.uint8(12)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    start = edges[0::2] + 1
    return start, edges[1::2] + 1 - start


def only_digits(held: NDArray[np.uint8], start: Array, length: Array) -> NDArray[np.bool_]:
    """Whether a JSON number that starts there is written with 0-9 alone and no longer than LONGEST."""
    good = np.empty(len(start), dtype=bool)
    words = held.view(U64)
    for first in range(0, len(start), BLOCK):
        part = slice(first, first + BLOCK)
        word, wanted, spare = (each[: len(start[part])] for each in SCRATCH.words[:3])
        load(words, start[part], word, wanted, spare)
        inside = FIRST.take(length[part], out=wanted, mode="clip")
        np.bitwise_and(word, np.bitwise_and(inside, HIGH4, out=spare), out=word)
        np.equal(word, np.bitwise_and(inside, ZEROS, out=wanted), out=good[part])
    return good & (length <= LONGEST)


def values(
    held: NDArray[np.uint8], start: Array, length: Array, *, short: bool = False
) -> NDArray[np.float64]:
    """Return the numbers that stand at start, length of a text made by `padded`. Raises ValueError for no number.

    short: all are known to be digits and points, LONGEST at most.
    """
    found = np.empty(len(start), dtype=np.float64)
    words = held.view(U64)
    for first in range(0, len(start), BLOCK):
        part = slice(first, first + BLOCK)
        plain(words, start[part], length[part], found[part])
    if short:
        return found
    odd = length > LONGEST
    odd |= held[start] == ord("-")
    for at in np.flatnonzero(odd).tolist():
        found[at] = float(held[start[at] : start[at] + length[at]].tobytes())
    return found


def plain(words: NDArray[np.uint64], start: Array, length: Array, found: Array) -> None:
    """Fill `found` with the numbers of up to eight characters; what it puts for others is meaningless."""
    n = len(start)
    word, point, lower, digits, size, shift = (each[:n] for each in SCRATCH.words)
    load(words, start, word, point, shift)
    np.minimum(length, LONGEST, out=size, casting="unsafe")
    np.bitwise_and(word, FIRST.take(size.view(np.int64), out=point, mode="clip"), out=word)
    find_point(word, point, lower)  # 256**k for a point that is character k, 0 for none
    np.multiply(point, PLACES, out=shift)
    np.right_shift(shift, U64(56), out=shift)  # k + 1, or 0
    np.subtract(point, U64(1), out=lower)  # ones in all bytes below the point, everywhere for none
    np.bitwise_and(word, lower, out=digits)
    np.right_shift(word, U64(8), out=word)
    np.bitwise_and(word, np.invert(lower, out=lower), out=word)
    np.bitwise_or(digits, word, out=digits)
    decimals, has = word, lower
    np.minimum(shift, U64(1), out=has)
    np.multiply(np.subtract(size, shift, out=decimals), has, out=decimals)
    np.subtract(size, has, out=size)  # digits
    np.left_shift(size, U64(3), out=size)
    np.left_shift(digits, np.subtract(U64(64), size, out=size), out=digits)  # zeros before the first
    for keep, factor, by in STEPS:
        np.bitwise_and(digits, keep, out=digits)
        np.multiply(digits, factor, out=digits)
        np.right_shift(digits, by, out=digits)
    found[:] = digits.view(np.int64)
    np.divide(found, TENS.take(decimals.view(np.int64), out=SCRATCH.tens[:n], mode="clip"), out=found)


def load(words: NDArray[np.uint64], start: Array, word: Any, spare: Any, shift: Any) -> None:
    """Fill `word` with the eight bytes from each start: parts of two aligned words."""
    place = shift.view(np.int64)
    np.right_shift(start, 3, out=place)
    words.take(place, out=word, mode="clip")
    np.add(place, 1, out=place)
    words.take(place, out=spare, mode="clip")
    np.bitwise_and(start, 7, out=place)
    np.left_shift(shift, U64(3), out=shift)
    np.right_shift(word, shift, out=word)
    np.left_shift(spare, U64(1), out=spare)  # by 64 less the shift, which for 0 must give 0
    np.left_shift(spare, np.subtract(U64(63), shift, out=shift), out=spare)
    np.bitwise_or(word, spare, out=word)


def find_point(word: Any, point: Any, spare: Any) -> None:
    """Fill `point` with 256**k where character k of a word is the point; 0 where none is."""
    np.bitwise_xor(word, POINTS, out=spare)
    np.bitwise_and(spare, LOW7, out=point)
    np.add(point, LOW7, out=point)
    np.bitwise_or(point, spare, out=point)
    np.bitwise_or(point, LOW7, out=point)
    np.invert(point, out=point)
    np.right_shift(point, U64(7), out=point)
