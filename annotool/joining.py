"""What a team knows of its images beside the labels (annotator, batch, url), read from a csv and joined by file name.

The csv is as spreadsheets write it: UTF-8 with or without a BOM, or UTF-16; commas, semicolons or tabs; a line `sep=;`
at the top. Its column `file_name` names the image: as the dataset writes it, else without format folders, split and
suffix, else by the last part of the path alone. A name that fits several images is joined to none of them.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.fingerprint import plain

__all__ = ["check_joined", "join", "matched"]

KEY = "file_name"
DELIMITERS = ",;\t"
NAMED = 3  # images and rows named in a note
SAVE = "save it as csv in UTF-8"


@dataclass(frozen=True)
class Sheet:
    """A csv read: the other columns' names, each row's file name, and its other cells."""

    columns: tuple[str, ...]
    names: list[str]
    cells: list[list[str]]


def join(data: Dataset, file: Path) -> Dataset:
    """Return the dataset with the csv's columns in `joined`: texts, one an image (object array), empty where no row
    names it. Notes tell which images and rows found no partner. Raises UsageError when the file is no such csv.
    """
    sheet = read(file)
    names = data.table("images")["file_name"].tolist()
    row_of = matched(names, sheet.names)
    columns = {}
    for at, column in enumerate(sheet.columns):
        values = np.full(len(names), "", dtype=object)
        values[:] = [sheet.cells[row][at] if row >= 0 else "" for row in row_of]
        columns[column] = values
    return replace(data, joined=columns, notes=data.notes + tuple(notes(file, sheet, names, row_of)))


def check_joined(data: Dataset, column: str) -> None:
    """Raise UsageError unless a column of that name was joined."""
    if column not in data.joined:
        there = ", ".join(data.joined) or "none; --join FILE names a csv that has it"
        raise UsageError(f"--group-by {column}: no such joined column; there are: {there}")


def read(file: Path) -> Sheet:
    """Read the csv. Raises UsageError that names the line, what was expected and what is there."""
    lines = io.StringIO(decoded(file), newline="")
    head, first = lines.readline(), 0
    if re.fullmatch(r"sep=.\s*", head, re.IGNORECASE):  # what Excel writes, and reads, to name the delimiter
        delimiter, first = head[4], 1
    else:
        delimiter = max(DELIMITERS, key=head.count)
        lines.seek(0)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        check(file, header)
        at = header.index(KEY)
        names, cells = [], []
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                line = rows.line_num + first
                raise UsageError(
                    f"--join {file}, line {line}: expected {len(header)} cells, as in the header, got {len(row)}"
                )
            names.append(row[at].strip())
            cells.append(row[:at] + row[at + 1 :])
    except csv.Error as error:
        raise UsageError(f"--join {file}, line {rows.line_num + first}: no valid csv: {error}") from error
    return Sheet(tuple(name for name in header if name != KEY), names, cells)


def decoded(file: Path) -> str:
    try:
        held = file.read_bytes()
    except OSError as error:
        raise UsageError(f"--join {file}: cannot be read ({error.strerror})") from error
    if held[:4] == b"PK\x03\x04":
        raise UsageError(f"--join {file}: a workbook or zip file; {SAVE}")
    wide = held[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        text = held.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"--join {file}: not UTF-8 at byte {error.start:,}; {SAVE}") from error
    if "\0" in text:
        raise UsageError(f"--join {file}: holds zero bytes, so it is no csv; {SAVE}")
    return text


def check(file: Path, header: Sequence[str]) -> None:
    """Raise UsageError unless the header names `file_name` once, and other columns once each."""
    if KEY not in header:
        told = ", ".join(header) or "nothing"
        raise UsageError(f"--join {file}: expected a column {KEY} in the first line, got {told}")
    if len(header) < 2:
        raise UsageError(f"--join {file}: no column beside {KEY}: nothing to join")
    for name, count in Counter(header).items():
        if count > 1 or not name:
            what = f"column {name!r} stands there {count} times" if name else "a column has no name"
            raise UsageError(f"--join {file}: {what}; give each column a name of its own")


def matched(images: Sequence[str], rows: Sequence[str]) -> list[int]:
    """Return the row of each image, -1 for none: of equal names, else of equal plain names, else of equal last parts.

    Each step looks only at images and rows that have no partner yet, and pairs what is alone on both sides.
    """
    row_of = [-1] * len(images)
    exact = first_rows(rows)
    for at, name in enumerate(images):
        row_of[at] = exact.get(name, -1)
    for key in (plain, tail):
        used = set(row_of)
        there = alone(
            (key(name), row) for row, name in enumerate(rows) if row not in used and exact[name] == row
        )
        free = alone((key(images[at]), at) for at, row in enumerate(row_of) if row < 0)
        for word, at in free.items():
            row_of[at] = there.get(word, -1)
    return row_of


def first_rows(names: Iterable[str]) -> dict[str, int]:
    first: dict[str, int] = {}
    for row, name in enumerate(names):
        first.setdefault(name, row)
    return first


def alone(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The places of words that stand at one place only."""
    places: dict[str, list[int]] = {}
    for word, at in pairs:
        places.setdefault(word, []).append(at)
    return {word: found[0] for word, found in places.items() if len(found) == 1 and word}


def tail(name: str) -> str:
    return plain(name).rpartition("/")[2]


def notes(file: Path, sheet: Sheet, images: Sequence[str], row_of: Sequence[int]) -> Iterable[str]:
    used = set(row_of)
    first = first_rows(sheet.names)
    bare = [images[at] for at, row in enumerate(row_of) if row < 0]
    idle = [name for row, name in enumerate(sheet.names) if row not in used and first[name] == row]
    again = [name for row, name in enumerate(sheet.names) if first[name] != row]
    yield f"--join {file}: {len(images) - len(bare):,} of {len(images):,} images have a row"
    told: tuple[tuple[list[str], Callable[[int], str]], ...] = (
        (bare, lambda n: f"{n:,} {'image has' if n == 1 else 'images have'} no row"),
        (idle, lambda n: f"{n:,} {'row names' if n == 1 else 'rows name'} no image, or several"),
        (again, lambda n: f"{n:,} {'row repeats' if n == 1 else 'rows repeat'} a name; the first counts"),
    )
    for found, said in told:
        if found:
            more = ", ..." if len(found) > NAMED else ""
            yield f"--join {file}: {said(len(found))}: {', '.join(found[:NAMED])}{more}"
