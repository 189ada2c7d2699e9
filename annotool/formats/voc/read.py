"""Reading a VOC dataset: from gathered columns to the tables, with the base, images, splits and classes worked out."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError, UsageError
from annotool.formats.base import ReadOptions, load, objects, relative, unified
from annotool.formats.voc import class_lists, corners, lists
from annotool.formats.voc.contradictions import file_contradictions
from annotool.formats.voc.gather import Gathered, gather
from annotool.formats.voc.image_rows import image_tables, with_phantoms
from annotool.formats.voc.layout import Layout
from annotool.formats.voc.pictures import find
from annotool.formats.voc.split_rows import Listed, by_folder, by_list, known_stems, phantoms
from annotool.schema import Kind, make
from annotool.table import Array, Table

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the VOC dataset at a claimed path. Raises NoDatasetError where there is neither xml nor a list of a class."""
    layout = Layout.of(path, options.overlay)
    if not layout.files:
        if (labelled := class_lists.read(path, options)) is not None:
            return labelled
        raise NoDatasetError(f"{path}: no xml files")
    return Reader(path, layout, options).run()


class Reader(msgspec.Struct):
    """The reading of one dataset."""

    path: Path
    layout: Layout
    options: ReadOptions
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)

    def run(self) -> Dataset:
        layout, options = self.layout, self.options
        gathered = gather(self.path, layout.labels, layout.files, options)
        rows = gathered.rows.columns()
        categories, category = self.categories(gathered, rows["name"])
        pictures = find(layout, gathered.stems, [head.file_name for head in gathered.heads], options)
        images, originals = image_tables(gathered, pictures, self.restored(gathered))
        splits, images = self.splits(gathered, images, list(pictures.alone))
        annotations = self.annotations(gathered, rows, images, category)
        for filed in gathered.problems.rows.values():
            for row in filed:
                if row["annotation"] >= 0:
                    row["category"] = int(category[row["annotation"]])
        if pictures.root is not None:
            self.facts["image_root"] = str(pictures.root)
        if pictures.said:
            self.notes.append(pictures.said)
        return Dataset(
            tables={"images": images, "annotations": annotations, "categories": categories, "splits": splits,
                    "sources": gathered.sources.table(), "originals": originals},
            paths=(self.path,),
            buffers=(b"".join(gathered.sources.parts),),
            problems=gathered.problems.findings(),
            facts=self.facts,
            notes=tuple(self.notes),
            images_checked="none" if options.images == "none" else "decode" if options.decode else "header",
        )  # fmt: skip

    # Text files beside the xml.

    def text_file(self, gathered: Gathered, path: Path, role: str) -> tuple[bytes, int] | None:
        """Take a text file in: its bytes and row key; None where it cannot be read, which is filed."""
        if not path.is_relative_to(self.path):
            path = path.absolute()  # so that joined to any folder it stays itself
        try:
            data = load(path, self.options)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            source = gathered.sources.add(relative(path, self.path), b"", role)
            gathered.problems.add("SCH001", "the file cannot be read: {why}", source=source, line=1, why=why)
            return None
        if data is None:
            return None
        source = gathered.sources.add(relative(path, self.path), data, role)
        try:
            data.decode()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = "the file is not UTF-8 (byte {byte} of it)"
            gathered.problems.add("SCH001", message, source=source, line=line, byte=error.start)
        return data, source

    def categories(self, gathered: Gathered, codes: Array) -> tuple[Table, Array]:
        """Return the table `categories` and the category key of each annotation: declared names in their order, then
        undeclared ones sorted; -1 for objects without a name."""
        decoded = {
            name.decode("utf-8", "replace"): code for name, code in gathered.rows.names.items() if name
        }
        path = self.options.classes or self.layout.class_list
        taken = self.text_file(gathered, path, "classes") if path else None
        if self.options.classes and taken is None:
            raise UsageError(f"--classes {path}: no such file, or it cannot be read")
        declared = lists.read_classes(path.name, taken[0], decoded) if path and taken else []
        self.facts["declared_categories"] = bool(declared)
        names = [each.stem for each in declared]
        free = sorted(decoded.keys() - set(names))
        key_of = {name: key for key, name in reversed(list(enumerate(names + free)))}
        keys = np.full(len(gathered.rows.names) + 1, -1, dtype=np.int64)
        for name, code in decoded.items():
            keys[code] = key_of[name]
        absent = [-1] * len(free)
        table = make(
            "categories", len(names + free),
            label=unified(names + free), name=objects(names + free),
            source=np.array([taken[1] if taken else -1] * len(names) + absent),
            line=np.array([each.line for each in declared] + [0] * len(free)),
            start=np.array([each.start for each in declared] + absent),
            end=np.array([each.end for each in declared] + absent),
            index=np.array([*range(len(names)), *absent]),
        )  # fmt: skip
        return table, keys[codes]

    def restored(self, gathered: Gathered) -> dict[str, str]:
        """Return the image names that the side file gives back, by stem."""
        taken = self.text_file(gathered, self.layout.names, "config") if self.layout.names else None
        if taken is None:
            return {}
        try:
            return lists.read_names(taken[0])
        except csv.Error as error:
            gathered.problems.add("SCH001", "{why}", source=taken[1], line=1, why=str(error))
            return {}

    def splits(self, gathered: Gathered, images: Table, alone: Sequence[str]) -> tuple[Table, Table]:
        """Return the table `splits`, and `images` with a row added for each listed name that has no file at all."""
        if self.options.split:
            split = objects([self.options.split] * len(images))
            return make("splits", len(images), image=images["image"], split=split), images
        stems = gathered.stems + [name.rpartition(".")[0] for name in alone]
        known = known_stems({stem: key for key, stem in reversed(list(enumerate(stems)))})
        found = []
        for path in self.layout.lists:
            taken = self.text_file(gathered, path, "split")
            if taken is not None:
                found.append(Listed(lists.read_list(path.stem, taken[0], known), taken[1]))
        found = [each for each in found if not each.entries.of_class]
        if not found:
            return by_folder(stems), images
        named = phantoms(found, known)
        known |= {stem: len(images) + at for at, stem in enumerate(named)}
        splits, notes = by_list(found, known, len(gathered.stems), gathered.problems)
        self.notes += notes
        return splits, with_phantoms(images, named)

    # Annotations.

    def annotations(
        self, gathered: Gathered, rows: dict[str, Array], images: Table, category: Array
    ) -> Table:
        image = rows["source"].astype(np.int64)  # the xml files are the first sources, in the images' order
        written = np.stack([rows[name] for name in ("xmin", "ymin", "xmax", "ymax")], axis=1)
        marked = sum(head.marked for head in gathered.heads) > len(gathered.heads) / 2
        evidence = corners.infer(
            written, images["width"][image], images["height"][image], self.options.voc_base, marked
        )
        self.facts["voc_base"] = evidence.facts()
        self.notes.append(evidence.said())
        x, y, w, h = corners.to_xywh(written, evidence.base).T
        kind = np.full(len(image), Kind.BOX, dtype=np.int8)
        kind[np.array(gathered.unread, dtype=np.int64)] = Kind.NONE
        span = {name: rows[name] for name in ("start", "end", "line", "index", "source")}
        annotations = make(
            "annotations", len(image), image=image, category=category, kind=kind, x=x, y=y, w=w, h=h,
            difficult=rows["difficult"], truncated=rows["truncated"], occluded=rows["occluded"],
            extra=rows["beyond"], **span,
        )  # fmt: skip
        file_contradictions(evidence, written, annotations, gathered.sources.parts, gathered.problems)
        return annotations
