"""Reading class folders: which folders are classes, and the tables made of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError
from annotool.formats.base import Claim, ReadOptions, objects, unified
from annotool.formats.images import SUFFIXES, locate
from annotool.formats.listing import Listing
from annotool.imagefile import probe
from annotool.schema import Kind, SizeFrom, make
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["NO_CLASS", "SPLITS", "claims", "read"]

SPLITS = ("train", "val", "valid", "validation", "test", "dev")
NO_CLASS = re.compile(
    r"(?:images?|imgs?|jpegimages|labels?|annotations?|data|(?:train|val|test)\d{4})", re.IGNORECASE
)
FEWEST = 2  # classes
METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
LABEL_SUFFIXES = (".json", ".xml", ".txt", ".csv", ".yaml", ".yml", ".jsonl", ".parquet")


def claims(folder: Listing) -> list[Claim] | str:
    """Claim a folder of class folders, or of split folders that hold class folders; or say why not."""
    found = layout(folder)
    if isinstance(found, str):
        return found
    names = {each.path.name for _, each in found}
    splits = list(dict.fromkeys(split for split, _ in found if split))
    said = f"{len(names)} class folders" + (f" in {', '.join(splits)}" if splits else "")
    return [Claim("imagefolder", folder.path, said)]


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the images of all class folders, a label each. Raises NoDatasetError where there are none."""
    found = layout(Listing(path)) if path.is_dir() else f"{path} is no folder"
    if isinstance(found, str):
        raise NoDatasetError(f"{path}: no class folders ({found})")
    return Reader(path, options, found).dataset()


def layout(folder: Listing) -> list[tuple[str, Listing]] | str:
    """Return the class folders below `folder`, each with its split (empty: none), or why there are none."""
    if metadata := next((name for name in folder.files if name.lower() in METADATA), ""):
        return f"{metadata} lies beside the folders"
    splits = {name: each for name, each in folder.folders.items() if name.lower() in SPLITS}
    parts = [(name, classes(each)) for name, each in splits.items()] or [("", classes(folder))]
    found: list[tuple[str, Listing]] = []
    most = 0
    for name, below in parts:
        if isinstance(below, str):
            return f"{name}/{below}" if name else below
        found += [(name, each) for each in below]
        most = max(most, sum(bool(images_in(each)) for each in below))
    return found if most >= FEWEST else "no two folders that hold images alone"


def classes(folder: Listing) -> list[Listing] | str:
    """Return the folders in `folder` that may be classes, or why it is none of class folders."""
    labels = [
        name for name in folder.with_suffix(".json", ".xml", ".yaml", ".yml") if not name.startswith(".")
    ]
    labels += [name for name in folder.files if name.lower() in METADATA]
    if labels:
        return f"{labels[0]} lies beside the folders"
    found = []
    for name, each in folder.folders.items():
        if name.startswith(".") or name == "__MACOSX":  # what macOS leaves in archives
            continue
        if NO_CLASS.fullmatch(name) or name.lower() in SPLITS:
            return f"{name} is no name of a class"
        if any(not inner.startswith(".") for inner in each.folders):
            return f"{name} holds folders"
        if labels := each.with_suffix(*LABEL_SUFFIXES):
            return f"{name} holds label files ({labels[0]})"
        found.append(each)
    return found


def images_in(folder: Listing) -> list[str]:
    """Return the image files of a folder without hidden ones, which macOS leaves beside others."""
    return [name for name in folder.with_suffix(*SUFFIXES) if not name.startswith(".")]


class Folder(NamedTuple):
    """A class folder: its split, its path below the root, and the names of its images with the paths of their files."""

    split: str
    below: str
    files: list[tuple[str, str]]


class Reader(msgspec.Struct, frozen=True):
    """The reading of one dataset: its class folders, each with its split."""

    path: Path
    options: ReadOptions
    folders: list[tuple[str, Listing]]

    def dataset(self) -> Dataset:
        """Return images with a label each; a class folder is the source of its images."""
        folders = self.mended(self.filled())
        below = [each.below for each in folders]
        classes = [each.below.rpartition("/")[2] for each in folders]
        names = [f"{each.below}/{name}" for each in folders for name, _ in each.files]
        source = np.repeat(np.arange(len(folders)), [len(each.files) for each in folders])
        labels = sorted(set(classes))
        category = np.array([labels.index(each) for each in classes], dtype=np.int64)[source]
        paths = objects([path for each in folders for _, path in each.files])
        probed = None if self.checked == "none" else probe(paths.tolist())
        sizes = {"width": probed.width, "height": probed.height} if probed else {}
        known = SizeFrom.HEADER if probed else SizeFrom.UNKNOWN
        splits = [self.options.split or each.split for each in folders]
        tables = {
            "images": make("images", len(names), source=source, file_name=objects(names), path=paths,
                           size_from=np.full(len(names), known), **sizes),
            "annotations": make("annotations", len(names), image=np.arange(len(names)), category=category,
                                source=source, kind=np.full(len(names), Kind.IMAGE)),
            "categories": make("categories", len(labels), label=unified(labels), name=objects(labels),
                               id=np.arange(len(labels))),
            "splits": self.splits(source, splits),
            "sources": self.sources(below, splits, [len(each.files) for each in folders]),
        }  # fmt: skip
        return Dataset(
            tables=tables, paths=(self.path,), buffers=(b"",), facts={"declared_categories": False, "loose_images": self.loose()},
            notes=(*self.notes(), *self.linked(int((paths == "").sum()))), images_checked=self.checked, probed=probed,
        )  # fmt: skip

    def filled(self) -> list[Folder]:
        """Return the class folders as they are; paths are empty where images are not looked at."""
        below = [each.path.relative_to(self.path).as_posix() for _, each in self.folders]
        files = [images_in(each) for _, each in self.folders]
        names = [f"{folder}/{name}" for folder, own in zip(below, files, strict=True) for name in own]
        root = [self.path.absolute()]
        paths = iter([""] * len(names) if self.checked == "none" else locate(names, root, root).paths)
        return [
            Folder(split, folder, [(name, next(paths)) for name in own])
            for (split, _), folder, own in zip(self.folders, below, files, strict=True)
        ]

    def mended(self, folders: list[Folder]) -> list[Folder]:
        """Return the class folders as they will be: without the files that go, and with others where they are to lie. One
        that loses its last image goes, and new ones come.
        """
        renamed, gone = (
            self.options.renamed,
            {str(p) for p, held in self.options.overlay.items() if held is None},
        )
        if not (renamed or gone):
            return folders
        filled: dict[str, list[tuple[str, str]]] = {each.below: [] for each in folders}
        for folder in folders:
            for name, path in folder.files:
                new = renamed.get(path, "")
                below = (
                    Path(os.path.relpath(new, self.path.absolute())).parent.as_posix()
                    if new
                    else folder.below
                )
                if path not in gone:
                    filled.setdefault(below, []).append((os.path.basename(new) or name, path))
        split_of = {each.below.rpartition("/")[0]: each.split for each in folders}
        order, bare = [*split_of], {each.below for each in folders if not each.files}
        kept = [below for below, files in filled.items() if files or below in bare]
        parents = {below: below.rpartition("/")[0] for below in kept}
        kept.sort(key=lambda below: (order.index(parents[below]), below))
        return [Folder(split_of[parents[below]], below, sorted(filled[below])) for below in kept]

    @property
    def checked(self) -> str:
        return "none" if self.options.images == "none" else "decode" if self.options.decode else "header"

    @staticmethod
    def splits(source: Array, splits: list[str]) -> Table:
        split = objects(splits)[source]
        images = np.flatnonzero(split != "")
        return make("splits", len(images), image=images, split=split[images], source=source[images])

    @staticmethod
    def sources(below: list[str], splits: list[str], records: list[int]) -> Table:
        n, zero = len(below), np.zeros(len(below))
        return make("sources", n, file=objects(below), format=objects(["imagefolder"] * n), split=objects(splits),
                    buffer=zero, start=zero, end=zero, records=np.array(records))  # fmt: skip

    def loose(self) -> dict[str, int]:
        """Count the images that lie beside the class folders, by folder: they have no category."""
        holders = {each.path.parent for _, each in self.folders}
        counts = {"" if each == self.path else each.name: len(images_in(Listing(each))) for each in holders}
        return {name: count for name, count in sorted(counts.items()) if count}

    def linked(self, missing: int) -> tuple[str, ...]:
        """Tell of images whose files are not looked at: such as lie in a class folder are links that lead out of the dataset."""
        if not missing or self.checked == "none":
            return ()
        one = "1 image leads", "counts"
        leads, counts = one if missing == 1 else (f"{missing:,} images lead", "count")
        return (
            f"{leads} out of the dataset, by a link, and {counts} as missing: put the files themselves there",
        )

    def notes(self) -> tuple[str, ...]:
        """Tell of these images."""
        loose = sum(self.loose().values())
        return (
            (
                f"{plural(loose, 'image lies', 'images lie')} beside the class folders and {'is' if loose == 1 else 'are'} not read",
            )
            if loose
            else ()
        )
