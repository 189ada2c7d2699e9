"""One COCO file: its top level walked, the records of its sections in columns, and every fault met on the way.

Rows are the records that could be kept; `index` says which of its list each one is. Positions are bytes of the file.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotool.findings import Fix, Severity
from annotool.formats.coco import tolerant
from annotool.formats.coco.elements import Elements, Piece, utf8
from annotool.formats.coco.faults import WRONG, Fault, got
from annotool.formats.coco.jsontext import Broken, Buffer, members, skip, skip_blank
from annotool.formats.coco.layout import wide
from annotool.formats.coco.typed import Typed
from annotool.formats.coco.uniform import uniform
from annotool.progress import track
from annotool.schema import SCHEMA
from annotool.table import Array

__all__ = ["SECTIONS", "Document", "Original", "parse"]

SECTIONS = ("images", "annotations", "categories")
BOM = b"\xef\xbb\xbf"
LFS = b"version https://git-lfs.github.com/spec/v1"
Reader = Callable[[Array], tuple[Array, dict[str, Array]]]

RESULT = ("image_id", "category_id")


@dataclass(frozen=True)
class Original:
    """The text of a value that is odd: section, index of its record, column."""

    section: str
    index: int
    column: str
    raw: str


@dataclass
class Document:
    """What was read. columns: a mapping a section; lists: how many records stand in each section's lists."""

    text: Buffer
    columns: dict[str, dict[str, Array]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)  # of the top level
    faults: list[Fault] = field(default_factory=list)
    originals: list[Original] = field(default_factory=list)
    unknown: dict[str, set[str]] = field(default_factory=dict)  # keys beyond the schema, a set a section
    results: bool = False  # the top level is a list of results
    lost: int = 0  # parts that are no records and could not be read

    @property
    def records(self) -> int:
        """How many records were met, kept or not."""
        return sum(self.counts.values()) + self.lost

    def fault(self, rule: str, message: str, start: int, end: int, **more: Any) -> None:
        """File a fault that is no record's."""
        kept, fix, severity = more.pop("kept", True), more.pop("fix", Fix.NONE), more.pop("severity", -1)
        self.lost += not kept
        self.faults.append(
            Fault(rule, message, start, end, kept=kept, fix=fix, severity=severity, values=more)
        )


def parse(text: Buffer) -> Document:
    """Read one file. Never raises: what is wrong is in `faults`."""
    document = Document(text)
    with collector_off():
        top(document)
    for section in SECTIONS:
        document.columns.setdefault(section, {})
    return document


@contextmanager
def collector_off() -> Iterator[None]:
    """Millions of new objects make the cyclic garbage collector look at all of them again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def top(document: Document) -> None:
    text = document.text
    size = len(text)
    at = 0
    if text[:3] == BOM:
        message = "a byte order mark stands before the text; Python's json refuses the file"
        document.fault("SCH001", message, 0, 3, fix=Fix.SAFE, severity=Severity.WARNING, new="")
        at = 3
    at = skip_blank(text, at)
    first = text[at : at + 1]
    if encoding := wide(bytes(text[:4])):
        message = f"the file is {encoding[:6].upper()}; save it as UTF-8"
        document.fault("SCH001", message, 0, size, kept=False)
    elif first == b"{":
        sections(document, at)
    elif first == b"[":
        results(document, at)
    elif not first:
        document.fault("SCH001", "the file is empty", 0, size)
    elif text[: len(LFS)] == LFS:
        message = "a git-lfs pointer stands in place of the file; run `git lfs pull`"
        document.fault("SCH001", message, 0, size, kept=False)
    elif text[at : at + 4] in (b"null", b"true", b"fals") or first in b'"-0123456789':
        message = "expected an object with images, annotations and categories, got {got}"
        document.fault("SCH002", message, at, size, kept=False, got=got(text[at : at + 100]))
    else:
        document.fault(
            "SCH001",
            "the file is no JSON: it starts with {got}",
            at,
            size,
            kept=False,
            got=got(text[at : at + 20]),
        )


def sections(document: Document, at: int) -> None:
    """Read the object at the top."""
    text = document.text
    found: dict[str, list[dict[str, Array]]] = {}
    where: dict[str, tuple[int, int]] = {}

    def over(key: str, start: int) -> int:
        if key not in SECTIONS or text[start : start + 1] != b"[":
            return skip(text, start)
        return listed(document, key, start, found.setdefault(key, []))

    end = skip_blank(text, at + 1)
    try:
        for member in members(text, at, over):
            end = skip_blank(text, member.end)
            repeated(document, member.key, member.key_start, member.end, where)
            document.keys.append(member.key)
            if member.key not in SECTIONS and not utf8(text[member.start : member.end]):
                message = "{key} holds bytes that are no UTF-8"
                document.fault("SCH001", message, member.start, member.end, key=member.key)
            if member.key in SECTIONS and text[member.start : member.start + 1] != b"[":
                value = got(text[member.start : min(member.end, member.start + 100)])
                document.fault(
                    "SCH002",
                    WRONG,
                    member.start,
                    member.end,
                    key=member.key,
                    expected="a list of records",
                    got=value,
                )
    except Broken as broken:
        if not broken_off(document):
            message = "the file cannot be read from here on: {why}"
            document.fault("SCH001", message, min(end, len(text)), len(text), kept=False, why=str(broken))
    else:
        after = skip_blank(text, end + 1)
        if after < len(text):
            message = "more text stands behind the end of the JSON object: {got}"
            document.fault(
                "SCH001", message, after, len(text), kept=False, got=got(text[after : after + 100])
            )
    for key, parts in found.items():
        document.columns[key] = joined(key, parts)
    for key in SECTIONS:
        if key not in document.keys and not broken_off(document):
            document.fault("SCH002", "the file has no section {key}", -1, -1, key=key)


def broken_off(document: Document) -> bool:
    """Whether a fault has told already that the file ends too early."""
    size = len(document.text)
    return any(each.rule == "SCH001" and each.end == size for each in document.faults)


def repeated(document: Document, key: str, start: int, end: int, where: dict[str, tuple[int, int]]) -> None:
    if key in where:
        message = "the section {key} stands twice; loaders take the last, annotool reads both"
        document.fault("SCH002", message, start, end, key=key)
    where[key] = (start, end)


def results(document: Document, at: int) -> None:
    """Read a list at the top: results of a detector, which lack images and categories."""
    document.results = True
    parts: list[dict[str, Array]] = []
    end = listed(document, "annotations", at, parts, RESULT)
    document.columns["annotations"] = joined("annotations", parts)
    after = skip_blank(document.text, end)
    if after < len(document.text):
        message = "more text stands behind the end of the list: {got}"
        document.fault(
            "SCH001",
            message,
            after,
            len(document.text),
            kept=False,
            got=got(document.text[after : after + 100]),
        )


def listed(document: Document, section: str, at: int, parts: list[dict[str, Array]],
           required: Sequence[str] | None = None) -> int:  # fmt: skip
    """Read the records of one list into `parts`; returns the byte after it."""
    elements = Elements(document.text, at)
    typed = Typed(section, required)
    for piece in track(elements, f"reading {section}"):
        first = document.counts.get(section, 0)
        document.counts[section] = first + len(piece.start)
        parts.append(read_piece(document, piece, typed, first))
    document.unknown.setdefault(section, set()).update(typed.unknown)
    for slip in elements.slips:
        fix = {"fix": Fix.SAFE, "new": slip.new} if slip.new is not None else {}
        document.fault(
            "SCH001", "in {section}: {why}", slip.start, slip.end, section=section, why=slip.why, **fix
        )
    return elements.end


def read_piece(document: Document, piece: Piece, typed: Typed, first: int) -> dict[str, Array]:
    """Return the columns of the records of a piece that could be kept; the first of them has the index `first`."""
    n = len(piece.start)
    left = np.ones(n, dtype=bool)
    parts: list[tuple[Array, dict[str, Array]]] = []
    for reader in readers(document, piece, typed, first):
        if not left.any():
            break
        rows, columns = reader(np.flatnonzero(left))
        parts.append((rows, columns))
        left[rows] = False
    full = spread(typed.section, parts, n)
    full |= {
        "start": piece.base + piece.start,
        "end": piece.base + piece.end,
        "index": np.arange(first, first + n),
    }
    return {name: values[~left] for name, values in full.items()} if left.any() else full


def readers(document: Document, piece: Piece, typed: Typed, first: int) -> Iterator[Reader]:
    """Give what reads records of a piece, the quickest first; each takes some rows and leaves the rest to the next."""
    if typed.section == "annotations" and piece.sound:
        yield lambda _: uniform(piece, typed.required)
    yield lambda rows: typed.columns(piece, rows)
    yield lambda rows: patiently(document, piece, typed, rows, first)


def patiently(
    document: Document, piece: Piece, typed: Typed, rows: Array, first: int
) -> tuple[Array, dict[str, Array]]:
    """Read records that are not as they should be, one by one."""
    kept: list[int] = []
    cells: list[dict[str, Any]] = []
    for row in rows.tolist():
        start, end = int(piece.start[row]), int(piece.end[row])
        ends = piece.base + end == len(document.text)
        record = tolerant.Record(typed.section, first + row, piece.text[start:end], piece.base + start, ends)
        read = tolerant.READERS[typed.section]
        held = tolerant.annotation(record, typed.required) if read is tolerant.annotation else read(record)
        document.faults += record.faults
        if held is not None:
            kept.append(row)
            cells.append(held)
            document.originals += [Original(typed.section, first + row, *each) for each in record.originals]
    spec = SCHEMA[typed.section]
    names = dict.fromkeys(name for each in cells for name in each)
    return np.array(kept, dtype=np.int64), {
        name: column([each.get(name, spec[name].absent) for each in cells], spec[name].dtype)
        for name in names
    }


def column(values: list[Any], dtype: str) -> Array:
    made = np.empty(len(values), dtype=dtype)
    made[:] = values
    return made


def spread(section: str, parts: Sequence[tuple[Array, dict[str, Array]]], n: int) -> dict[str, Array]:
    """Return columns of n rows from columns of some rows each; what no part has is left out."""
    if len(parts) == 1 and len(parts[0][0]) == n:
        return dict(parts[0][1])
    spec = SCHEMA[section]
    full = {}
    for name in dict.fromkeys(name for _, columns in parts for name in columns):
        full[name] = np.full(n, spec[name].absent, dtype=spec[name].dtype)
        for rows, columns in parts:
            if name in columns:
                full[name][rows] = columns[name]
    return full


def joined(section: str, parts: list[dict[str, Array]]) -> dict[str, Array]:
    """Return the columns of all pieces one after another; empties `parts`, so that both never stand in memory."""
    spec = SCHEMA[section]
    sizes = [len(part["start"]) for part in parts]
    full = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        what = spec[name]
        pieces = [
            part.pop(name) if name in part else np.full(size, what.absent, what.dtype)
            for part, size in zip(parts, sizes, strict=True)
        ]
        full[name] = np.concatenate(pieces).astype(what.dtype, copy=False)
    return full
