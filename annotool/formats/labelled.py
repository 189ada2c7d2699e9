"""What the formats share whose files give images by name and say of each what it shows: images and labels are gathered
record by record, their files found, and the tables made; and what writers of labels take from any dataset.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Problems, ReadOptions, left_out, objects, relative, unified
from annotool.formats.images import AS_THEY_ARE, SUFFIXES, called, locate, roots_beside
from annotool.formats.listing import Listing
from annotool.imagefile import ImageFiles, probe
from annotool.schema import NO_ID, Kind, SizeFrom, make
from annotool.table import Array, Table

__all__ = [
    "SINGLE_SHARE",
    "Gathered",
    "Span",
    "find_images",
    "image_labels",
    "label_counts",
    "splits_of",
    "unlabelled",
    "with_labels",
]

SINGLE_SHARE = 0.95  # of the labelled images have one label in a single-label dataset
LFS = b"version https://git-lfs.github.com/spec"


class Span(NamedTuple):
    """Where a record stands: the row of its source, its bytes, its line from 1, its ordinal."""

    source: int
    start: int
    end: int
    line: int
    ordinal: int


class Label(NamedTuple):
    """What an image shows: of the whole image, or in a box of x y w h in pixels."""

    image: int
    name: str
    span: Span
    box: tuple[float, float, float, float] | None = None


class Gathered(msgspec.Struct):
    """The parts of one dataset while it is read. format: its name; root: what its files are named below."""

    format: str
    root: Path
    options: ReadOptions
    problems: Problems = msgspec.field(default_factory=Problems)
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)
    files: list[tuple[Path, Any, str]] = msgspec.field(default_factory=list)  # path, bytes, split
    images: dict[tuple[str, str], tuple[int, Span]] = msgspec.field(
        default_factory=dict
    )  # by folder and name
    labels: list[Label] = msgspec.field(default_factory=list)
    splits: list[tuple[int, str, Span]] = msgspec.field(default_factory=list)
    declared: list[tuple[str, Span]] = msgspec.field(default_factory=list)  # categories a file declares
    card: int = -1  # the source whose categories are those of all files; -1: none
    extra: set[int] = msgspec.field(default_factory=set)  # images whose records hold what is not understood
    unkept: dict[int, int] = msgspec.field(default_factory=dict)  # by source: labels that could not be kept
    binary: dict[int, bytes] = msgspec.field(
        default_factory=dict
    )  # by source: the file whose rows were written out as text

    def file(self, path: Path, held: Any, split: str = "", binary: bytes | None = None) -> int:
        """Take up a file that is read, of a binary one the text of its rows; return its row in `sources`."""
        self.files.append((path, held, self.options.split or split))
        if binary is not None:
            self.binary[len(self.files) - 1] = binary
        return len(self.files) - 1

    def text(self, path: Path, source: int, held: bytes) -> bool:
        """File what is wrong with a text file as a whole; return whether it can be read."""
        wrong = (
            "UTF-16 text, expected UTF-8" if held[:2] in (b"\xff\xfe", b"\xfe\xff")
            else "a git-lfs pointer in place of the labels; run: git lfs pull" if held.startswith(LFS)
            else "no text: the file holds zero bytes" if b"\0" in held else ""
        )  # fmt: skip
        if wrong:
            self.bad("SCH001", wrong, Span(source, 0, len(held), 1, -1), kept=False)
            return False
        try:
            held.decode()
        except UnicodeDecodeError as error:
            line = held.count(b"\n", 0, error.start) + 1
            span = Span(source, error.start, error.start + 1, line, -1)
            self.bad("SCH001", "the file is not UTF-8: byte {byte}", span, byte=f"0x{held[error.start]:02x}")
        return True

    def bad(
        self, rule: str, message: str, span: Span, *, kept: bool = True, image: int = -1, **values: Any
    ) -> None:
        """File a fault of a record."""
        if not kept:
            self.unkept[span.source] = self.unkept.get(span.source, 0) + 1
        self.problems.add(
            rule, message, source=span.source, line=span.line, start=span.start, end=span.end, kept=kept,
            image=image, **values,
        )  # fmt: skip

    def image(self, folder: str, name: str, span: Span, split: str = "") -> int:
        """Return the row of the image of that name, in that folder's files; the first record it stands in is its own."""
        row, _ = self.images.setdefault((folder, name), (len(self.images), span))
        if own := self.options.split or split or self.files[span.source][2]:
            self.splits.append((row, own, span))
        return row

    def label(
        self, image: int, name: str, span: Span, box: tuple[float, float, float, float] | None = None
    ) -> None:
        """Take up a label of an image, or of a box in it (x y w h, pixels)."""
        self.labels.append(Label(image, name, span, box))

    def dataset(self) -> Dataset:
        """Return what was gathered."""
        names = [name for _, name in self.images]
        spans = [span for _, span in self.images.values()]
        paths, found_names = self.located(names)
        checked = "none" if self.options.images == "none" else "decode" if self.options.decode else "header"
        probed = probe(paths.tolist()) if checked != "none" else None
        return Dataset(
            tables={
                "images": make("images", len(names), file_name=objects(found_names), path=paths,
                               extra=np.isin(np.arange(len(names)), [*self.extra]), **sizes(probed), **of_spans(spans)),
                **self.labelled(),
                "splits": self.split_rows(),
                "sources": self.sources(),
            },
            paths=(self.root,), buffers=(*(held for _, held, _ in self.files), *self.binary.values()) or (b"",),
            problems=self.problems.findings(), facts=self.facts, notes=tuple(self.notes),
            images_checked=checked, probed=probed,
        )  # fmt: skip

    def located(self, names: list[str]) -> tuple[Array, list[str]]:
        """Return where each image lies, and its name: with the suffix of its file where it was written without."""
        if self.options.images == "none" or not names:
            return objects([""] * len(names)), names
        paths, found = np.full(len(names), "", dtype=object), list(names)
        folders = np.array([folder for folder, _ in self.images], dtype=object)
        given = Path(self.options.images) if self.options.images is not None else None
        for folder in dict.fromkeys(folders.tolist()):
            rows = np.flatnonzero(folders == folder)
            place = Path(folder)
            split = next((split for path, _, split in self.files if path.parent == place and split), "")
            roots = [given] if given is not None else roots_beside(place, split)
            inside = [self.home, place.absolute(), *([given] if given is not None else [])]
            own, said = find_images(
                [names[row] for row in rows.tolist()], roots, inside, self.options.renamed
            )
            paths[rows] = own
            for row, path in zip(rows.tolist(), own.tolist(), strict=True):
                if path and Path(names[row]).suffix.lower() not in SUFFIXES:
                    found[row] = names[row] + Path(path).suffix
            self.notes.append(said)
        return paths, found

    @property
    def home(self) -> Path:
        return (self.root if self.root.is_dir() else self.root.parent).absolute()

    def labelled(self) -> dict[str, Table]:
        """Return annotations and categories: those a file declares, and, by name, those only used."""
        rows = self.declared
        known = {(span.source, name): at for at, (name, span) in reversed(list(enumerate(rows)))}
        places = [
            known.get((each.span.source, each.name), known.get((self.card, each.name), -1))
            for each in self.labels
        ]
        used = sorted({each.name for each, at in zip(self.labels, places, strict=True) if at < 0})
        bare = {name: len(rows) + at for at, name in enumerate(used)}
        category = [at if at >= 0 else bare[each.name] for each, at in zip(self.labels, places, strict=True)]
        names = [name for name, _ in rows] + used
        spans = [span for _, span in rows] + [Span(-1, -1, -1, 0, -1)] * len(used)
        whole = all(name.isascii() and name.isdecimal() and len(name) < 10 for name in names)
        ids = [int(name) if whole else NO_ID if rows else at for at, name in enumerate(used)]
        boxes = np.array([each.box or (np.nan,) * 4 for each in self.labels], dtype=np.float64).reshape(-1, 4)
        kinds = [Kind.IMAGE if each.box is None else Kind.BOX for each in self.labels]
        return {
            "annotations": make(
                "annotations", len(self.labels), image=np.array([each.image for each in self.labels], dtype=np.int64),
                category=np.array(category, dtype=np.int64), kind=np.array(kinds, dtype=np.int8),
                **dict(zip("xywh", boxes.T, strict=True)), **of_spans([each.span for each in self.labels]),
            ),
            "categories": make(
                "categories", len(names), name=objects(names), label=unified(names), **of_spans(spans),
                id=np.array([span.ordinal for _, span in rows] + ids, dtype=np.int64),
            ),
        }  # fmt: skip

    def split_rows(self) -> Table:
        """Return each image's splits, each once."""
        first: dict[tuple[int, str], Span] = {}
        for image, split, span in self.splits:
            first.setdefault((image, split), span)
        return make(
            "splits", len(first), image=np.array([image for image, _ in first], dtype=np.int64),
            split=objects([split for _, split in first]),
            source=np.array([span.source for span in first.values()], dtype=np.int32),
            line=np.array([span.line for span in first.values()], dtype=np.int32),
        )  # fmt: skip

    def sources(self) -> Table:
        n = len(self.files)
        counts = np.bincount(
            np.array([each.span.source for each in self.labels], dtype=np.int64), minlength=n
        )
        counts += np.array([self.unkept.get(source, 0) for source in range(n)], dtype=np.int64)
        home = self.root if self.root.is_dir() else self.root.parent
        binary = {source: n + at for at, source in enumerate(self.binary)}
        return make(
            "sources", n, binary=np.array([binary.get(at, -1) for at in range(n)], dtype=np.int32), file=objects([relative(path, home) for path, _, _ in self.files]),
            format=objects([self.format] * n),
            role=objects(["config" if at == self.card else "labels" for at in range(n)]), split=objects([split for _, _, split in self.files]),
            buffer=np.arange(n), start=np.zeros(n, dtype=np.int64),
            end=np.array([len(held) for _, held, _ in self.files], dtype=np.int64), records=counts,
        )  # fmt: skip


def of_spans(spans: Sequence[Span]) -> dict[str, Array]:
    """Return the columns of a table that say where its records stand."""
    columns = np.array(spans, dtype=np.int64).reshape(-1, 5).T
    return dict(zip(("source", "start", "end", "line", "index"), columns, strict=True))


def sizes(probed: ImageFiles | None) -> dict[str, Array]:
    """Return the columns of `images` that image files say."""
    if probed is None:
        return {}
    known = np.where(np.isfinite(probed.width), SizeFrom.HEADER, SizeFrom.UNKNOWN)
    return {"width": probed.width, "height": probed.height, "size_from": known}


def find_images(
    names: Sequence[str],
    roots: Sequence[Path],
    inside: Sequence[Path],
    renamed: Mapping[str, str] = AS_THEY_ARE,
) -> tuple[Array, str]:
    """Return where each image lies (object array of paths, empty for none), and a sentence on it. Names may lack the
    suffix, as those of many challenges do: then the file of that stem is taken.
    """
    bare = [at for at, name in enumerate(names) if os.path.splitext(name)[1].lower() not in SUFFIXES]
    if not bare:
        found = locate(names, roots, inside, renamed)
        return found.paths, found.said
    best = locate(names, roots, inside, renamed)
    folders = {names[at].rpartition("/")[0] for at in bare}
    below = [each for each in folders if not each.startswith("/") and ".." not in each.split("/")]
    for root in roots:
        stems = {
            os.path.splitext(name)[0]: name for folder in below for name in pictures(root, folder, renamed)
        }
        full = [stems.get(name, name) for name in names]
        found = locate(full, [root], inside, renamed) if stems and full != list(names) else best
        more = np.count_nonzero(found.paths != "") > np.count_nonzero(best.paths != "")
        if more or (best.root is None and found.root is not None):
            best = found
    return best.paths, best.said


def pictures(root: Path, folder: str, renamed: Mapping[str, str]) -> Iterator[str]:
    """Yield the image files of a folder below a root, named from there."""
    place = root / folder
    for name in called(place, Listing(place).with_suffix(*SUFFIXES), renamed):
        yield f"{folder}/{name}" if folder else name


# What writers take from any dataset.


def unlabelled(data: Dataset, boxes: bool = False) -> tuple[Array, list[dict[str, Any]]]:
    """Return the annotations that label whole images (with `boxes`, those with a box too), as positions in order, and what
    `skipped.jsonl` says of the others.
    """
    table = data.table("annotations")
    box = np.isfinite(np.stack([table[name] for name in "xywh"])).all(axis=0)
    whole = table["kind"] == Kind.IMAGE
    names = data.names_of(table["category"])
    reasons = {
        "its image is not known": data.image_rows(table["image"]) < 0,
        "its category is not known": table["category"] < 0,
        "its category has no name": names == "",
        "its geometry could not be read": table["kind"] == Kind.NONE,
        "this format holds labels of whole images only": ~whole & (not boxes),
        "its box is not finite": ~whole & ~box,
    }
    left, why = np.ones(len(table), dtype=bool), np.full(len(table), "", dtype=object)
    for reason, rows in reasons.items():
        why[left & rows] = reason
        left &= ~rows
    skipped = [left_out(data, row, why[row]) for row in np.flatnonzero(~left).tolist()]
    return np.flatnonzero(left), skipped


def image_labels(data: Dataset, rows: Array) -> list[list[str]]:
    """Return the names of each image's labels, in order of the given annotations."""
    found: list[list[str]] = [[] for _ in range(len(data.table("images")))]
    table = data.table("annotations")
    owner, names = data.image_rows(table["image"][rows]), data.names_of(table["category"][rows])
    for image, name in zip(owner.tolist(), names.tolist(), strict=True):
        found[image].append(name)
    return found


def splits_of(data: Dataset) -> list[list[str]]:
    """Return the splits of each image, in order."""
    found: list[list[str]] = [[] for _ in range(len(data.table("images")))]
    splits = data.table("splits")
    for image, split in zip(data.image_rows(splits["image"]).tolist(), splits["split"].tolist(), strict=True):
        if image >= 0 and split not in found[image]:
            found[image].append(split)
    return found


# Single-label or multi-label: a property of a dataset whose images have labels.


def label_counts(data: Dataset) -> Array:
    """Return how many different labels each image has (int64): annotations of kind IMAGE with a known category."""
    rows = data.table("annotations")
    image, label = data.image_rows(rows["image"]), data.annotation_labels
    known = (rows["kind"] == Kind.IMAGE) & (image >= 0) & (label >= 0)
    k = max(len(data.labels), 1)
    pairs = np.unique(image[known] * k + label[known])
    return np.bincount(pairs // k, minlength=len(data.table("images"))).astype(np.int64)


def with_labels(data: Dataset, kind: str | None = None) -> Dataset:
    """Return the dataset with facts["labels"] where annotations label whole images: single when at least 95 % of the
    labelled images have one label, or what `kind` says; and a note on it.
    """
    rows = data.table("annotations")
    faulty = data.problems.of("SCH002").column("annotation")  # an object that lacks its box is no label
    if not ((rows["kind"] == Kind.IMAGE) & ~np.isin(rows["annotation"], faulty)).any():
        return data
    counts = label_counts(data)
    some, several = int((counts > 0).sum()), int((counts > 1).sum())
    inferred = "single" if several <= (1 - SINGLE_SHARE) * some else "multi"
    fact = {
        "kind": kind or inferred,
        "images": some,
        "several": several,
        "none": len(counts) - some,
        "from": "option" if kind else "inferred",
    }
    said = (
        f"{several:,} of {some:,} labelled images {'has' if several == 1 else 'have'} several labels"
        if several
        else "no image has several labels"
    )
    how = "" if kind is None else f" (--labels {kind})"
    note = f"{fact['kind']}-label classification{how}: {said}"
    if fact["none"]:
        note += f", {fact['none']:,} {'has' if fact['none'] == 1 else 'have'} none"
    return replace(data, facts={**data.facts, "labels": fact}, notes=(*data.notes, note))
