"""Annotation records that are all written alike, read as columns of bytes: no Python object for any of them.

Most COCO files come from one program: each record has the same plain keys in the same order with the same blanks. One of
the first records is the pattern. Another fits when it has as many quotes (so no text, no unknown and no repeated key),
the keys stand where its quotes are, the bytes between the values are the pattern's, and each value is of its kind. The
piece is known to be valid JSON, which is what lets a glance at a value's ends say what it is. What does not fit is left
to the typed decoder.

Where all values are numbers it is simpler still: all records of a piece are walked at once, from one number to the next,
a word of eight characters at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

import msgspec
import numpy as np

from annotool.formats.coco import digits
from annotool.formats.coco.elements import Alike, Piece
from annotool.formats.coco.jsontext import Broken, members
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["Uniform"]

Columns = dict[str, Array]

WHOLE = ("id", "image_id", "category_id")
KNOWN = (*WHOLE, "bbox", "area", "score", "iscrowd", "segmentation")
FREE = ("area", "score")  # any number; 17 digits and exponents are usual here
NUMBER = re.compile(rb"[-.0-9]++")
BOX = re.compile(rb"\[\s*+[-.0-9]++(?:\s*+,\s*+[-.0-9]++){3}+\s*+\]")
SLOTS = {"bbox": "x y w h", "segmentation": ""}  # the numbers of a member, where it is not one of its name
FLOATS = msgspec.json.Decoder(list[float])
SHAPE = re.compile(rb"(\[\s*+\[\s*+)[^\[\]\s].*[^\[\]\s](\s*\]\s*\])", re.DOTALL)
PATTERNS = 4  # records that are tried as pattern
NOTHING: tuple[Array, Columns] = (np.empty(0, dtype=np.int64), {})


class Pattern(msgspec.Struct, frozen=True):
    """How a record is written: its keys, and the bytes before its first value, between values, and after the last."""

    text: bytes  # of the record
    keys: tuple[str, ...]
    gaps: tuple[bytes, ...]
    of_numbers: bool  # no value holds anything else

    @property
    def letters(self) -> int:
        """Bytes above `]` in a record: its braces and the letters of its keys."""
        return 2 + sum(map(len, self.keys))


class Uniform:
    """Reads the records of one list that are written alike."""

    def __init__(self, required: Sequence[str]) -> None:
        self.required = {*required}  # the keys that a pattern has
        self.pattern: Pattern | None = None  # that of records which differ in nothing but their numbers

    def guess(self, text: bytes) -> Alike | None:
        """Return the records of a list that is written as the pieces before it; None for another one."""
        return alike(text, self.pattern) if self.pattern else None

    def columns(self, piece: Piece) -> tuple[Array, Columns]:
        """Return which records of a sound piece fit its pattern, and their columns."""
        if piece.columns is not None:
            return np.arange(len(piece.start)), piece.columns
        first = range(min(PATTERNS, len(piece.start)))
        pattern = next((found for row in first if (found := pattern_of(piece, row, self.required))), None)
        if pattern is None:
            return NOTHING
        if pattern.of_numbers and (same := alike(piece.text, pattern)):
            self.pattern = pattern
            return np.arange(len(piece.start)), same.columns
        return fitted(piece, pattern)


def fitted(piece: Piece, pattern: Pattern) -> tuple[Array, Columns]:
    """Return which records of a piece fit a pattern, and their columns."""
    held = np.frombuffer(piece.text, dtype=np.uint8)
    rows, starts, ends = fitting(piece, held, pattern)
    if not len(rows):
        return NOTHING
    spans = dict(zip(pattern.keys, zip(starts, ends, strict=True), strict=True))
    free = {key: joined(piece.text, *spans[key]) for key in FREE if key in spans}
    if not plain(piece, held, pattern, rows, sum(text.count(b"e") for text in free.values())):
        return NOTHING
    try:
        columns: Columns = {key: np.array(FLOATS.decode(text)) for key, text in free.items()}
    except msgspec.ValidationError:  # a list, or more than a float64 holds
        return NOTHING
    good = np.ones(len(rows), dtype=bool)
    for key, (start, end) in spans.items():
        if key in WHOLE:
            columns[key] = digits.wholes(held, start, end - start, good)
        elif key == "iscrowd":
            columns[key] = flags(held, start, end - start, good)
        elif key == "bbox":
            xywh = boxes(held, start, end, good)
            columns |= {name: xywh[:, at] for at, name in enumerate("xywh")}
        elif key == "segmentation":
            outlines(piece, held, start, end, good, columns)
    kind = np.full(len(rows), Kind.BOX if "bbox" in pattern.keys else Kind.IMAGE, dtype=np.int8)
    columns["kind"] = (
        np.where(columns["seg_start"] >= 0, np.int8(Kind.POLYGON), kind) if "seg_start" in columns else kind
    )
    if good.all():
        return rows, columns
    return rows[good], {name: values[good] for name, values in columns.items()}


def pattern_of(piece: Piece, row: int, required: AbstractSet[str]) -> Pattern | None:
    """Return how a record is written; None where it has other keys than plain ones, or one twice."""
    record = piece.text[int(piece.start[row]) : int(piece.end[row])]
    if b"{" in record[1:]:  # RLE
        return None
    try:
        found = list(members(record, 0))
    except Broken:
        return None
    keys = tuple(each.key for each in found)
    if len(set(keys)) < len(keys) or not required <= set(keys) <= {*KNOWN}:
        return None
    edges = [0, *(edge for each in found for edge in (each.start, each.end)), len(record)]
    gaps = [record[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    values = {each.key: record[each.start : each.end] for each in found}
    numbers = all(numbers_alone(key, text) for key, text in values.items())
    return Pattern(record, keys, tuple(gaps), numbers)


def numbers_alone(key: str, text: bytes) -> bool:
    """Whether a value is what numbers alone make of it: one, or four for a box, or none for a segmentation."""
    if key == "segmentation":
        return text == b"[]"
    return bool((BOX if key == "bbox" else NUMBER).fullmatch(text))


def alike(text: bytes, pattern: Pattern) -> Alike | None:
    """Return the records of a list that differ from the pattern in nothing but their numbers; None for another text.

    Nothing is known of the text beforehand. What stands before, between and behind the numbers has to be the pattern's in
    all records, and all else to be numbers, written in digits: then it is JSON.
    """
    held = digits.padded(text)
    start = end = np.flatnonzero(held == ord("{"))
    gaps = NUMBER.split(pattern.text)
    if not len(start) or not digits.stands(held, start, gaps[0]):
        return None
    spans = []
    for before, behind in pairwise(gaps):
        first = end + len(before)
        length = digits.until(held, first, behind[0])
        end = first + length
        if int(length.max()) == digits.FAR or not digits.stands(held, end, behind):
            return None
        spans.append((first, length))
    end = end + len(gaps[-1])
    if not side_by_side(text, held, start, end):
        return None
    columns: Columns = {}
    good = np.ones(len(start), dtype=bool)
    slots = [name for key in pattern.keys for name in SLOTS.get(key, key).split()]
    for name, (first, length) in zip(slots, spans, strict=True):
        columns[name] = column(name, held, first, length, good)
    columns["kind"] = np.full(len(start), Kind.BOX if "x" in columns else Kind.IMAGE, dtype=np.int8)
    return Alike(start - digits.LONGEST, end - digits.LONGEST, columns) if good.all() else None


def column(name: str, held: Array, start: Array, length: Array, good: Array) -> Array:
    """Return the numbers of a column; where one is not of its kind, it is no longer good."""
    if name in WHOLE:
        return digits.wholes(held, start, length, good)
    return (
        flags(held, start, length, good) if name == "iscrowd" else digits.numbers(held, start, length, good)
    )


def side_by_side(text: bytes, held: Array, start: Array, end: Array) -> bool:
    """Whether a text is a list of nothing but what stands from start to end when it is padded, evenly spaced."""
    first, last = int(start[0]), int(end[-1])
    between = held[end[0] : start[1]].tobytes() if len(start) > 1 else b","
    edges = (text[: first - digits.LONGEST], between, text[last - digits.LONGEST :])
    if [edge.strip(b" \t\r\n") for edge in edges] != [b"[", b",", b"]"]:
        return False
    even = bool((start[1:] - end[:-1] == len(between)).all())
    return even and digits.stands(held, end[:-1], between)


def fitting(piece: Piece, held: Array, pattern: Pattern) -> tuple[Array, list[Array], list[Array]]:
    """Return the records with the pattern's keys and gaps, and for each key where its values start and end."""
    quotes = np.flatnonzero(held == ord('"'))
    first = np.searchsorted(quotes, piece.start)
    count = np.searchsorted(quotes, piece.end) - first
    rows = np.flatnonzero(count == 2 * len(pattern.keys))
    places = [quotes[first[rows] + 2 * at] - gap.index(b'"') for at, gap in enumerate(pattern.gaps[:-1])]
    places.append(piece.end[rows] - len(pattern.gaps[-1]))
    good = places[0] == piece.start[rows]
    for gap, place in zip(pattern.gaps, places, strict=True):
        good &= equal(held, place, gap)
    starts = [place + len(gap) for gap, place in zip(pattern.gaps[:-1], places[:-1], strict=True)]
    for start, end in zip(starts, places[1:], strict=True):
        good &= end > start
    if good.all():
        return rows, starts, places[1:]
    return rows[good], [each[good] for each in starts], [each[good] for each in places[1:]]


def equal(held: Array, at: Array, text: bytes) -> Array:
    """Whether `text` stands at each place."""
    windows = np.ndarray((len(held) - len(text) + 1,), dtype=f"S{len(text)}", buffer=held.data, strides=(1,))
    return np.asarray(windows[np.minimum(at, len(windows) - 1)] == text)


def plain(piece: Piece, held: Array, pattern: Pattern, rows: Array, exponents: int) -> bool:
    """Whether no value holds a letter or a brace, but for these exponents: no null, no true, no object."""
    high = held > ord("]")
    others = np.ones(len(piece.start), dtype=bool)
    others[rows] = False
    spans = zip(piece.start[others].tolist(), piece.end[others].tolist(), strict=True)
    total = int(np.count_nonzero(high[piece.start[0] : piece.end[-1]]))
    total -= sum(int(np.count_nonzero(high[start:end])) for start, end in spans)
    return total == len(rows) * pattern.letters + exponents


def flags(held: Array, start: Array, length: Array, good: Array) -> Array:
    """Return 0 and 1 as int8; others are no longer good."""
    found = (held[start] - np.uint8(ord("0"))).astype(np.int8)
    good &= (length == 1) & (found >= 0) & (found <= 1)
    return found


def joined(text: bytes, start: Array, end: Array) -> bytes:
    """Return values as the text of a list."""
    spans = zip(start.tolist(), end.tolist(), strict=True)
    return b"[" + b",".join([text[s:e] for s, e in spans]) + b"]"


def boxes(held: Array, start: Array, end: Array, good: Array) -> Array:
    """Return lists of four numbers as (n, 4) float64; others are no longer good."""
    good &= (held[start] == ord("[")) & (held[end - 1] == ord("]"))
    length = end - start
    before = np.cumsum(length) - length
    text = held[np.repeat(start - before, length) + np.arange(int(length.sum()))]
    flat = digits.padded(text.tobytes())
    first, size = digits.runs(flat)
    edge = np.searchsorted(first, np.append(before, len(text)) + digits.LONGEST)
    good &= np.diff(edge) == 4
    good &= np.add.reduceat((text == ord("[")).view(np.int8), before) == 1
    take = (edge[:-1][good][:, None] + np.arange(4)).ravel()
    found = np.full((len(start), 4), np.nan)
    found[good] = digits.values(flat, first[take], size[take]).reshape(-1, 4)
    return found


def outlines(piece: Piece, held: Array, start: Array, end: Array, good: Array, columns: Columns) -> None:
    """Note where rings stand, written like the first of them, and `[]` for none; others are no longer good."""
    empty = (held[start] == ord("[")) & (held[start + 1] == ord("]")) & (end - start == 2)
    first = int(np.argmin(empty))
    shape = SHAPE.fullmatch(piece.text, int(start[first]), int(end[first]))
    rings = np.zeros(len(start), dtype=bool)
    if shape:
        lead, tail = shape[1], shape[2]
        rings = ~empty & (end - start > len(lead) + len(tail)) & equal(held, start, lead)
        rings &= (held[start + len(lead)] < ord("[")) & equal(held, end - len(tail), tail)
    good &= rings | empty
    columns["seg_start"] = np.where(rings, piece.base + start, -1)
    columns["seg_end"] = np.where(rings, piece.base + end, -1)
