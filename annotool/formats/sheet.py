"""Delimited text (csv, tsv) with the bytes of every record: how it is spelled is found out, and what is rewritten keeps
the spelling of all the rest.

Delimiters are `,` `;` tab and `|`; a first line `sep=;`, which Excel writes, names one. Quotes are `"`, doubled inside.
Line ends are LF, CRLF or CR. A byte order mark is no part of the first cell.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotool.table import Array

__all__ = ["Sheet", "Spelling", "cells", "read_sheet", "rewritten", "row_bytes", "spelling"]

DELIMITERS = (",", ";", "\t", "|")
BOM = b"\xef\xbb\xbf"
NAMED = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
LINE_END = re.compile(rb"\r\n|\n|\r")
LOOK = 50  # lines by which the delimiter is chosen


@dataclass(frozen=True)
class Spelling:
    """How a file is spelled. first: bytes before its first record (a byte order mark, a line `sep=;`); line_end: of its
    first line; bom: whether it begins with a mark.
    """

    delimiter: str
    line_end: str
    bom: bool
    first: int

    def without_head(self) -> Spelling:
        """Return the same for a part of the file."""
        return replace(self, bom=False, first=0)


@dataclass(frozen=True)
class Sheet:
    """All records but blank ones: cells; start and end (int64: end is after the line end) and line (int32, from 1).

    `unclosed` is the place of the record whose quotes never end, and so swallow the rest; -1: none.
    """

    spelling: Spelling
    rows: list[list[str]]
    start: Array
    end: Array
    line: Array
    unclosed: int = -1


def spelling(held: bytes) -> Spelling:
    """Return how a text is spelled: the delimiter is that which cuts most of the first lines into equally many cells."""
    bom = held.startswith(BOM)
    at = len(BOM) * bom
    found = LINE_END.search(held)
    line_end = found[0].decode() if found else "\n"
    text = held[at : at + (1 << 16)].decode("utf-8", "replace")
    named = NAMED.match(text)
    if named:
        return Spelling(named[1], line_end, bom, at + len(named[0].encode()))
    lines = [line for line in re.split(r"\r\n|\n|\r", text)[:LOOK] if line.strip()]
    scores = []
    for rank, delimiter in enumerate(DELIMITERS):
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)] if lines else []
        first = counts[0] if counts else 0
        scores.append((first > 1, counts.count(first), -rank))
    return Spelling(DELIMITERS[-max(scores)[2]], line_end, bom, at)


def read_sheet(held: bytes, how: Spelling | None = None) -> Sheet:
    """Cut a text into records and cells. Bytes that are no UTF-8 become lone surrogates; nothing raises."""
    how = how or spelling(held)
    ends = np.array([found.end() for found in LINE_END.finditer(held, how.first)], dtype=np.int64)
    ends = ends if len(ends) and ends[-1] == len(held) else np.append(ends, len(held))
    begins = np.append(how.first, ends[:-1])
    texts = held[how.first :].decode("utf-8", "surrogateescape")
    lines = [line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", texts) if line]
    above = len(LINE_END.findall(held[: how.first]))
    reader = csv.reader(lines, delimiter=how.delimiter)
    rows: list[list[str]] = []
    spans: list[tuple[int, int]] = []
    before = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error:  # a cell of over 131,072 characters, or a lone CR: the line as one cell
            row = ["".join(lines[before : reader.line_num])]
        if row is None:
            break
        after = reader.line_num
        if any(cell.strip() for cell in row):
            rows.append(row)
            spans.append((before, after))
        before = after
    first, last = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    unclosed = len(rows) - 1 if rows and spans[-1][1] - spans[-1][0] > 1 and opens(lines, spans[-1]) else -1
    start, end = begins[first], ends[last - 1]
    return Sheet(how, rows, start, end, (first + above + 1).astype(np.int32), unclosed)


def opens(lines: Sequence[str], span: tuple[int, int]) -> bool:
    """Whether the quotes in these lines open once more than they close."""
    return "".join(lines[span[0] : span[1]]).count('"') % 2 == 1


def cells(record: bytes, delimiter: str) -> list[tuple[int, int]]:
    """Return first and last byte of each cell of a record, its quotes among them; the line end is no part of any."""
    record = record.rstrip(b"\r\n")
    mark = re.escape(delimiter.encode())
    pattern = re.compile(rb'"(?:[^"]|"")*"[^' + mark + rb"]*|[^" + mark + rb"]*")
    spans, at = [], 0
    while True:
        found = pattern.match(record, at)
        assert found is not None, "it matches nothing at all too"
        spans.append(found.span())
        at = found.end() + len(delimiter.encode())
        if at > len(record):
            return spans


def rewritten(value: str, old: bytes, how: Spelling) -> bytes:
    """Return a cell's new text: in quotes where the old one was, or where it has to be."""
    quoted = old.startswith(b'"') or any(sign in value for sign in (how.delimiter, '"', "\n", "\r"))
    text = '"' + value.replace('"', '""') + '"' if quoted else value
    return text.encode("utf-8", "surrogateescape")


def row_bytes(values: Sequence[str], how: Spelling) -> bytes:
    """Return a record with its line end; quotes where needed."""
    return how.delimiter.encode().join(rewritten(each, b"", how) for each in values) + how.line_end.encode()
