"""Plain decimal numbers in text, read to float64 many at a time, without a Python object for each.

A number of up to eight characters is loaded as the 64-bit word that ends with it, its point is squeezed out, its digits
are added up pairwise in three multiplications, and the whole is divided by a power of ten. Integer and power are exact
in float64, so the quotient is the nearest float64: the very number `float()` gives. All others go to `float()`.
Source of the three multiplications: "Quickly parsing eight digits", D. Lemire, 2022, after J. Mula.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from annotool.table import Array

__all__ = ["LONGEST", "only_digits", "padded", "runs", "values"]

LONGEST = 8  # characters that fit in a word
BLOCK = 1 << 14  # numbers at a time: scratch stays in the second cache, and out of malloc's hands

U64 = np.uint64


def spread(byte: int) -> np.uint64:
    return U64(int.from_bytes(bytes([byte]) * 8, "little"))


ZEROS, LOW4, HIGH4, BIT5 = spread(ord("0")), spread(0x0F), spread(0xF0), spread(0x20)
LAST = np.array([(1 << 64) - (1 << 8 * (8 - length)) for length in range(LONGEST + 1)], dtype=U64)
BEHIND = U64(0x0706050403020100)  # times 256**k: the characters behind character k, in the highest byte
TENS = 10.0 ** np.arange(LONGEST + 1)
STEPS = (  # keep these bytes, multiply, shift: pairs, fours, all eight digits
    (LOW4, U64(2561), U64(8)),
    (U64(0x00FF00FF00FF00FF), U64(6553601), U64(16)),
    (U64(0x0000FFFF0000FFFF), U64(42949672960001), U64(32)),
)


class Scratch(threading.local):
    """Arrays used again and again: fresh ones would cost a page fault every 4 kB."""

    def __init__(self) -> None:
        self.words = [np.empty(BLOCK, dtype=U64) for _ in range(3)]
        self.tens = np.empty(BLOCK, dtype=np.float64)


SCRATCH = Scratch()


def padded(text: bytes) -> NDArray[np.uint8]:
    """Return the text as bytes behind LONGEST blank ones, so that a word can end with its first number, and before one
    more, in whole words."""
    size = (len(text) + LONGEST + 8) // 8 * 8
    held = np.zeros(size, dtype=np.uint8)
    held[LONGEST : len(text) + LONGEST] = np.frombuffer(text, dtype=np.uint8)
    return held


def runs(held: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Return start and length (int64) of each run of the characters `0-9 . - /` in a text made by `padded`."""
    inside = (held - np.uint8(ord("-"))) <= np.uint8(12)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    start = edges[0::2] + 1
    return start, edges[1::2] + 1 - start


def only_digits(held: NDArray[np.uint8], start: Array, length: Array) -> NDArray[np.bool_]:
    """Whether a JSON number that stands there is written with 0-9 alone and no longer than LONGEST."""
    word = ending_with(held, start + length)
    inside = LAST.take(length, mode="clip")
    return np.asarray((word & inside & HIGH4 == inside & ZEROS) & (length <= LONGEST))


def values(
    held: NDArray[np.uint8], start: Array, length: Array, *, short: bool = False
) -> NDArray[np.float64]:
    """Return the numbers that stand at start, length of a text; each ends LONGEST bytes from its start or later.

    short: all are known to be digits and points, LONGEST at most. Raises ValueError for what is no number.
    """
    found = np.empty(len(start), dtype=np.float64)
    for first in range(0, len(start), BLOCK):
        part = slice(first, first + BLOCK)
        size = length[part]
        plain(ending_with(held, start[part] + size), size, found[part])
    if short:
        return found
    odd = length > LONGEST
    odd |= held[start] == ord("-")
    if odd.any():
        text = held.tobytes()
        spans = zip(start[odd].tolist(), (start + length)[odd].tolist(), strict=True)
        found[odd] = [float(text[first:last]) for first, last in spans]
    return found


def ending_with(held: NDArray[np.uint8], end: Array) -> NDArray[np.uint64]:
    """Return the eight bytes before each end as one number, the last of them the highest."""
    windows = np.ndarray((len(held) - LONGEST + 1,), dtype="S8", buffer=held.data, strides=(1,))
    return np.asarray(windows[end - LONGEST]).view(U64)


def plain(word: NDArray[np.uint64], length: Array, found: NDArray[np.float64]) -> None:
    """Fill `found` with the numbers of that many last characters; what it puts for longer ones is meaningless."""
    n = len(word)
    point, spare, behind = (each[:n] for each in SCRATCH.words)
    np.bitwise_and(word, LAST.take(length, out=spare, mode="clip"), out=word)
    # A digit has bits 5 and 4, the point has bit 5 only: 256**k where character k is the point, 0 where none is.
    np.left_shift(word, U64(1), out=point)
    np.bitwise_and(word, np.invert(point, out=point), out=point)
    np.right_shift(np.bitwise_and(point, BIT5, out=point), U64(5), out=point)
    np.right_shift(np.multiply(point, BEHIND, out=behind), U64(56), out=behind)
    # What stands before the point moves up by one character, onto it.
    np.subtract(point, np.minimum(point, U64(1), out=spare), out=spare)
    np.multiply(np.bitwise_and(word, spare, out=spare), U64(255), out=spare)
    np.add(word, spare, out=word)
    np.subtract(word, np.multiply(point, U64(ord(".")), out=point), out=word)
    for keep, factor, by in STEPS:
        np.bitwise_and(word, keep, out=word)
        np.multiply(word, factor, out=word)
        np.right_shift(word, by, out=word)
    found[:] = word.view(np.int64)
    np.divide(found, TENS.take(behind.view(np.int64), out=SCRATCH.tens[:n], mode="clip"), out=found)
