"""The lines of many label files, in one buffer: where each is, how many numbers it has, and what they are.

Lines of plain decimals go through numpy by the block; the few others (signs, exponents, commas, words) one by one
through `odd`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from annotool.formats.yolo import numbers
from annotool.formats.yolo.odd import Fault, Odd, parse
from annotool.table import Array

__all__ = ["KINDS", "WHITE", "Lines", "line_ends", "read_lines"]

BLOCK = 1 << 18  # bytes: the arrays of a block stay in the processor's cache
WHITE, STRANGE = 1, 2
KINDS = bytes(
    WHITE if byte in b" \t\r\n\v\f" else 0 if byte in b"0123456789." else STRANGE for byte in range(256)
)
LARGEST_CLASS = 1e9


class Lines(msgspec.Struct, frozen=True):
    """The non-blank lines, in order; positions are bytes of the buffer.

    file: number of the file; line: from 1 in it; index: from 0 among its records; start, end: the record, white space
    left out; count: its numbers, class included (0: they cannot be told); values: (n, 5) class and the next four, NaN
    where there is none; places: most decimals after the class; second, sixth: start of that number; extent: (n, 4)
    x0 y0 x1 y1 of the points after the class in rows of 7, 9, 11 ... numbers, else NaN; odd: read by itself; faults:
    by line.
    """

    file: Array
    line: Array
    index: Array
    start: Array
    end: Array
    count: Array
    values: Array
    places: Array
    second: Array
    sixth: Array
    extent: Array
    odd: Array
    faults: Mapping[int, Sequence[Fault]] = msgspec.field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)


def read_lines(buffer: bytes, starts: Array, names: Mapping[str, int]) -> Lines:
    """Read all lines of a buffer of files that begin at `starts`, each followed by a line end that is not its own.

    `names` gives the index of each class name, for rows that spell it out.
    """
    data = np.frombuffer(buffer, np.uint8)
    lone = b"\r" in buffer and buffer.count(b"\r") != buffer.count(b"\r\n")
    parts, passed, before = [], 0, [np.empty(0, dtype=np.int64)]
    for first, last in cuts(buffer):
        newline = line_ends(data[first:last], lone)
        low, high = np.searchsorted(starts, (first, last))
        before.append(passed + np.searchsorted(newline, starts[low:high] - first))
        parts.append(read_block(data[first:last], newline, first, passed))
        passed += len(newline)
    held = {name: [part[name] for part in parts] for name in parts[0]}
    bare = not any(extent.strides[0] for extent in held["extent"])
    columns: dict[str, Any] = {
        name: np.concatenate(each) for name, each in held.items() if name != "extent" or not bare
    }
    rows = len(columns["start"])
    first_line = np.searchsorted(columns["start"], starts)
    file = np.repeat(np.arange(len(starts)), np.diff(np.append(first_line, rows)))
    columns["line"] = columns.pop("ordinal") - np.concatenate(before)[file] + 1
    columns["index"] = np.arange(rows) - first_line[file]
    if bare:
        columns["extent"] = no_extent(rows)
    return read_odd(buffer, Lines(file=file, **columns), names)


def cuts(buffer: bytes) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(buffer):
        last = buffer.find(b"\n", first + BLOCK) + 1 or len(buffer)
        yield first, last
        first = last


def line_ends(block: Array, lone: bool) -> Array:
    """Where lines end. An old Macintosh's carriage return ends one too, as Python's text files have it."""
    ends = block == ord("\n")
    if lone:
        ends |= (block == ord("\r")) & (np.append(block[1:], 0) != ord("\n"))
    return np.flatnonzero(ends)


def read_block(block: Array, newline: Array, offset: int, passed: int) -> dict[str, Array]:
    """Read the lines of one block; those with a strange byte or word are marked odd and left to `read_odd`."""
    kinds = np.frombuffer(block.tobytes().translate(KINDS), np.uint8)
    start, end = numbers.tokens(kinds == WHITE)
    before = np.searchsorted(start, newline)
    count = np.diff(before, prepend=0)
    full = np.flatnonzero(count)
    first, count = (before - count)[full], count[full]
    last = first + count - 1
    odd = np.zeros(len(full), dtype=bool)
    strange = np.searchsorted(end, np.flatnonzero(kinds == STRANGE), side="right")
    odd[np.searchsorted(last, strange)] = True
    values, places = numbers.decimals(block, start, end, np.repeat(odd, count) if len(strange) else None)
    odd[np.searchsorted(last, np.flatnonzero(np.isnan(values)))] = True
    odd |= (places[first] >= 0) | (values[first] > LARGEST_CLASS)
    if (count == 5).all():
        five = values.reshape(-1, 5)
    else:
        at = first[:, None] + np.arange(5)
        five = np.where(at <= last[:, None], values[np.minimum(at, last[:, None])], np.nan)
    places[first] = -1
    return {
        "ordinal": full + passed,
        "start": start[first] + offset,
        "end": end[last] + offset,
        "count": count,
        "values": five,
        "places": np.maximum.reduceat(places, first) if len(first) else places,
        "second": start[np.minimum(first + 1, last)] + offset,
        "sixth": start[np.minimum(first + 5, last)] + offset,
        "extent": extents(values, first, np.where(odd, 0, count)),
        "odd": odd,
    }


def extents(values: Array, first: Array, count: Array) -> Array:
    """Extent x0 y0 x1 y1 of the points after the first number of each row of 7, 9, 11 ... numbers, else NaN (n, 4)."""
    many = np.flatnonzero((count >= 7) & (count % 2 == 1))
    result = no_extent(len(first))
    if len(many):
        result = np.full((len(first), 4), np.nan)
        points = (count[many] - 1) // 2
        starts = np.cumsum(points) - points
        at = np.repeat(first[many] + 1 - 2 * starts, points) + 2 * np.arange(points.sum())
        for column, coordinate in enumerate((values[at], values[at + 1])):
            result[many, column] = np.minimum.reduceat(coordinate, starts)
            result[many, column + 2] = np.maximum.reduceat(coordinate, starts)
    return result


def no_extent(rows: int) -> Array:
    return np.broadcast_to(np.nan, (rows, 4))


def read_odd(buffer: bytes, lines: Lines, names: Mapping[str, int]) -> Lines:
    """Read the lines marked odd one by one; their columns are filled in place."""
    rows = np.flatnonzero(lines.odd)
    if not len(rows):
        return lines
    first = np.append(True, lines.file[1:] != lines.file[:-1])
    columns = (each[rows].tolist() for each in (lines.start, lines.end, first))
    read: list[Odd] = [
        parse(buffer[start:end], names, begins) for start, end, begins in zip(*columns, strict=True)
    ]
    if any(each.count > 5 for each in read):
        lines = replace(lines, extent=np.array(lines.extent))
        lines.extent[rows] = [each.extent for each in read]
    for name in ("count", "values", "places"):
        getattr(lines, name)[rows] = [getattr(each, name) for each in read]
    for name in ("second", "sixth", "start"):
        getattr(lines, name)[rows] = lines.start[rows] + [getattr(each, name) for each in read]
    faults = {row: each.faults for row, each in zip(rows.tolist(), read, strict=True) if each.faults}
    return without(replace(lines, faults=faults), np.flatnonzero(lines.count < 0))


def without(lines: Lines, rows: Array) -> Lines:
    """The lines without those that hold a byte order mark and nothing else."""
    if not len(rows):
        return lines
    keep = np.delete(np.arange(len(lines)), rows)
    number = {row: at for at, row in enumerate(keep.tolist())}
    columns = {name: getattr(lines, name)[keep] for name in Lines.__struct_fields__ if name != "faults"}
    # A mark stands first in its file.
    columns["index"] = columns["index"] - np.isin(columns["file"], lines.file[rows])
    return Lines(**columns, faults={number[row]: held for row, held in lines.faults.items() if row in number})
