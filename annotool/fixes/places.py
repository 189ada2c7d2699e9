"""Where a record is and was: its file on disk, and its place in the files as they were first read.

Row keys change when a record is dropped, so that a finding of before and one of after are told apart or known
as the same by the place of their record: the byte it started at before anything was edited.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from annotool import formats
from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.table import Array, Table

__all__ = [
    "NOWHERE",
    "Trail",
    "finding_keys",
    "first_lines",
    "home",
    "line_ends",
    "name_in",
    "names_in",
    "plain",
    "record_keys",
    "source_files",
    "source_folders",
    "source_path",
    "spans",
]

NOWHERE = -1
BITS = 36  # bytes of one file: 64 GB; the rest of the number is the file: 32 million
ELSEWHERE = ("classes", "predictions")  # roles of files that an option may name anywhere
TABLES = {"annotations": 0, "images": 1, "categories": 2, "sources": 3}


def source_files(data: Dataset) -> list[str]:
    """Return the path on disk of each source file, as `str(source_path(...))`; there may be many."""
    folders = [str(path if path.is_dir() else path.parent) for path in data.paths]
    return [os.path.join(folders[at], file) for at, file in names(data.table("sources"))]


def source_path(data: Dataset, source: int) -> Path:
    """Return the path on disk of one source file."""
    table = data.table("sources")
    path = data.paths[int(table["path"][source])]
    return (path if path.is_dir() else path.parent) / str(table["file"][source])


def names(sources: Table) -> list[tuple[int, str]]:
    return list(zip(sources["path"].tolist(), sources["file"].tolist(), strict=True))


def source_folders(data: Dataset, without: Collection[str] = ()) -> set[Path]:
    """Return the folders the source files lie in, absolute, but for files of some roles."""
    roles = data.table("sources")["role"].tolist()
    files = zip(source_files(data), roles, strict=True)
    return {
        plain(Path(each)) for each in {os.path.split(file)[0] for file, role in files if role not in without}
    }


def home(data: Dataset) -> Path:
    """Return the folder that names in a journal start from: the common parent of the dataset's paths and of
    the label files that lie outside of them (a data.yaml may point anywhere).
    """
    given = [plain(path if path.is_dir() else path.parent) for path in data.paths]
    return Path(os.path.commonpath([*given, *source_folders(data, without=ELSEWHERE)]))


def plain(path: Path) -> Path:
    """An absolute path without `..`; links stay, for what lies behind one belongs where the link stands."""
    return Path(os.path.normpath(path.absolute()))


def names_in(root: Path, files: Iterable[str]) -> list[str]:
    """Return paths below `root` with forward slashes; empty for those that lie elsewhere."""

    @cache
    def below(folder: str) -> str | None:
        whole = plain(Path(folder))
        return f"{whole.relative_to(root).as_posix()}/" if whole.is_relative_to(root) else None

    split = ((below(folder), name) for folder, name in map(os.path.split, files))
    return ["" if folder is None else (folder + name).removeprefix("./") for folder, name in split]


def name_in(root: Path, path: Path) -> str:
    """Return one path below `root`, as `names_in` does."""
    return names_in(root, [str(path)])[0]


def spans(data: Dataset, table: str, rows: Array) -> tuple[Array, Array, Array]:
    """Return source, start and end of rows (keys from 0); of a record without bytes of its own the file's
    start.
    """
    held = data.table(table)
    if table == "sources":
        return rows, np.zeros(len(rows), np.int64), held["end"][rows] - held["start"][rows]
    source, start = held["source"][rows].astype(np.int64), np.maximum(held["start"][rows], 0)
    return source, start, np.maximum(held["end"][rows], start)


@dataclass(frozen=True)
class Step:
    """One round's splices, sorted: each as positions in all files laid end to end, file number << BITS +
    offset.
    """

    new_start: Array
    new_end: Array
    old_start: Array
    old_end: Array


@dataclass(frozen=True)
class Trail:
    """The way back from a byte of the files as they stand to the files as first read."""

    files: Mapping[tuple[int, str], int]  # by path number and file, as in the table `sources`
    steps: tuple[Step, ...] = ()
    images: Mapping[str, int] = field(
        default_factory=dict
    )  # by path, those whose place is their label, as files of their own

    @staticmethod
    def start(data: Dataset) -> Trail:
        """Return the trail of files that nobody has edited."""
        files = {name: at for at, name in enumerate(names(data.table("sources")))}
        images = data.table("images")
        paths = images["path"][np.append(formats.placed(data), False)[images["source"]]]
        return Trail(files, images={path: at for at, path in enumerate(paths.tolist(), len(files)) if path})

    def numbers(self, data: Dataset) -> Array:
        """Return the number of each of the dataset's sources among the files as first read; -1: a new
        file.
        """
        found = [self.files.get(name, NOWHERE) for name in names(data.table("sources"))]
        return np.array(found, dtype=np.int64)

    def origins(self, number: Array, position: Array) -> Array:
        """Return where bytes (file number, offset) stood at first: number << BITS + offset, NOWHERE for
        number -1.

        A byte inside a replacement goes back to the start of what it replaced.
        """
        at = (number << BITS) + position
        for step in reversed(self.steps):
            near = np.searchsorted(step.new_start, at, side="right") - 1
            known = (near >= 0) & (step.new_start[near] >> BITS == number)
            inside = at < step.new_end[near]
            back = np.where(inside, step.old_start[near], at - step.new_end[near] + step.old_end[near])
            at = np.where(known, back, at)
        return np.where(number < 0, NOWHERE, at)

    def after(self, data: Dataset, splices: Table) -> Trail:
        """Return the trail one round on; splices are sorted by source and start."""
        if not len(splices):
            return self
        number = self.numbers(data)[splices["source"]]
        lengths = np.array([len(new or b"") for new in splices["new"]], dtype=np.int64)
        growth = np.cumsum(lengths - (splices["end"] - splices["start"]))
        first = np.searchsorted(splices["source"], splices["source"], side="left")
        before = np.where(first > 0, growth[first - 1], 0)  # growth of the files that come before
        new_end = splices["end"] + growth - before
        order = np.argsort(number, kind="stable")
        base = number << BITS
        ends = [base + each for each in (new_end - lengths, new_end, splices["start"], splices["end"])]
        return replace(self, steps=(*self.steps, Step(*(each[order] for each in ends))))


def record_keys(trail: Trail, data: Dataset, table: str, rows: Array) -> Array:
    """Return one int64 a row that names its record through all rounds; NOWHERE for a row of no file."""
    source, start, _ = spans(data, table, rows)
    keys = named(trail, data, source, start, table)
    if trail.images and table in ("images", "annotations"):
        image = data.image_rows(data.table(table)["image"][rows])
        paths = np.append(data.table("images")["path"], "")[image].tolist()
        own = np.array([trail.images.get(path, NOWHERE) for path in paths], dtype=np.int64)
        keys = np.where(own < 0, keys, ((own << BITS) << 2) | TABLES[table])
    return keys


def named(trail: Trail, data: Dataset, source: Array, start: Array, table: str) -> Array:
    numbers = np.append(trail.numbers(data), NOWHERE)
    origin = trail.origins(numbers[source], np.maximum(start, 0))
    return np.where(origin < 0, NOWHERE, (origin << 2) | TABLES[table])


def first_lines(first: Dataset, trail: Trail, data: Dataset, source: Array, position: Array) -> Array:
    """Return the line, from 1, on which bytes (source, offset) stood in the files as first read; 0 in a new
    file.
    """
    origin = trail.origins(trail.numbers(data)[source], position)
    lines = np.zeros(len(origin), dtype=np.int32)
    order = np.argsort(origin, kind="stable")
    order = order[origin[order] >= 0]
    files, starts = np.unique(origin[order] >> BITS, return_index=True)
    for number, first_of, end in zip(files.tolist(), starts, np.append(starts, len(order))[1:], strict=True):
        mine = order[first_of:end]
        place = origin[mine] & ((1 << BITS) - 1)
        lines[mine] = 1 + np.searchsorted(line_ends(first.source_bytes(number)), place)
    return lines


def line_ends(held: memoryview, step: int = 1 << 24) -> Array:
    """Where the line ends are, int64; looked for in pieces, since a file may be large."""
    parts = [np.frombuffer(held[at : at + step], dtype=np.uint8) for at in range(0, len(held), step)]
    found = [np.flatnonzero(part == ord("\n")) + at * step for at, part in enumerate(parts)]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def finding_keys(trail: Trail, data: Dataset, findings: Findings) -> Array:
    """Return the record key of each finding, in block order: of the annotation it names, else of its image,
    its category, else of the bytes it names in its file; NOWHERE where it names none of them.
    """
    keys = np.full(len(findings), NOWHERE, dtype=np.int64)
    free = np.ones(len(findings), dtype=bool)
    for table, column in (("annotations", "annotation"), ("images", "image"), ("categories", "category")):
        rows = findings.column(column).astype(np.int64)
        mine = free & (rows >= 0)
        if mine.any():
            keys[mine] = record_keys(trail, data, table, rows[mine])
        free &= ~mine
    source = findings.column("source").astype(np.int64)
    mine = free & (source >= 0)
    if mine.any():
        keys[mine] = named(trail, data, source[mine], findings.column("start")[mine], "sources")
    return keys
