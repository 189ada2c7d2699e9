"""The records of one list of a COCO file in columns: a piece at a time, what each piece needs read in the quickest way
that understands it.

The second half of a long list may be read ahead, in another process. Its reader starts where a record seems to; only if
the first half ends at that very byte is the rest what it would have been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from msgspec.structs import replace

from annotool.findings import Fix
from annotool.formats.coco import tolerant
from annotool.formats.coco.elements import Cut, Elements, Piece, Slip
from annotool.formats.coco.typed import Typed
from annotool.formats.coco.uniform import Uniform
from annotool.parallel import Aside
from annotool.progress import track
from annotool.schema import SCHEMA
from annotool.table import Array

if TYPE_CHECKING:
    from annotool.formats.coco.document import Document

__all__ = ["Ahead", "Original", "joined", "listed", "rest_of"]

Reader = Callable[[Array], tuple[Array, dict[str, Array]]]


class Original(msgspec.Struct, frozen=True):
    """The text of a value that is odd: section, index of its record, column."""

    section: str
    index: int
    column: str
    raw: str


class Rest(msgspec.Struct, frozen=True):
    """The records of a list from a cut on: what a reader makes of them that does not know what stands before."""

    columns: dict[str, Array]
    document: Document  # its faults and originals count records from the cut on
    slips: list[Slip]
    end: int


class Ahead(msgspec.Struct, frozen=True):
    """The rest of the list of annotations from a cut on, which another process reads meanwhile."""

    cut: Cut
    reading: Aside[Rest]


def listed(document: Document, section: str, at: int, parts: list[dict[str, Array]], *,
           required: Sequence[str] | None = None, ahead: Ahead | None = None) -> int:  # fmt: skip
    """Read the records of one list into `parts`; returns the byte after it."""
    elements = Elements(document.text, at, ahead.cut if ahead else None)
    pieces(document, section, elements, parts, required)
    if ahead and elements.end < 0:
        add(document, section, elements, parts, ahead.reading.result())
    for slip in elements.slips:
        fix = {"fix": Fix.SAFE, "new": slip.new} if slip.new is not None else {}
        document.fault(
            "SCH001", "in {section}: {why}", slip.start, slip.end, section=section, why=slip.why, **fix
        )
    return elements.end


def pieces(document: Document, section: str, elements: Elements, parts: list[dict[str, Array]],
           required: Sequence[str] | None) -> None:  # fmt: skip
    typed = Typed(section, required)
    same = Uniform(typed.required)
    if section == "annotations":
        elements.guess = same.guess
    for piece in track(elements, f"reading {section}"):
        first = document.counts.get(section, 0)
        document.counts[section] = first + len(piece.start)
        parts.append(read_piece(document, piece, typed, same, first))
    document.unknown.setdefault(section, set()).update(typed.unknown)


def rest_of(document: Document, section: str, cut: Cut) -> Rest:
    """Read a list from a cut on; the document has nothing but its text."""
    elements = Elements(document.text, cut.after - 1)
    parts: list[dict[str, Array]] = []
    pieces(document, section, elements, parts, None)
    return Rest(joined(section, parts), replace(document, text=b""), elements.slips, elements.end)


def add(
    document: Document, section: str, elements: Elements, parts: list[dict[str, Array]], rest: Rest
) -> None:
    """Add the rest of a list to what stands before it."""
    before, more = document.counts[section], rest.document
    parts.append({**rest.columns, "index": rest.columns["index"] + np.int32(before)})
    document.counts[section] += more.counts[section]
    document.faults += [replace(each, index=each.index + before) for each in more.faults]
    document.originals += [replace(each, index=each.index + before) for each in more.originals]
    document.unknown[section] |= more.unknown[section]
    elements.slips += rest.slips
    elements.end = rest.end


def read_piece(document: Document, piece: Piece, typed: Typed, same: Uniform, first: int) -> dict[str, Array]:
    """Return the columns of the records of a piece that could be kept; the first of them has the index `first`."""
    n = len(piece.start)
    left = np.ones(n, dtype=bool)
    parts: list[tuple[Array, dict[str, Array]]] = []
    for reader in readers(document, piece, typed, same, first):
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


def readers(document: Document, piece: Piece, typed: Typed, same: Uniform, first: int) -> Iterator[Reader]:
    """Give what reads records of a piece, the quickest first; each takes some rows and leaves the rest to the next."""
    if typed.section == "annotations" and piece.sound:
        yield lambda _: same.columns(piece)
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
