"""Plain decimal numbers in a block of text, many at a time: `0`, `12`, `.5`, `0.278004`.

A block is a (n,) uint8 array that ends with white space. Several times as fast as numpy.loadtxt, equal to float()
bit for bit, and it knows how many decimals were written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["decimals", "tokens"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DOT, ZERO = ord("."), ord("0")
EXACT = (
    15  # digits; float64 holds such a number, and a power of ten that size, exactly: one division rounds once
)
LONGEST = 64  # digits before or after the dot; a number beyond is no plain one


def tokens(white: Bools) -> tuple[Ints, Ints]:
    """First byte of each run of bytes that are not white, and the byte after it; the last byte is white."""
    starts = np.flatnonzero(white[:-1] > white[1:]) + 1
    if not white[0]:
        starts = np.append(0, starts)
    return starts, np.flatnonzero(white[:-1] < white[1:]) + 1


def decimals(block: Bytes, start: Ints, end: Ints, skip: Bools | None = None) -> tuple[Floats, Ints]:
    """Values of the tokens, and their decimals, -1 without a dot; `skip` names tokens that are not to be read.

    A token holds digits and dots only. What is no plain number (two dots, no digit), or skipped, has the value NaN.
    """
    dot, plain = dots(block, start, end)
    if skip is not None:
        plain &= ~skip
    whole, places = dot - start, end - dot - 1
    plain &= (whole + np.maximum(places, 0) > 0) & (whole <= LONGEST) & (places <= LONGEST)
    key = np.where(plain, whole * (LONGEST + 2) + places + 2, 0)
    values = np.full(len(start), np.nan)
    for spelling in np.flatnonzero(np.bincount(key)[1:]) + 1:
        same = np.flatnonzero(key == spelling)
        length, after = divmod(int(spelling) - 2, LONGEST + 2)
        length, after = (length + 1, -1) if after == LONGEST + 1 else (length, after)
        values[same] = equally_long(block, start[same], length, after)
    return values, places


def dots(block: Bytes, start: Ints, end: Ints) -> tuple[Ints, Bools]:
    """Where each token's first dot is (its end: it has none), and whether it has no second."""
    dot = np.where(block[start + 1] == DOT, start + 1, end)  # as nearly all are written: 0.5
    plain = np.ones(len(start), dtype=bool)
    rest = block == DOT
    rest[dot[dot < end]] = False
    left = np.flatnonzero(rest)
    owner = np.searchsorted(start, left, side="right") - 1
    plain[owner[dot[owner] < end[owner]]] = False
    plain[owner[1:][owner[1:] == owner[:-1]]] = False
    dot[owner] = left
    return dot, plain


def equally_long(block: Bytes, start: Ints, whole: int, places: int) -> Floats:
    """Values of numbers of `whole` digits and, unless `places` is -1, a dot and `places` digits."""
    if whole + places > EXACT:
        text = block[start[:, None] + np.arange(whole + 1 + places)]
        long: Floats = text.view(f"S{text.shape[1]}").ravel().astype(np.float64)
        return long
    values = np.zeros(len(start))
    for at in (*range(whole), *range(whole + 1, whole + 1 + places)):
        values *= 10
        values += block[start + at] - np.uint8(ZERO)
    return values / 10.0**places if places > 0 else values
