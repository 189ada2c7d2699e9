"""Patching VOC datasets: which files an edit touches, and their lists. What changes inside one xml is `rewrite`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.voc import lists
from annotool.formats.voc.rewrite import Rewrite

__all__ = ["patch"]


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes that make the edits hold, in sources of VOC; an edit that names nothing in them gives none.

    Edits of tables images (width, height, file_name; drop), annotations (bbox, category, difficult, truncated,
    occluded; drop), categories (name; drop), splits (drop) and sources (bytes). Dropping an image removes its xml and
    its lines in the lists; renaming a category renames it in every object and in the class list. Where two edits need
    one new element, its splice bears the first.
    """
    return Patch(data, edits).run()


@dataclass
class Patch:
    """The patching of one dataset."""

    data: Dataset
    edits: Edits

    def run(self) -> list[Splice]:
        splices: list[Splice] = []
        inside: dict[int, list[tuple[int, int]]] = {}  # by source: edit, position of its annotation or -1
        for edit in range(len(self.edits)):
            table, row, op = (self.edits[name][edit] for name in ("table", "row", "op"))
            if table == "sources":
                splices += self.raw(edit)
            elif table == "annotations":
                inside.setdefault(self.source("annotations", row), []).append((edit, int(row)))
            elif table == "images" and op == Op.SET:
                inside.setdefault(self.source("images", row), []).append((edit, -1))
            elif table == "images":
                splices += self.image(edit)
            elif table == "splits":
                splices += self.listed(edit)
            elif table == "categories":
                splices += self.declared(edit)
                for annotation in self.bearers(edit):
                    inside.setdefault(self.source("annotations", annotation), []).append((edit, annotation))
        for source, asked in inside.items():
            if self.is_voc(source):
                splices += Rewrite(self.data, self.edits, source).run(asked)
        return splices

    def source(self, table: str, row: int) -> int:
        return int(self.data.table(table)["source"][row])

    def is_voc(self, source: int) -> bool:
        return source >= 0 and bool(self.data.table("sources")["format"][source] == "voc")

    def raw(self, edit: int) -> list[Splice]:
        """Replace bytes of a source by what the edit says."""
        source, start, end = (int(self.edits[name][edit]) for name in ("row", "start", "end"))
        new = self.edits["new"][edit]
        return [
            Splice(source, start, end, new if isinstance(new, bytes) else str(new).encode(), edit)
        ] * self.is_voc(source)

    # Lists of images.

    def image(self, edit: int) -> list[Splice]:
        """Remove an image: its xml, and the lines that list it."""
        image = int(self.edits["row"][edit])
        source = self.source("images", image)
        xml = (
            [Splice(source, 0, len(self.data.source_bytes(source)), None, edit)]
            if self.is_voc(source)
            else []
        )
        names = self.names(image)
        return xml + [cut for each in self.lists() for cut in self.lines(each, names, edit)]

    def listed(self, edit: int) -> list[Splice]:
        """Take an image out of one list."""
        splits, row = self.data.table("splits"), int(self.edits["row"][edit])
        source, line = int(splits["source"][row]), int(splits["line"][row])
        if not self.is_voc(source) or not line:
            return []
        text = [each.stem for each in lists.lines(bytes(self.data.source_bytes(source))) if each.line == line]
        return self.lines(source, frozenset(text), edit)

    def lists(self) -> Iterable[int]:
        sources = self.data.table("sources")
        return np.flatnonzero((sources["format"] == "voc") & (sources["role"] == "split")).tolist()

    def lines(self, source: int, names: frozenset[str], edit: int) -> list[Splice]:
        entries = lists.read_list("", bytes(self.data.source_bytes(source)), names).entries
        return [Splice(source, each.start, each.end, b"", edit) for each in entries if each.stem in names]

    def names(self, image: int) -> frozenset[str]:
        """Return how lists call an image: as those that put it into a split do, else by its path."""
        splits, images = self.data.table("splits"), self.data.table("images")
        rows = np.flatnonzero((splits["image"] == images["image"][image]) & (splits["line"] > 0))
        found = set()
        for source, line in zip(splits["source"][rows].tolist(), splits["line"][rows].tolist(), strict=True):
            found |= {
                each.stem for each in lists.lines(bytes(self.data.source_bytes(source))) if each.line == line
            }
        if not found:
            source = int(images["source"][image])
            name = str(
                self.data.table("sources")["file"][source] if source >= 0 else images["file_name"][image]
            )
            stem = name.rpartition(".")[0] or name
            found = {stem, stem.partition("/")[2]} - {""}
        return frozenset(found)

    # Categories.

    def bearers(self, edit: int) -> list[int]:
        if self.edits["op"][edit] != Op.SET or self.edits["column"][edit] != "name":
            return []
        rows = self.data.table("annotations")
        return np.flatnonzero(rows["category"] == self.edits["row"][edit]).tolist()

    def declared(self, edit: int) -> list[Splice]:
        """Rename or drop a category's line in the class list; a name that is listed already needs no second line."""
        categories, row = self.data.table("categories"), int(self.edits["row"][edit])
        source, start, end = (int(categories[name][row]) for name in ("source", "start", "end"))
        if not self.is_voc(source):
            return []
        own = categories["name"][row]
        line = bytes(self.data.source_bytes(source)[start:end])
        new: Any = self.edits["new"][edit]
        if self.edits["op"][edit] == Op.DROP or new in categories["name"][categories["source"] == source]:
            return [Splice(source, start, end, b"", edit)]
        if self.edits["column"][edit] != "name":
            return []
        at = start + max(line.find(own.encode()), 0)
        return [Splice(source, at, at + len(own.encode()), str(new).encode(), edit)]
