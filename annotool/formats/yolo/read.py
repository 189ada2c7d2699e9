"""Reading a YOLO dataset: the plan, the pairs, the lines, and the tables made of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError, UsageError
from annotool.findings import Fix, Severity
from annotool.formats.base import ReadOptions, objects, relative
from annotool.formats.images import SUFFIXES
from annotool.formats.listing import Listing
from annotool.formats.yolo import classes
from annotool.formats.yolo.config import TASKS
from annotool.formats.yolo.decode import DECODER
from annotool.formats.yolo.files import Held, read_files
from annotool.formats.yolo.gathering import Gathering
from annotool.formats.yolo.layout import Found, survey, survey_file
from annotool.formats.yolo.lines import Lines, read_lines
from annotool.formats.yolo.lists import pair_lists, read_sets
from annotool.formats.yolo.pairs import Pairing, pair_folders
from annotool.formats.yolo.places import parts_of, without_part
from annotool.formats.yolo.plan import Plan, make_plan
from annotool.formats.yolo.rows import Placed, annotation_columns, file_faults, kinds_of
from annotool.formats.yolo.sizes import NAMES_FILE, Side, Sizes, image_sizes, read_side
from annotool.formats.yolo.task import NAMES, infer
from annotool.schema import Kind, make
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["read"]

LAYOUTS = {
    "ultralytics": "Ultralytics (data.yaml)",
    "darknet": "Darknet or CVAT (obj.data, images listed in text files)",
    "label studio": "Label Studio (notes.json)",
    "folders": "label files without a configuration",
}
WRONG = {  # message, and whether the file's records are kept
    "bom": ("the file begins with a byte order mark", True),
    "encoding": ("the file is not UTF-8: byte {why}", True),
    "utf-16": ("UTF-16 text, expected UTF-8", False),
    "binary": ("no text: the file holds zero bytes", False),
    "pointer": ("a git-lfs pointer in place of the labels; run: git lfs pull", False),
    "unread": ("cannot be read: {why}", False),
}


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the dataset at a claimed path. Raises NoDatasetError where there is none, UsageError for bad options."""
    if options.task is not None and options.task not in TASKS:
        raise UsageError(f"--task {options.task!r}: expected one of {', '.join(TASKS)}")
    if options.images is not None and options.images != "none" and not Path(options.images).is_dir():
        raise UsageError(
            f"--images {options.images}: no such folder; give the folder that holds the images, or `none`"
        )
    gathering = Gathering(options)
    plan = make_plan(only(path), gathering)
    if plan.root.is_absolute() and not path.is_absolute():
        return read(path.absolute(), options)  # images elsewhere: one way to spell all paths
    pairing = Pairing(plan, gathering)
    pair_lists(pairing)
    pair_folders(pairing)
    read_sets(pairing)
    reached = [os.path.normpath(Path(each).absolute()) + os.sep for each in pairing.labels.folders]
    gathering.notes += [
        note
        for folder, note in plan.unnamed.items()
        if not any(each.startswith(os.path.normpath(Path(folder).absolute()) + os.sep) for each in reached)
    ]
    return Reader(plan, gathering, pairing).dataset()


def only(path: Path) -> Found:
    found = survey_file(path) if path.is_file() else survey(Listing(path))
    if isinstance(found, str):
        raise NoDatasetError(f"{path}: no YOLO dataset ({found})")
    return found if isinstance(found, Found) else found[0]


class Reader(msgspec.Struct):
    """Makes the tables."""

    plan: Plan
    gathering: Gathering
    pairing: Pairing

    def dataset(self) -> Dataset:
        gathering, options = self.gathering, self.gathering.options
        side = self.side()
        held = read_files(self.pairing.labels.folders, options)
        lists = classes.choose(gathering, self.plan.lists)
        names = {name: index for index, name in lists[0].texts.items()} if lists else {}
        lines = read_lines(held.buffer, held.start, names)
        task = infer(lines, held.buffer, options.task, self.plan.task, self.plan.kpt_shape)
        gathering.facts["task"] = task.fact(lines)
        gathering.notes.append(f"Task: {task.name} ({NAMES[task.name]}), from {task.evidence}.")
        kind, wrong = kinds_of(lines, task)
        placed = self.placed(lines, held, kind)
        columns = annotation_columns(lines, kind, placed)
        categories, category = classes.categories(lists, columns["category_id"])
        self.file_wrong(held)
        file_faults(gathering.problems, lines, placed, wrong, task, category)
        images, sizes = self.images(side)
        columns = with_pixels(columns, sizes)
        self.tell()
        return Dataset(
            tables={
                "images": images,
                "annotations": make("annotations", len(category), category=category, **columns),
                "categories": categories,
                "splits": self.splits(),
                "sources": self.sources(held, np.bincount(lines.file, minlength=len(held.start))),
            },
            paths=(self.plan.root,),
            buffers=(held.buffer, *(each.held for each in gathering.files), *held.apart.values()),
            problems=gathering.problems.findings(),
            facts=gathering.facts,
            notes=tuple(gathering.notes),
            decoders={"yolo": DECODER},
            images_checked="none" if options.images == "none" else "decode" if options.decode else "header",
            probed=sizes.probed,
        )

    @property
    def first(self) -> int:
        """The row in `sources` of the first label file."""
        return len(self.gathering.files)

    def side(self) -> dict[str, Side]:
        taken = self.gathering.take(self.plan.root / NAMES_FILE, "config")
        return read_side(taken.held) if taken else {}

    def placed(self, lines: Lines, held: Held, kind: Array) -> Placed:
        keep = kind != Kind.NONE
        return Placed(
            start=held.start[lines.file],
            source=(lines.file + self.first).astype(np.int32),
            image=np.array(self.pairing.labels.row, dtype=np.int64)[lines.file],
            row=np.where(keep, np.cumsum(keep) - 1, -1),
        )

    def file_wrong(self, held: Held) -> None:
        """File what is wrong with label files as a whole."""
        for at, (kind, why, byte) in sorted(held.wrong.items()):
            message, kept = WRONG[kind]
            values: dict[str, Any] = {"why": why} if why else {}
            place: dict[str, Any] = {"kept": kept}
            if kind == "bom":
                values, severity = {"new": ""}, Severity.WARNING
                place |= {"start": 0, "end": 3, "line": 1, "fix": Fix.SAFE, "severity": severity}
            elif kind == "encoding":
                first = int(held.start[at])
                place |= {"start": byte, "end": byte + 1}
                place["line"] = 1 + held.buffer.count(b"\n", first, first + byte)
            place |= {"source": self.first + at, "image": self.pairing.labels.row[at]}
            self.gathering.problems.add("SCH001", message, **place, **values)

    def images(self, side: dict[str, Side]) -> tuple[Table, Sizes]:
        rows = self.pairing.rows
        stems, names = [self.stem(row) for row in range(len(rows.path))], rows.name
        if side:
            told = [side[stem].file_name if stem in side else "" for stem in stems]
            names = [other or name for other, name in zip(told, names, strict=True)]
        paths = [absolute(path) for path in rows.path]
        sizes = image_sizes(paths, names, stems, side, self.gathering.options)
        label = np.array(rows.label, dtype=np.int64)
        source = np.where(label >= 0, label + self.first, -1)
        columns = {"width": sizes.width, "height": sizes.height, "size_from": sizes.size_from}
        lacking = [row for row in rows.listed if not paths[row]]
        if lacking:  # there the list speaks of an image that is not there
            place = np.full((len(names), 3), (-1, -1, 0), dtype=np.int64)
            source[lacking] = [rows.listed[row][0] for row in lacking]
            place[lacking] = [
                (start, end, line) for _, line, start, end in map(rows.listed.__getitem__, lacking)
            ]
            columns |= {"start": place[:, 0], "end": place[:, 1], "line": place[:, 2]}
        columns |= {"source": source, "file_name": objects(names), "path": objects(paths)}
        return make("images", len(names), **columns), sizes

    def stem(self, row: int) -> str:
        """What an image and its label have in common: the path below images/ or labels/, without suffix."""
        rows = self.pairing.rows
        if rows.path[row]:
            return self.pairing.stem(rows.path[row])
        if row not in rows.listed:
            return rows.name[row]
        stem, suffix = os.path.splitext("/".join(parts_of(rows.name[row])))
        return without_part(stem if suffix.lower() in SUFFIXES else stem + suffix, "images")

    def splits(self) -> Table:
        given = self.gathering.options.split
        every = range(len(self.pairing.rows.path))
        parts = [(every, given, -1, 0)] if given else self.pairing.splits
        counts = [len(each) for each, *_ in parts]
        return make(
            "splits",
            sum(counts),
            image=np.array([row for each, *_ in parts for row in each], dtype=np.int64),
            split=np.repeat(objects([split for _, split, *_ in parts]), counts),
            source=np.repeat(np.array([source for *_, source, _ in parts], dtype=np.int32), counts),
            line=np.repeat(np.array([line for *_, line in parts], dtype=np.int32), counts),
        )

    def sources(self, held: Held, records: Array) -> Table:
        root, small = self.plan.root, self.gathering.files
        labels: list[str] = []
        for folder, names in self.pairing.labels.folders.items():
            prefix = "" if Path(folder) == root else f"{relative(Path(folder), root)}/"
            labels += [prefix + name for name in names]
        ones, zeros = np.arange(len(small)) + 1, np.zeros(len(small), dtype=np.int64)
        buffer = np.concatenate([ones, np.zeros(len(labels), dtype=np.int64)])
        start = np.concatenate([zeros, held.start])
        end = np.concatenate([np.array([len(each.held) for each in small], dtype=np.int64), held.end])
        records = np.concatenate([zeros, records])
        for at, (number, text) in enumerate(held.apart.items()):
            row = len(small) + number
            buffer[row], start[row], end[row] = len(small) + 1 + at, 0, len(text)
        records[[len(small) + at for at, wrong in held.wrong.items() if not WRONG[wrong.kind][1]]] = 1
        files = [relative(each.path, root) for each in small] + labels
        return make(
            "sources",
            len(files),
            file=objects(files),
            format=np.broadcast_to(objects(["yolo"]), (len(files),)),
            role=objects([each.role for each in small] + ["labels"] * len(labels)),
            buffer=buffer,
            start=start,
            end=end,
            records=records,
        )

    def tell(self) -> None:
        """Say which layout it is and how many images were found."""
        gathering, rows = self.gathering, self.pairing.rows
        gathering.facts |= {"layout": self.plan.layout, "image_root": str(self.plan.base)}
        gathering.notes.insert(0, f"Layout: {LAYOUTS[self.plan.layout]}.")
        if gathering.options.images != "none":
            found = sum(map(bool, rows.path))
            gathering.notes.append(f"{found:,} of {len(rows.path):,} images found.")
        if shared := self.pairing.shared:
            said = f"{plural(shared, 'image shares', 'images share')} the label file of another of the same stem, which keeps its rows."
            gathering.notes.append(said)


def absolute(path: str) -> str:
    return os.path.normpath(Path(path).absolute()) if path and not path.startswith(os.sep) else path


def with_pixels(columns: dict[str, Array], sizes: Sizes) -> dict[str, Array]:
    """The columns with x y w h in pixels, where sizes are known."""
    if not np.isfinite(sizes.width).any():
        return columns
    width, height = sizes.width[columns["image"]], sizes.height[columns["image"]]
    pixels = {"x": columns["xn"] * width, "y": columns["yn"] * height}
    return columns | pixels | {"w": columns["wn"] * width, "h": columns["hn"] * height}
