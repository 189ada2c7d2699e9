"""Splices: byte ranges of source files and what takes their place, as sorted columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Splice, objects
from annotool.table import Array, Table

__all__ = ["apply", "replaced", "table"]


def table(data: Dataset, splices: Sequence[Splice]) -> Table:
    """Return splices as columns source, start, end int64, old bytes, new bytes or None, edit int64; sorted.

    Splices that change nothing go, and so do those in a file that goes. Raises ValueError when two of them
    overlap or one leaves its file: a fault of the format that made them.
    """
    gone = {each.source: each for each in splices if each.new is None}
    kept = [each for each in splices if each.source not in gone]
    whole = [
        Splice(source, 0, len(data.source_bytes(source)), None, each.edit) for source, each in gone.items()
    ]
    kept = sorted([*kept, *whole], key=lambda each: each[:3])
    old = list(texts(data, kept))
    change = [at for at, each in enumerate(kept) if each.new is None or each.new != old[at]]
    kept, old = [kept[at] for at in change], [old[at] for at in change]
    columns = {
        name: np.array([each[at] for each in kept], dtype=np.int64)
        for at, name in ((0, "source"), (1, "start"), (2, "end"), (4, "edit"))
    }
    columns |= {"old": objects(old), "new": objects([each.new for each in kept])}
    check(columns["source"], columns["start"], columns["end"])
    return Table(columns)


def texts(data: Dataset, splices: Sequence[Splice]) -> Iterator[bytes]:
    source, held = -1, memoryview(b"")
    for each in splices:
        if each.source != source:
            source, held = each.source, data.source_bytes(each.source)
        if not 0 <= each.start <= each.end <= len(held):
            raise ValueError(f"{each} lies outside its file of {len(held)} bytes")
        yield bytes(held[each.start : each.end])


def check(source: Array, start: Array, end: Array) -> None:
    over = (source[1:] == source[:-1]) & (start[1:] < end[:-1])
    if over.any():
        at = int(np.argmax(over))
        raise ValueError(
            f"splices overlap in source {source[at]}: {start[at]}:{end[at]} and {start[at + 1]}:{end[at + 1]}"
        )


def replaced(data: Dataset, splices: Table) -> dict[int, bytes | None]:
    """Return the new bytes of each source that the splices touch; None where the file goes."""
    edges = np.flatnonzero(np.diff(splices["source"], prepend=-1, append=-1))
    out: dict[int, bytes | None] = {}
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = splices.take(np.arange(first, last))
        source = int(part["source"][0])
        new = part["new"].tolist()
        spans = zip(part["start"].tolist(), part["end"].tolist(), new, strict=True)
        out[source] = None if new[0] is None else apply(data.source_bytes(source), spans)
    return out


def apply(held: bytes | memoryview, spans: Iterator[tuple[int, int, bytes]]) -> bytes:
    """Return the bytes with each span start:end, sorted and apart, replaced."""
    parts: list[bytes | memoryview] = []
    done = 0
    for start, end, new in spans:
        parts += (held[done:start], new)
        done = end
    return b"".join([*parts, held[done:]])
