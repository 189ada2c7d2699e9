"""Patching VOC datasets: which files an edit touches, and their lists. What changes inside one xml is `rewrite`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.sidefile import side_splices
from annotool.formats.voc import class_lists, lists
from annotool.formats.voc.layout import is_label_folder
from annotool.formats.voc.rewrite import Rewrite
from annotool.formats.voc.split_rows import known_stems
from annotool.imagefile.suffix import alike
from annotool.schema import Kind

__all__ = ["patch"]


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes that make the edits hold, in sources of VOC; an edit that names nothing in them gives none.

    Edits of tables images (width, height, file_name; drop), annotations (bbox, category, difficult, truncated,
    occluded; drop, add), categories (name; drop), splits (drop) and sources (bytes). Dropping an image removes its xml and
    its lines in the lists; renaming a category renames it in every object and in the class list. The side file's row of
    an image follows the image. Where two edits need
    one new element, its splice bears the first.
    """
    if "class_lists" in data.facts and not (data.table("annotations")["kind"] > Kind.IMAGE).any():
        return class_lists.patch(data, edits)
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
            elif table == "images" and op in (Op.SET, Op.ADD):
                inside.setdefault(self.source("images", row), []).append((edit, -1))
                splices += self.relisted(edit) if self.edits["column"][edit] == "file_name" else ()
            elif table == "images":
                splices += self.image(edit)
            elif table == "splits":
                splices += self.split(edit)
            elif table == "categories":
                splices += self.declared(edit)
                for annotation in self.bearers(edit):
                    inside.setdefault(self.source("annotations", annotation), []).append((edit, annotation))
        for source, asked in inside.items():
            if self.is_voc(source):
                splices += Rewrite(self.data, self.edits, source).run(asked)
        return splices + list(side_splices(self.data, self.edits, "voc"))

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
        gone = [cut for listed in self.listed for cut in self.lines(listed, image, edit)]
        if self.is_voc(source) and self.data.table("sources")["role"][source] == "labels":
            gone.append(Splice(source, 0, len(self.data.source_bytes(source)), None, edit))
        return gone

    def relisted(self, edit: int) -> Iterator[Splice]:
        """Give an image another suffix in the lines of lists that name it with its own."""
        image, new = int(self.edits["row"][edit]), str(self.edits["new"][edit])
        old = str(self.data.table("images")["file_name"][image])
        for source, held in self.listed.items() if alike(old, old, new) else ():
            for each in held.get(image, ()):
                line = bytes(self.data.source_bytes(source)[each.start : each.end])
                stem = each.stem.rpartition("/")[2].encode() + b"."
                at = line.rfind(stem) + len(stem)
                suffix = line[at:].split()[:1] if at >= len(stem) else []
                known = f".{suffix[0].decode('utf-8', 'replace')}" if suffix else ""
                if known and (changed := alike(known, old, new)) != known:
                    start = each.start + at
                    yield Splice(source, start, start + len(suffix[0]), str(changed)[1:].encode(), edit)

    def split(self, edit: int) -> list[Splice]:
        """Take an image out of one list."""
        splits, row = self.data.table("splits"), int(self.edits["row"][edit])
        return self.lines(int(splits["source"][row]), int(splits["image"][row]), edit)

    def lines(self, source: int, image: int, edit: int) -> list[Splice]:
        entries = self.listed.get(source, {}).get(image, ())
        return [Splice(source, each.start, each.end, b"", edit) for each in entries]

    @cached_property
    def listed(self) -> dict[int, dict[int, list[lists.Entry]]]:
        """The lines of each list, by the image they name."""
        sources = self.data.table("sources")
        found: dict[int, dict[int, list[lists.Entry]]] = {}
        for source in np.flatnonzero((sources["format"] == "voc") & (sources["role"] == "split")).tolist():
            known = self.stems(int(sources["path"][source]))
            held = found.setdefault(source, {})
            for entry in lists.read_list("", bytes(self.data.source_bytes(source)), known).entries:
                if entry.stem in known:
                    held.setdefault(known[entry.stem], []).append(entry)
        return found

    def stems(self, path: int) -> dict[str, int]:
        """Return the images of one path by the stems that lists call them by, as the reader has it."""
        images, sources = self.data.table("images"), self.data.table("sources")
        mine = (sources["format"] == "voc") & (sources["path"] == path)
        files = sources["file"][mine & (sources["role"] == "labels")].tolist()
        first = (
            {file.partition("/")[0] for file in files if "/" in file}
            if all("/" in file for file in files)
            else set()
        )
        prefix = f"{first.pop()}/" if len(first) == 1 and is_label_folder(next(iter(first))) else ""
        stems: dict[str, int] = {}
        columns = (images["source"].tolist(), images["file_name"].tolist(), images["path"].tolist())
        for image, (source, name, place) in enumerate(zip(*columns, strict=True)):
            if source < 0 or sources["role"][source] != "labels":
                stems.setdefault(name.rpartition(".")[0] if place else name, image)
            elif mine[source]:
                stems.setdefault(sources["file"][source].removeprefix(prefix)[: -len(".xml")], image)
        return known_stems(stems)

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
