"""Reading a COCO dataset: its files one by one, then side by side, with images and splits found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset, concat
from annotool.errors import NoDatasetError
from annotool.formats.base import ReadOptions, opened, relative
from annotool.formats.coco.document import Document, parse
from annotool.formats.coco.faults import Fault
from annotool.formats.coco.layout import LabelFile, find
from annotool.formats.coco.tables import build
from annotool.formats.images import SUFFIXES, locate, roots_beside
from annotool.formats.listing import Listing

__all__ = ["read"]

DEPTH = 3  # folders below the dataset's that are searched for images that lie in no usual place
FEDERATED = {
    "neg_category_ids",
    "not_exhaustive_category_ids",
}  # of LVIS, where an absent category may be there
MOST = 1000  # how many folders these may be


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the COCO dataset at a claimed path. Raises NoDatasetError where no label file is."""
    layout = find(path, options)
    if not layout.files:
        raise NoDatasetError(f"{path}: no COCO label files")
    reader = Reader(path, options)
    parts = [reader.file(each) for each in layout.files]
    parts = reader.without_unions(parts)
    if layout.beside:
        reader.notes.append(f"Not read: {', '.join(layout.beside)}.")
    return reader.joined(parts)


class Reader(msgspec.Struct):
    """The reading of one dataset."""

    path: Path
    options: ReadOptions
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)

    def file(self, file: LabelFile) -> Dataset:
        """Read one label file and find its images."""
        document, faults = load(file.path, self.options)
        data = build(document, relative(file.path, self.path), file.split, more=faults)
        if document.unknown.get("images", set()) & FEDERATED:
            self.facts["lvis"] = True
        return self.located(data, file)

    def located(self, data: Dataset, file: LabelFile) -> Dataset:
        """Return the dataset with the paths of its image files."""
        images = data.table("images")
        if self.options.images == "none" or not len(images):
            return data
        folder = file.path.absolute().parent
        inside = [folder.parent]
        if self.options.images is not None:
            roots = [Path(self.options.images)]
            inside += roots
        else:
            roots = roots_beside(folder, file.split)
        names = images["file_name"].tolist()
        found = locate(names, roots, inside, self.options.renamed)
        if found.root is None and self.options.images is None and self.path.is_dir():
            found = locate(names, pictured(self.path), inside, self.options.renamed)
        if found.root is not None:
            self.facts.setdefault("image_root", str(found.root))
        self.notes.append(f"{data.table('sources')['file'][0]}: {found.said}.")
        tables = {**data.tables, "images": images.with_columns(path=found.paths)}
        return replace(data, tables=tables)

    def without_unions(self, parts: list[Dataset]) -> list[Dataset]:
        """Return the parts less those whose images are exactly those of others together (all.json beside train, val)."""
        names = [frozenset(part.table("images")["file_name"].tolist()) for part in parts]
        kept = []
        for at, part in enumerate(parts):
            within = [each for other, each in enumerate(names) if other != at and each and each < names[at]]
            if len(within) > 1 and frozenset().union(*within) == names[at]:
                file = part.table("sources")["file"][0]
                self.notes.append(f"Not read: {file}, whose images are those of the other files together.")
            else:
                kept.append(part)
        return kept

    def joined(self, parts: Sequence[Dataset]) -> Dataset:
        """Return the parts as one dataset."""
        data = concat(parts)
        sources = data.table("sources")
        images = self.options.images
        return replace(
            data,
            tables={
                **data.tables,
                "sources": sources.with_columns(path=np.zeros(len(sources), dtype=np.int32)),
            },
            paths=(self.path,),
            facts=self.facts,
            notes=tuple(self.notes),
            images_checked="none" if images == "none" else "decode" if self.options.decode else "header",
        )


def load(path: Path, options: ReadOptions) -> tuple[Document, list[Fault]]:
    """Parse one file given as ground truth. A file that cannot be read at all is a document without records."""
    try:
        text = opened(path, options)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return parse_nothing(), [Fault("SCH001", "the file cannot be read: {why}", values={"why": why})]
    document = parse(text)
    if not document.results:
        return document, []
    message = ("the file is a list of detector results, not ground truth: give it with --predictions, "
               "and the file with images, annotations and categories as the path")  # fmt: skip
    return document, [Fault("SCH002", message, 0, 0)]


def parse_nothing() -> Document:
    return Document(b"", columns={"images": {}, "annotations": {}, "categories": {}})


def pictured(folder: Path) -> list[Path]:
    """Return the folders from `folder` on down that hold image files."""
    walked = islice(Listing(folder).walk(DEPTH), MOST)
    return [each.path for each in walked if not SUFFIXES.isdisjoint(each.files.values())]
