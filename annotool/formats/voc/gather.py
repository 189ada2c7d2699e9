"""From the bytes of all files to plain columns: sources, one head an image, one row an object, and the faults met."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotool.formats.base import Problems, ReadOptions, load, objects, relative
from annotool.formats.voc.document import Document, Fault, parse
from annotool.formats.voc.plain import COLUMNS, Head, plain
from annotool.formats.voc.records import NO_POSE, Reading
from annotool.memory import without_collector
from annotool.progress import track
from annotool.schema import make
from annotool.table import Array, Table

__all__ = ["Gathered", "Rows", "Sources", "gather"]

BLOCK = 1 << 15  # objects turned into columns at a time
FIRST_READ = 1 << 16
FLAG = {None: -1, b"0": 0, b"1": 1}


class Sources(msgspec.Struct):
    """The files read, joined into one buffer."""

    root: Path
    parts: list[bytes] = msgspec.field(default_factory=list)
    files: list[str] = msgspec.field(default_factory=list)
    roles: list[str] = msgspec.field(default_factory=list)
    splits: list[str] = msgspec.field(default_factory=list)
    records: list[int] = msgspec.field(default_factory=list)

    def add(self, path: str, data: bytes, role: str, records: int = 0, split: str = "") -> int:
        """Take a file in and return its row key. path: below the root."""
        for column, value in ((self.parts, data), (self.files, path), (self.roles, role)):
            column.append(value)  # type: ignore[arg-type]
        self.splits.append(split)
        self.records.append(records)
        return len(self.files) - 1

    def table(self) -> Table:
        """Return the table `sources`."""
        ends = np.cumsum([len(part) for part in self.parts], dtype=np.int64)
        lengths = np.diff(ends, prepend=0)
        n = len(self.files)
        return make(
            "sources", n, file=objects(self.files), format=objects(["voc"] * n), role=objects(self.roles),
            split=objects(self.splits), buffer=np.zeros(n), start=ends - lengths, end=ends,
            records=np.array(self.records, dtype=np.int64),
        )  # fmt: skip


class Rows(msgspec.Struct):
    """Objects on their way from tuples of plain.COLUMNS to numpy columns, a block at a time."""

    names: dict[bytes, int] = msgspec.field(default_factory=dict)
    pending: list[tuple[Any, ...]] = msgspec.field(default_factory=list)
    blocks: list[list[Array]] = msgspec.field(default_factory=list)
    count: int = 0

    def extend(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append the objects of one file."""
        self.pending += rows
        self.count += len(rows)
        if len(self.pending) >= BLOCK:
            self.flush()

    def flush(self) -> None:
        if self.pending:
            columns = list(zip(*self.pending, strict=True))
            self.pending = []
            names, poses = self.names, {text: nothing(text) for text in set(columns[6])}
            codes = [names.setdefault(name, len(names)) for name in columns[5]]
            kinds = ("int32", "int32", "int64", "int64", "int32")
            block = [np.array(each, dtype=kind) for each, kind in zip(columns, kinds, strict=False)]
            block += [
                np.array(codes, dtype=np.int64),
                np.array([not poses[text] for text in columns[6]], dtype=bool),
            ]
            block += [np.array([FLAG[text] for text in each], dtype=np.int8) for each in columns[7:10]]
            block += [np.array(list(map(float, each))) for each in columns[10:]]
            self.blocks.append(block)

    def columns(self) -> dict[str, Array]:
        """Return all columns by name: name is a code of `names`, beyond bool, the corners float64."""
        self.flush()
        if not self.blocks:
            empty = [(0, 0, 0, 0, 0, b"", None, None, None, None, 0, 0, 0, 0)]
            self.pending = list(empty)
            self.flush()
            self.names.clear()
            return {name: each[:0] for name, each in zip(COLUMNS, self.blocks.pop(), strict=True)}
        joined = [np.concatenate(parts) for parts in zip(*self.blocks, strict=True)]
        return dict(zip(COLUMNS, joined, strict=True))


def nothing(pose: bytes | None) -> bool:
    return pose is None or pose.decode("utf-8", "replace").strip().lower() in NO_POSE


class Gathered(msgspec.Struct):
    """All xml files of a dataset as read. stems, heads: one a file, which is one image; unread: keys of annotations
    whose box cannot be read; oddities: (image, column, text) of values that are no numbers."""

    sources: Sources
    rows: Rows = msgspec.field(default_factory=Rows)
    problems: Problems = msgspec.field(default_factory=Problems)
    stems: list[str] = msgspec.field(default_factory=list)
    heads: list[Head] = msgspec.field(default_factory=list)
    unread: list[int] = msgspec.field(default_factory=list)
    oddities: list[tuple[int, str, str]] = msgspec.field(default_factory=list)

    def take(self, stem: str, file: str, data: bytes, error: str) -> None:
        """Read one file."""
        source, image = len(self.sources.files), len(self.heads)
        read = plain(data, source)
        if read is not None:
            head, found = read
            lost = 0
        else:
            document = (
                parse(data) if not error else Document(b"", fault=Fault(f"the file cannot be read: {error}"))
            )
            reading = Reading(document, source, image, self.rows.count, self.problems)
            head, found, lost = reading.run(), reading.objects, reading.lost
            self.unread += reading.unread
            self.oddities += [(image, *odd) for odd in reading.oddities]
        self.sources.add(file, data, "labels", len(found) + lost)
        self.rows.extend(found)
        self.stems.append(stem)
        self.heads.append(head)


def gather(root: Path, labels: Path, names: Sequence[str], options: ReadOptions) -> Gathered:
    """Read the xml files `names` below the folder `labels`; sources are named below `root`."""
    gathered = Gathered(Sources(root))
    with without_collector():
        fill(gathered, root, labels, names, options)
    return gathered


def fill(gathered: Gathered, root: Path, labels: Path, names: Sequence[str], options: ReadOptions) -> None:
    prefix = relative(labels, root) + "/" if labels != root and not root.is_file() else ""
    for name, data, error in track(contents(labels, names, options), "reading xml files", len(names)):
        gathered.take(name[: -len(".xml")], prefix + name, data, error)


def contents(folder: Path, names: Sequence[str], options: ReadOptions) -> Iterator[tuple[str, bytes, str]]:
    """Yield each file's name, bytes, and why it cannot be read; files that the overlay says are gone are left out."""
    for name in names:
        try:
            if options.overlay:
                data = load(folder / name, options)
                if data is not None:
                    yield name, data, ""
                continue
            yield name, whole(os.path.join(folder, name)), ""
        except OSError as error:
            yield name, b"", (error.strerror or str(error)).lower()


def whole(path: str) -> bytes:
    # Without O_NONBLOCK a named pipe would wait for its writer for ever.
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        data = os.read(file, FIRST_READ)
        while len(data) >= FIRST_READ and (more := os.read(file, 1 << 24)):
            data += more
        return data
    finally:
        os.close(file)
