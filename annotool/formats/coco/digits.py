"""Plain decimal numbers in text, read to float64 many at a time, without a Python object for each.

A number of up to eight characters is loaded as the 64-bit word that ends with it, its point is squeezed out, its digits
are added up pairwise in three multiplications, and the whole is divided by a power of ten. Integer and power are exact
in float64, so the quotient is the nearest float64: the very number `float()` gives. Longer ones are put together from
such words where float64 holds all their digits; the rest goes to `float()`.
Source of the three multiplications: "Quickly parsing eight digits", D. Lemire, 2022, after J. Mula.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from annotool.table import Array

__all__ = ["FAR", "LONGEST", "MOST", "numbers", "padded", "runs", "stands", "until", "values", "wholes"]

LONGEST = 8  # characters that fit in a word
FAR = 3 * LONGEST  # characters that are searched for the end of a number
MOST = 15  # digits of which float64 holds every number
BLOCK = 1 << 14  # numbers at a time: scratch stays in the second cache, and out of malloc's hands

U64 = np.uint64


def spread(byte: int) -> np.uint64:
    return U64(int.from_bytes(bytes([byte]) * 8, "little"))


ZEROS, LOW4, HIGH4, BIT5 = spread(ord("0")), spread(0x0F), spread(0xF0), spread(0x20)
LAST = np.array([(1 << 64) - (1 << 8 * (8 - length)) for length in range(LONGEST + 1)], dtype=U64)
ONES, HIGH, ABOVE9 = spread(0x01), spread(0x80), spread(0x80 - 10)
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
    """Return the text as bytes behind LONGEST blank ones, so that a word can end with its first number, and before
    FAR more, in whole words."""
    size = (len(text) + 7) // 8 * 8 + LONGEST + FAR
    held = np.zeros(size, dtype=np.uint8)
    held[LONGEST : len(text) + LONGEST] = np.frombuffer(text, dtype=np.uint8)
    return held


def runs(held: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Return start and length (int64) of each run of the characters `0-9 . - /` in a text made by `padded`."""
    inside = (held - np.uint8(ord("-"))) <= np.uint8(12)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    start = edges[0::2] + 1
    return start, edges[1::2] + 1 - start


def stands(held: NDArray[np.uint8], at: Array, text: bytes) -> bool:
    """Whether `text` stands at each place of a text made by `padded`."""
    places = len(held) - len(text) + 1
    if int(at.max(initial=0)) >= places:
        return False
    windows = np.ndarray((places,), f"V{len(text)}", buffer=held.data, strides=(1,))
    return bool(windows[at].tobytes() == text * len(at))


def until(held: NDArray[np.uint8], start: Array, sign: int) -> Array:
    """Return how many characters stand before the next `sign` (int64), in a text made by `padded`; FAR where that is as
    far or farther."""
    length = before(sign, ending_with(held, start + LONGEST))
    for seen in range(LONGEST, FAR, LONGEST):
        far = np.flatnonzero(length == seen)
        if len(far):
            length[far] += before(sign, ending_with(held, start[far] + seen + LONGEST))
    return length


def before(sign: int, word: NDArray[np.uint64]) -> Array:
    """Return how many characters of a word stand before the first `sign` in it, LONGEST where it has none."""
    word = word ^ spread(sign)
    word = (word - ONES) & ~word & HIGH  # its lowest bit is in the first character that became zero
    return (np.bitwise_count(~word & (word - U64(1))) >> 3).astype(np.int64)


def only_digits(held: NDArray[np.uint8], start: Array, length: Array) -> NDArray[np.bool_]:
    """Whether nothing but 0-9 stands there."""
    good = np.asarray(others(ending_with(held, start + length), length)[1] == 0)
    long = np.flatnonzero(length > LONGEST)
    if len(long):
        good[long] &= only_digits(held, start[long], length[long] - LONGEST)
    return good


def others(word: NDArray[np.uint64], length: Array) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return that many last characters of a word, LONGEST at most, digits as their values; and which are no digits, by
    the highest bit of each."""
    word = (word ^ ZEROS) & LAST.take(length, mode="clip")
    return word, ((word + ABOVE9) | word) & HIGH


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


def numbers(
    held: NDArray[np.uint8], start: Array, length: Array, good: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the JSON numbers that stand at start, length of a text made by `padded`; where none does that is written in
    digits, with a sign and a point or without, it is no longer good."""
    negative = held[start] == ord("-")
    signed = bool(negative.any())
    if signed:
        start, length = start + negative, length - negative
    good &= begun(held, start, length)
    word = ending_with(held, start + length)
    good &= spelled(word, length) & ((word >> U64(56)) != ord("."))
    found = of_words(word, length)
    long = np.flatnonzero(length > LONGEST)
    if len(long):
        found[long], good[long] = long_numbers(held, start[long], length[long], good[long])
    return np.negative(found, out=found, where=negative) if signed else found


def wholes(
    held: NDArray[np.uint8], start: Array, length: Array, good: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """As `numbers`, of whole numbers of up to MOST digits without a sign."""
    good &= begun(held, start, length) & only_digits(held, start, length) & (length <= MOST)
    found = values(held, start, length, short=True).astype(np.int64)
    long = np.flatnonzero(length > LONGEST)  # of which we have the last digits
    if len(long):
        above = values(held, start[long], length[long] - LONGEST, short=True)
        found[long] += 10**LONGEST * above.astype(np.int64)
    return found


def begun(held: NDArray[np.uint8], start: Array, length: Array) -> NDArray[np.bool_]:
    """Whether a number without sign begins as in JSON: with a digit, and not with a zero before another one."""
    first = held[start]
    lone = (length == 1) | (held[start + 1] == ord("."))
    return np.asarray((length > 0) & (first != ord(".")) & (lone | (first != ord("0"))))


def spelled(word: NDArray[np.uint64], length: Array) -> NDArray[np.bool_]:
    """Whether that many last characters of a word, LONGEST at most, are digits and no more than one point."""
    word, other = others(word, length)
    one = other >> U64(7)
    alone = other & (other - U64(1)) == 0
    return np.asarray(alone & (word & (one * U64(255)) == one * U64(ord(".") ^ ord("0"))))


def long_numbers(
    held: NDArray[np.uint8], start: Array, length: Array, good: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return numbers without sign of more than LONGEST characters, and which are good: digits and no more than one point.

    What stands on both sides of the point is read by itself, where that fits in a word and float64 holds it all.
    """
    point = until(held, start, ord("."))
    pointed = point < length
    point = np.where(pointed, point, length - LONGEST)
    behind = length - point - pointed
    after = start + length - behind
    good &= (behind > 0) & begun(held, start, length)
    good &= only_digits(held, start, point) & only_digits(held, after, behind)
    tens = TENS.take(behind, mode="clip")
    found = values(held, start, point, short=True) * tens
    found += values(held, after, behind, short=True)
    found /= np.where(pointed, tens, 1.0)
    odd = good & ((length - pointed > MOST) | (point > LONGEST) | (behind > LONGEST))
    for at in np.flatnonzero(odd).tolist():
        found[at] = float(held[start[at] : start[at] + length[at]].tobytes())
    return found, good


def ending_with(held: NDArray[np.uint8], end: Array) -> NDArray[np.uint64]:
    """Return the eight bytes before each end as one number, the last of them the highest."""
    windows = np.ndarray((len(held) - LONGEST + 1,), dtype="S8", buffer=held.data, strides=(1,))
    return np.asarray(windows[end - LONGEST]).view(U64)


def of_words(word: NDArray[np.uint64], length: Array) -> NDArray[np.float64]:
    """Return the numbers of that many last characters of each word; the words are used up."""
    found = np.empty(len(word), dtype=np.float64)
    for first in range(0, len(word), BLOCK):
        part = slice(first, first + BLOCK)
        plain(word[part], length[part], found[part])
    return found


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
