"""Geometry decoded from the text it is kept as: rings, masks and keypoints, a block of annotations at a time.

Rings are nearly always plain decimals between brackets and commas: `digits` reads these without a Python object each.
Longer numbers go to msgspec; what msgspec refuses (NaN, numbers in quotes, rings of another form) to a patient reader,
which gives NaN for what is no number. Masks yield no rings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset, Decoder, Points, Rings
from annotool.formats.coco import digits
from annotool.formats.coco.jsontext import BROKEN, loaded
from annotool.formats.coco.tolerant import number_in
from annotool.geometry import rle as runs
from annotool.table import Array

__all__ = ["DECODER", "keypoints", "masks", "rings", "texts"]

TEXT = 1 << 19  # bytes decoded at a time

NESTED = msgspec.json.Decoder(list[list[list[float]]])
LISTS = msgspec.json.Decoder(list[list[float]])
PLAIN = b"0123456789.,-[] \t\r\n"

Outline = list[Any]


def texts(data: Dataset, rows: Array, member: str) -> Iterator[bytes]:
    """Yield the text of a member (seg or kpt) of each annotation; empty where there is none."""
    for part in of_one_source(data, rows):
        yield from slices(data, part, member)


def of_one_source(data: Dataset, rows: Array) -> list[Array]:
    """Cut rows into runs that come from one file each."""
    source = data.table("annotations")["source"][rows]
    return np.split(rows, np.flatnonzero(source[1:] != source[:-1]) + 1) if len(rows) else []


def slices(data: Dataset, rows: Array, member: str) -> list[bytes]:
    """Return the text of a member of each annotation, all of one file; empty where there is none."""
    table, sources = data.table("annotations"), data.table("sources")
    source = int(table["source"][rows[0]])
    held, first = data.buffers[int(sources["buffer"][source])], int(sources["start"][source])
    start, end = table[f"{member}_start"][rows], table[f"{member}_end"][rows]
    spans = zip((start + first).tolist(), np.where(start < 0, 0, end + first).tolist(), strict=True)
    return [held[s:e] for s, e in spans]


def rings(data: Dataset, rows: Array) -> Rings:
    """Return the polygon rings of annotations."""
    parts: list[tuple[Array, Array, Array]] = []
    for part in of_one_source(data, rows):
        parts += of_file(data, part)
    if not parts:
        return Rings(np.empty(0), np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))
    counts = np.concatenate([part[1] for part in parts])
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return Rings(
        np.concatenate([part[0] for part in parts]), offsets, np.concatenate([part[2] for part in parts])
    )


def of_file(data: Dataset, rows: Array) -> list[tuple[Array, Array, Array]]:
    """Return numbers, counts and rows of the rings of annotations of one file, in parts."""
    table = data.table("annotations")
    held = np.frombuffer(data.source_bytes(int(table["source"][rows[0]])), dtype=np.uint8)
    start = table["seg_start"][rows]
    rows = rows[(start >= 0) & (held[start] == ord("["))]
    size = np.cumsum(table["seg_end"][rows] - table["seg_start"][rows])
    cuts = np.searchsorted(size, np.arange(TEXT, size[-1] if len(rows) else 0, TEXT))
    blocks = [part for part in np.split(rows, cuts) if len(part)]
    return [block(slices(data, part, "seg"), part) for part in blocks]


def block(held: list[bytes], rows: Array) -> tuple[Array, Array, Array]:
    """Return the numbers of all rings, how many each ring has, and its row."""
    joined = b",".join(held)
    if not joined.translate(None, PLAIN):
        found = plain(joined, held, rows)
        if found is not None:
            return found
    try:
        nested = NESTED.decode(b"[" + joined + b"]")
    except (msgspec.DecodeError, RecursionError):
        nested = [patient(text) for text in held]
    each = list(chain.from_iterable(nested))
    xy = np.array(list(chain.from_iterable(each)), dtype=np.float64)
    counts = np.fromiter(map(len, each), dtype=np.int64, count=len(each))
    return xy, counts, np.repeat(rows, [len(outline) for outline in nested])


def plain(joined: bytes, held: Sequence[bytes], rows: Array) -> tuple[Array, Array, Array] | None:
    """Decode outlines of plain numbers; None where many numbers are long, or the brackets are not two deep."""
    text = digits.padded(joined)
    start, length = digits.runs(text)
    long = int(np.count_nonzero(length > digits.LONGEST))
    if long * 8 > len(length):
        return None
    signs = text - np.uint8(ord("["))  # 0, and 2 for the closing one
    brackets = np.flatnonzero(np.bitwise_and(signs, np.uint8(0xFD), out=signs) == 0)
    opens = text[brackets] == ord("[")
    depth = np.cumsum(np.where(opens, 1, -1))
    opening, closing = brackets[opens & (depth == 2)], brackets[~opens & (depth == 1)]
    first, last = np.searchsorted(start, opening), np.searchsorted(start, closing)
    if depth.max(initial=0) > 2 or len(opening) != len(closing) or int((last - first).sum()) != len(start):
        return None
    ends = np.cumsum(np.fromiter(map(len, held), dtype=np.int64, count=len(held)) + 1)
    return (
        digits.values(text, start, length, short=not long and b"-" not in joined),
        last - first,
        rows[np.searchsorted(ends, opening - digits.LONGEST, side="right")],
    )


def patient(text: bytes) -> Outline:
    """Return the rings of one segmentation of any form; NaN for what is no number, no ring for what is no list."""
    value = loaded(text)
    if value is BROKEN or not isinstance(value, list):
        return []
    if not any(isinstance(each, list) for each in value):
        value = [value]
    return [[numeric(n) for n in (ring if isinstance(ring, list) else [ring])] for ring in value]


def numeric(value: Any) -> float:
    number = number_in(value)
    return float("nan") if number is None else number


class Mask(msgspec.Struct):
    """RLE as it is written."""

    counts: str | list[int]
    size: tuple[int, int]


MASK = msgspec.json.Decoder(Mask)


def masks(data: Dataset, rows: Array) -> list[tuple[Array, tuple[int, int]] | None]:
    """Return counts and (height, width) of each annotation's mask; None where it has none, or one that is invalid."""
    return [mask(text) if text[:1] == b"{" else None for text in texts(data, rows, "seg")]


def mask(text: bytes) -> tuple[Array, tuple[int, int]] | None:
    try:
        held = MASK.decode(text)
        counts = held.counts
        return runs.counts_from_string(counts) if isinstance(counts, str) else np.array(
            counts, dtype=np.int64
        ), held.size
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError):
        return None


def keypoints(data: Dataset, rows: Array) -> Points:
    """Return annotations' keypoints; numbers beyond the last whole point are only counted."""
    values, numbers = listed(list(texts(data, rows, "kpt")))
    count = numbers // 3
    if (numbers % 3).any():
        within = np.arange(len(values)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
        values = values[within < np.repeat(3 * count, numbers)]
    return Points(values.reshape(-1, 3), np.concatenate(([0], np.cumsum(count))), numbers)


def listed(held: Sequence[bytes]) -> tuple[Array, Array]:
    """Return the numbers of lists (float64, flat) and how many each holds; NaN for what is no number."""
    joined = b",".join([text or b"[]" for text in held])
    if not joined.translate(None, PLAIN):
        text = digits.padded(joined)
        closing = np.flatnonzero(text == ord("]"))
        start, length = digits.runs(text)
        if len(closing) == len(held) and int(np.count_nonzero(length > digits.LONGEST)) * 8 <= len(length):
            return digits.values(text, start, length), np.diff(np.searchsorted(start, closing), prepend=0)
    try:
        lists = LISTS.decode(b"[" + joined + b"]")
    except (msgspec.DecodeError, RecursionError):
        lists = [flat(text) for text in held]
    counts = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    return np.array(list(chain.from_iterable(lists)), dtype=np.float64), counts


def flat(text: bytes) -> list[float]:
    value = loaded(text) if text else []
    return [numeric(each) for each in value] if isinstance(value, list) else []


DECODER = Decoder(rings, masks, keypoints)
