"""Reading a VOC dataset: from gathered columns to the tables, with the base, images, splits and classes worked out."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError, UsageError
from annotool.findings import Fix, Severity
from annotool.formats.base import ReadOptions, load, objects, relative, unified
from annotool.formats.voc import corners, lists
from annotool.formats.voc.contradictions import file_contradictions
from annotool.formats.voc.gather import Gathered, gather
from annotool.formats.voc.layout import SPLIT_FOLDERS, Layout
from annotool.formats.voc.pictures import Pictures, find
from annotool.schema import Kind, SizeFrom, make
from annotool.table import Array, Table

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the VOC dataset at a claimed path. Raises NoDatasetError where no xml file is."""
    layout = Layout.of(path)
    if not layout.files:
        raise NoDatasetError(f"{path}: no xml files")
    return Reader(path, layout, options).run()


@dataclass
class Reader:
    """The reading of one dataset."""

    path: Path
    layout: Layout
    options: ReadOptions
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Dataset:
        layout, options = self.layout, self.options
        gathered = gather(self.path, layout.labels, layout.files, options)
        rows = gathered.rows.columns()
        categories, category = self.categories(gathered, rows["name"])
        pictures = find(layout, gathered.stems, [head.file_name for head in gathered.heads], options)
        images, originals = self.images(gathered, pictures)
        splits, images = self.splits(gathered, images, pictures)
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
            "categories", len(key_of) if len(key_of) == len(names + free) else len(names + free),
            label=unified(names + free), name=objects(names + free),
            source=np.array([taken[1] if taken else -1] * len(names) + absent),
            line=np.array([each.line for each in declared] + [0] * len(free)),
            start=np.array([each.start for each in declared] + absent),
            end=np.array([each.end for each in declared] + absent),
            index=np.array([*range(len(names)), *absent]),
        )  # fmt: skip
        return table, keys[codes]

    # Images.

    def images(self, gathered: Gathered, pictures: Pictures) -> tuple[Table, Table]:
        """Return the table `images`, those with an xml first, and `originals`."""
        heads, stems = gathered.heads, gathered.stems
        restored = self.restored(gathered)
        several = len({stem.rpartition("/")[0] for stem in stems}) > 1
        names, odd = [], [*gathered.oddities]
        for key, (stem, head, path, below) in enumerate(
            zip(stems, heads, pictures.paths, pictures.names, strict=True)
        ):
            folder = (below if path else stem if several else "").rpartition("/")[0]
            written = head.file_name or (path.rpartition("/")[2] if path else stem.rpartition("/")[2])
            name = f"{folder}/{written}" if folder and "/" not in written and "\\" not in written else written
            if stem in restored:
                odd.append((key, "file_name", written))
                name = restored[stem]
            names.append(name)
        n, alone = len(stems), list(pictures.alone)
        sizes = np.array(
            [(head.width, head.height) for head in heads] + [(np.nan, np.nan)] * len(alone)
        ).reshape(-1, 2)
        lengths = np.array(
            [len(part) for part in gathered.sources.parts[:n]] + [-1] * len(alone), dtype=np.int64
        )
        has = np.arange(n + len(alone)) < n
        images = make(
            "images", n + len(alone), source=np.where(has, np.arange(n + len(alone)), -1),
            file_name=objects(names + alone), path=objects([*pictures.paths, *pictures.alone.values()]),
            width=sizes[:, 0], height=sizes[:, 1],
            size_from=np.where(np.isnan(sizes).all(axis=1), SizeFrom.UNKNOWN, SizeFrom.DECLARED),
            extra=np.array([head.extra for head in heads] + [False] * len(alone)),
            start=np.where(has, 0, -1), end=lengths, line=has.astype(np.int32),
        )  # fmt: skip
        rows, columns, raws = zip(*odd, strict=True) if odd else ((), (), ())
        originals = make(
            "originals", len(odd), table=objects(["images"] * len(odd)), row=np.array(rows, dtype=np.int64),
            column=objects(columns), raw=objects(raws),
        )  # fmt: skip
        return images, originals

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

    # Splits.

    def splits(self, gathered: Gathered, images: Table, pictures: Pictures) -> tuple[Table, Table]:
        """Return the table `splits`, and `images` with a row added for each listed name that has no file at all."""
        if self.options.split:
            split = objects([self.options.split] * len(images))
            return make("splits", len(images), image=images["image"], split=split), images
        alone = [name.rpartition(".")[0] for name in pictures.alone]
        known = {stem: key for key, stem in reversed(list(enumerate(gathered.stems + alone)))}
        near: dict[str, int] = {}
        for stem, key in reversed(list(known.items())):
            near[stem.rpartition("/")[2]] = key
        known = near | known
        found = []
        for path in self.layout.lists:
            taken = self.text_file(gathered, path, "split")
            if taken is not None:
                found.append((lists.read_list(path.stem, taken[0], known), taken[1]))
        found = [each for each in found if not each[0].of_class]
        if not found:
            return self.split_folders(gathered.stems + alone), images
        phantoms = [each.stem for split, _ in found for each in split.entries if each.stem not in known]
        phantoms = list(dict.fromkeys(phantoms))
        known |= {stem: len(images) + at for at, stem in enumerate(phantoms)}
        if phantoms:
            images = Table.concat([images, make("images", len(phantoms), file_name=objects(phantoms))])
            images = images.with_columns(image=np.arange(len(images)))
        return self.listed(gathered, found, known), images

    def listed(
        self, gathered: Gathered, found: list[tuple[lists.SplitList, int]], known: dict[str, int]
    ) -> Table:
        members: dict[str, frozenset[int]] = {}
        rows: list[tuple[int, str, int, int]] = []
        for split, source in found:
            seen: dict[int, int] = {}
            for entry in split.entries:
                first = seen.setdefault(known[entry.stem], entry.line)
                if first != entry.line:
                    gathered.problems.add(
                        "SCH002", "{stem} is listed twice, first on line {first}", source=source, line=entry.line,
                        image=known[entry.stem], severity=Severity.WARNING, fix=Fix.SAFE, start=entry.start,
                        end=entry.end, new="", stem=entry.stem, first=first,
                    )  # fmt: skip
            members[split.name] = frozenset(seen)
            rows += [(image, split.name, source, line) for image, line in seen.items()]
        whole = lists.unions(members)
        for name in whole:
            parts = [key for key, own in members.items() if own and own < members[name]]
            self.notes.append(f"the list {name} holds {' and '.join(parts)}: it is no split of its own")
        rows = [row for row in rows if row[1] not in whole]
        named = frozenset().union(*members.values())
        unlisted = len(gathered.stems) - sum(key < len(gathered.stems) for key in named)
        if unlisted:
            self.notes.append(
                f"{unlisted:,} xml files are in no list of ImageSets; they are read, and in no split"
            )
        image, split_name, sources, line = zip(*rows, strict=True) if rows else ((), (), (), ())
        return make(
            "splits", len(rows), image=np.array(image, dtype=np.int64), split=objects(split_name),
            source=np.array(sources, dtype=np.int32), line=np.array(line, dtype=np.int32),
        )  # fmt: skip

    def split_folders(self, stems: list[str]) -> Table:
        """Return splits by the folder, where the files lie in train, val and test."""
        first = [stem.partition("/")[0] if "/" in stem else "" for stem in stems]
        rows = [key for key, folder in enumerate(first) if folder.lower() in SPLIT_FOLDERS]
        return make(
            "splits",
            len(rows),
            image=np.array(rows, dtype=np.int64),
            split=objects([first[key] for key in rows]),
        )

    # Annotations.

    def annotations(
        self, gathered: Gathered, rows: dict[str, Array], images: Table, category: Array
    ) -> Table:
        image = rows["source"].astype(
            np.int64
        )  # the xml files are the first sources, in the order of the images
        written = np.stack([rows[name] for name in ("xmin", "ymin", "xmax", "ymax")], axis=1)
        marked = bool(gathered.heads) and all(head.marked for head in gathered.heads)
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
