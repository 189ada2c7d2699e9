"""What a format is, and what all readers share: options, claims, problems, and the bytes of a file."""

from __future__ import annotations

import mmap
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Fix, block
from annotool.formats.listing import Listing
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = [
    "Claim",
    "Format",
    "Keeps",
    "Move",
    "Problems",
    "ReadOptions",
    "Splice",
    "WriteOptions",
    "Written",
    "load",
    "opened",
]

MMAP_FROM = 1 << 20  # bytes; smaller files are read


@dataclass(frozen=True)
class ReadOptions:
    """How to read; every field has the command-line option of its name."""

    format: str | None = None
    images: Path | str | None = None  # a folder, "none", or None: look beside the labels
    classes: Path | None = None
    task: str | None = None  # detect, segment, obb or pose; None: inferred
    sizes: Path | None = None
    predictions: Path | None = None
    join: Path | None = None  # a csv with file_name and what else is known of each image
    decode: bool = False
    labels: str | None = None  # of whole images: single or multi; None: inferred
    voc_base: str = "auto"  # auto, 1-inclusive, 0-exclusive or 0-inclusive
    split: str | None = None  # from `split=path`
    overlay: Mapping[Path, bytes | None] = field(default_factory=lambda: MappingProxyType({}))
    # bytes to read in place of a file's own (None: as if it were not there): how fixes are proven before writing
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    # image files, as in images.path, by whose new path labels are to find them: the files stand as they are


@dataclass(frozen=True)
class WriteOptions:
    """How to convert; every field has the command-line option of its name."""

    task: str = "detect"  # YOLO: detect, segment, obb or pose
    crowd: str = "skip"  # YOLO: skip or keep
    image_files: str = "link"  # link, copy or none
    val: float = 0.0  # YOLO: share of images put in val, by a hash of the file name
    allow_loss: bool = False


@dataclass(frozen=True)
class Claim:
    """A dataset found: which format claims it, where, and on what evidence."""

    format: str
    path: Path
    evidence: str


@dataclass(frozen=True)
class Keeps:
    """What survives writing in a format and reading it back: yes, no, or how. The README's table is made from it."""

    boxes: str = "no"
    polygons: str = "no"
    rle: str = "no"
    holes: str = "no"
    keypoints: str = "no"
    obb: str = "no"
    crowd: str = "no"
    ids: str = "no"
    attributes: str = "no"  # difficult, truncated, occluded, pose
    image_sizes: str = "no"
    image_labels: str = "no"
    unknown_keys: str = "no"
    unused_categories: str = "no"
    splits: str = "no"


class Splice(NamedTuple):
    """Bytes start:end of a source become `new`; new None: the file goes. `edit` is the edit's row."""

    source: int
    start: int
    end: int
    new: bytes | None
    edit: int


class Move(NamedTuple):
    """An image file, by the row of its image, that takes the path `new`; None: it goes. `edit` is the edit's row."""

    image: int
    new: str | None
    edit: int


@dataclass(frozen=True)
class Written:
    """What a writer did: files by path below the output folder, records written, and what it left out.

    `skipped` holds what `left_out` says of each record left out; it becomes `skipped.jsonl`.
    """

    files: tuple[str, ...]
    images: int
    annotations: int
    skipped: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


class Format(ABC):
    """One format. A subclass's module docstring is its specification; a module holds its one instance, FORMAT."""

    name: ClassVar[str]
    title: ClassVar[str]
    keeps: ClassVar[Keeps]

    @abstractmethod
    def detect(self, folder: Listing) -> list[Claim] | str:
        """Return the datasets of this format that sit in `folder` itself, or say in a few words why there are none.

        Looks at content, not only at names. Sub-folders that belong to the layout are this dataset's, so the survey
        does not go below a folder that somebody claimed. A claim's path is what `read` takes.
        """

    @abstractmethod
    def detect_file(self, path: Path) -> Claim | str:
        """Return a claim for one file given by the user, or say why not."""

    @abstractmethod
    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the dataset at a claimed path. Never raises for bad data; raises NoDatasetError if there is none."""

    writes = True  # whether datasets can be written in it

    @abstractmethod
    def write(self, data: Dataset, out: Path, options: WriteOptions) -> Written:
        """Write a dataset of any format, built from the tables, into the empty folder `out` (images are not its work).

        Where each image's file goes is `image_target`.
        """

    @abstractmethod
    def image_targets(self, data: Dataset, options: WriteOptions) -> Array:
        """Return, for each image, the path below the output folder its file belongs at (object array of str)."""

    def label_files(self, data: Dataset, options: WriteOptions) -> Mapping[str, bytes | None] | None:
        """Return the text of each label file as it was read, by the path it would be written at (None: it is not to be
        there), for a dataset of this very format that is written with nothing changed but its splits; None where it
        has to be written anew, as in formats whose files hold the labels of many images.
        """
        return None

    placed = False  # whether a label is the place where its image file lies

    def unpatched(self, data: Dataset, file: str) -> str:
        """Return why nothing can be fixed in a file of this name (as in `sources`), and what helps; empty where it can."""
        return ""

    def split_name(self, name: str) -> str:
        """Return what a split is called once it was written and read again; empty where it would be none."""
        return name

    def outside_split(self, name: str, split: str) -> str:
        """Return an image's file name without the folder of a split it is in, where folders make the splits."""
        return name

    def packed(self, held: bytes, text: bytes) -> bytes:
        """Return a binary file like `held` whose rows are those of this text (see `binary` in `sources`)."""
        raise NotImplementedError(f"{self.name} reads no binary files")

    @abstractmethod
    def patch(self, data: Dataset, edits: Edits) -> list[Splice]:
        """Return the bytes to change in the sources of this format so that the edits hold; nothing else changes."""

    def moves(self, data: Dataset, edits: Edits) -> list[Move]:
        """Return where image files go so that the edits hold, in a format whose labels are their places."""
        return []


class Problems:
    """Collects faults met while reading one dataset; `findings()` sorts them into columns.

    Keys (source, image, annotation, category) are row keys; start and end are bytes in the source.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, tuple[str, ...]], list[dict[str, Any]]] = {}
        self.blocks: list[Findings] = []

    def add(
        self,
        rule: str,
        message: str,
        *,
        source: int = -1,
        line: int = 0,
        start: int = -1,
        end: int = -1,
        pointer: str = "",
        image: int = -1,
        annotation: int = -1,
        category: int = -1,
        kept: bool = True,
        severity: int = -1,
        fix: Fix = Fix.NONE,
        **values: Any,
    ) -> None:
        """File one fault; `message` is a str.format template over `values`. severity -1: the rule's usual one."""
        row = {"source": source, "line": line, "start": start, "end": end, "pointer": pointer, "image": image}
        row |= {
            "annotation": annotation,
            "category": category,
            "severity": severity,
            "fix": int(fix),
            "kept": kept,
        }
        self.rows.setdefault((rule, message, tuple(values)), []).append({**row, "values": values})

    def add_many(
        self, rule: str, message: str, count: int, *, values: Mapping[str, Any], **columns: Any
    ) -> None:
        """File `count` faults of one kind, given in columns as for findings.block."""
        if count:
            self.blocks.append(Findings((block(rule, message, count, values=values, **columns),)))

    def findings(self) -> Findings:
        """Return all faults filed, in columns."""
        joined = Findings()
        for (rule, message, names), rows in self.rows.items():
            columns = {name: [row[name] for row in rows] for name in rows[0] if name != "values"}
            values = {name: [row["values"][name] for row in rows] for name in names}
            pointers = np.empty(len(rows), dtype=object)
            pointers[:] = columns.pop("pointer")
            joined += Findings((block(rule, message, len(rows), values=values, pointer=pointers, **columns),))
        for each in self.blocks:
            joined += each
        return joined


def load(path: Path, options: ReadOptions) -> bytes | None:
    """Return a file's bytes, or the overlay's; None when it is not there. Raises OSError when it cannot be read."""
    if options.overlay and path in options.overlay:
        return options.overlay[path]
    return path.read_bytes() if path.is_file() else None


def opened(path: Path, options: ReadOptions) -> bytes | mmap.mmap:
    """Return a file's bytes, mapped and not copied when it is large. Raises OSError when it cannot be read."""
    held = options.overlay.get(path)
    if held is not None:
        return held
    with path.open("rb") as file:
        if path.stat().st_size < MMAP_FROM:
            return file.read()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def relative(path: Path, root: Path) -> str:
    """Return `path` below `root` with forward slashes; its name alone when it lies elsewhere or is the root."""
    try:
        below = path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
    return path.name if below == "." else below


def left_out(data: Dataset, row: int, why: str) -> dict[str, Any]:
    """Return what `skipped.jsonl` says of an annotation (its position) that a writer leaves out."""
    table, sources = data.table("annotations"), data.table("sources")
    source, own = int(table["source"][row]), int(table["id"][row])
    image = int(data.image_rows(table["image"][row : row + 1])[0])
    return {
        "table": "annotations",
        "annotation_id": None if own == NO_ID else own,
        "image": data.table("images")["file_name"][image] if image >= 0 else None,
        "category": str(data.names_of(table["category"][row : row + 1])[0]) or None,
        "why": why,
        "file": sources["file"][source] if source >= 0 else None,
        "line": int(table["line"][row]) or None,
    }


def own_files(data: Dataset, places: Sequence[str]) -> dict[str, bytes | None] | None:
    """Return what each image's own label file holds, by the path `places` has for it (None: it has none); None for all
    where a file is that of several images.
    """
    source = data.table("images")["source"]
    own = source[source >= 0]
    if len(np.unique(own)) < len(own) or (data.table("sources")["role"][own] != "labels").any():
        return None
    return {
        place: bytes(data.source_bytes(row)) if row >= 0 else None
        for place, row in zip(places, source.tolist(), strict=True)
    }


def unified(names: Iterable[str]) -> Array:
    """Return a label number for each category name: equal names, equal number, in order of first use (int32)."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(name, len(number)) for name in names], dtype=np.int32)


def objects(values: Sequence[Any]) -> Array:
    """Return an object array holding the values."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
