"""Writing COCO from the tables of any dataset: annotations/instances_SPLIT.json, images below images/.

A record that comes from COCO keeps its own text, key by key: order, unknown keys, the spelling of numbers. Only what has
to differ is replaced, and what loaders need is added. Any other record is built from the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Written, left_out
from annotool.formats.coco.elements import utf8
from annotool.formats.coco.file_names import file_names
from annotool.formats.coco.jsontext import Broken, loaded, skip
from annotool.formats.coco.shapes import Shapes, shapes
from annotool.progress import track
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["file_stem", "write"]

FLAGS = ("difficult", "truncated", "occluded")
RECORD = msgspec.json.Decoder(dict[str, msgspec.Raw])
HEAD = 1 << 20  # bytes in which `info` and `licenses` are looked for

Record = dict[str, Any]


def write(data: Dataset, out: Path) -> Written:
    """Write a dataset into the empty folder `out`."""
    (out / "annotations").mkdir(parents=True)
    rows, skipped = writable(data)
    drawn = shapes(data, rows)
    broken = np.isin(rows, np.fromiter(drawn.broken, np.int64, len(drawn.broken)))
    skipped += [(row, "its polygon holds what is no finite number") for row in rows[broken].tolist()]
    writer = Writer(data, rows[~broken], drawn)
    files, images, annotations = [], 0, 0
    for split, members in splits_of(data):
        name = f"annotations/instances_{split}.json" if split else "annotations/instances.json"
        with (out / name).open("wb") as file:
            for text in writer.file(members):
                file.write(text)
        files.append(name)
        images += len(members)
        annotations += writer.count
    return Written(
        tuple(files), images, annotations, tuple(left_out(data, *each) for each in sorted(skipped))
    )


def splits_of(data: Dataset) -> list[tuple[str, Array]]:
    """Return the files to write: each split as a file name can spell it, and its images as positions. Images of no
    split come under an empty name."""
    splits = data.table("splits")
    rows = data.image_rows(splits["image"])
    found: dict[str, Array] = {}
    for name in data.split_names:
        stem = file_stem(name)
        while stem in found:
            stem += "_"
        found[stem] = np.unique(rows[(splits["split"] == name) & (rows >= 0)])
    rest = np.setdiff1d(np.arange(len(data.table("images"))), rows)
    return [*found.items(), *([("", rest)] if len(rest) or not found else [])]


def file_stem(split: str) -> str:
    """Return what a file's name can hold of a split's."""
    return re.sub(r"[^\w.+-]+", "_", split)[:100] or "split"


@dataclass
class Writer:
    """Makes the text of label files. rows: the annotations that can be written, as positions."""

    data: Dataset
    rows: Array
    shapes: Shapes
    count: int = 0  # annotations in the last file
    names: list[str] = field(init=False)
    coco: Array = field(init=False)  # whether each source is COCO; the last entry, for -1, is not
    held: list[memoryview] = field(init=False)
    label_ids: Array = field(init=False)  # by label number; the last entry, for -1, is 0

    def __post_init__(self) -> None:
        data = self.data
        sources = data.table("sources")
        self.names = file_names(data)
        self.coco = np.append(sources["format"] == "coco", False)
        self.held = [data.source_bytes(source) for source in range(len(sources))]
        _, first = np.unique(data.table("categories")["label"], return_index=True)
        self.label_ids = np.append(self.ids("categories", first, least=0), 0)

    def file(self, images: Array) -> Iterator[bytes]:
        """Yield the text of one file with these images."""
        table = self.data.table("images")
        number = np.zeros(len(table) + 1, dtype=np.int64)
        number[images] = self.ids("images", images, least=0)
        mine = np.zeros(len(table) + 1, dtype=bool)
        mine[images] = True
        owner = self.data.image_rows(self.data.table("annotations")["image"][self.rows])
        rows, owner = self.rows[mine[owner]], owner[mine[owner]]
        self.count = len(rows)
        yield b"{" + self.head()
        yield b'"images": [\n'
        yield from joined(self.images(images, number[images]))
        yield b'\n],\n"annotations": [\n'
        yield from joined(self.annotations(rows, number[owner]))
        yield b'\n],\n"categories": [\n'
        yield from joined(self.categories())
        yield b"\n]}\n"

    def ids(self, table: str, rows: Array, least: int) -> Array:
        """Return the ids of the source where it is COCO and they can stand in one file: none absent, none twice, none
        below `least`; else 1, 2, 3 ..."""
        columns = self.data.table(table)
        own = columns["id"][rows]
        good = (
            self.coco[columns["source"][rows]].all()
            and (own >= least).all()
            and len(np.unique(own)) == len(own)
        )
        return own if good else np.arange(1, len(rows) + 1)

    def texts(self, table: str, rows: Array) -> Iterator[Record]:
        """Yield records as COCO has them, their values raw; empty where one comes from elsewhere, or is no JSON."""
        columns = self.data.table(table)
        own = self.coco[columns["source"][rows]] & (columns["start"][rows] >= 0)
        spans = (columns[name][rows].tolist() for name in ("source", "start", "end"))
        for mine, source, start, end in zip(own.tolist(), *spans, strict=True):
            text = bytes(self.held[source][start:end]) if mine else b"{}"
            try:
                yield RECORD.decode(text) if utf8(text) else {}
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                yield {}

    def head(self) -> bytes:
        """Return info and licences of the first COCO file that has them."""
        found = {b"info": b'{"contributor": "annotool"}', b"licenses": b"[]"}
        first = next(iter(np.flatnonzero(self.coco[:-1]).tolist()), None)
        text = bytes(self.held[first][:HEAD]) if first is not None else b""
        for key in found:
            place = re.search(rb'"%b"\s*+:\s*+' % key, text)
            try:
                value = text[place.end() : skip(text, place.end())] if place else b""
                msgspec.json.decode(value)
                found[key] = value
            except (Broken, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return b"".join(b'"%b": %b,\n' % each for each in found.items())

    def images(self, rows: Array, numbers: Array) -> Iterator[bytes]:
        table = self.data.table("images")
        sizes = (table[side][rows].tolist() for side in ("width", "height"))
        every = zip(rows.tolist(), numbers.tolist(), *sizes, self.texts("images", rows), strict=True)
        for row, number, width, height, record in every:
            put(record, "id", number)
            put(record, "file_name", self.names[row])
            for side, pixels in (("width", width), ("height", height)):
                if isfinite(pixels):
                    put(record, side, shortest(pixels))
            yield msgspec.json.encode(record)

    def categories(self) -> Iterator[bytes]:
        """Yield one record a name, in the order of their first declaration."""
        table = self.data.table("categories")
        _, first = np.unique(table["label"], return_index=True)
        for label, (row, record) in enumerate(
            zip(first.tolist(), self.texts("categories", first), strict=True)
        ):
            put(record, "id", int(self.label_ids[label]))
            put(record, "name", encodable(table["name"][row]))
            if table["supercategory"][row]:
                put(record, "supercategory", encodable(table["supercategory"][row]))
            yield msgspec.json.encode(record)

    def annotations(self, rows: Array, images: Array) -> Iterator[bytes]:
        table = self.data.table("annotations")
        labels = self.data.annotation_labels[rows]
        columns: list[Any] = [
            rows.tolist(),
            self.ids("annotations", rows, least=1).tolist(),
            images.tolist(),
            self.label_ids[labels].tolist(),
            np.maximum(table["iscrowd"][rows], 0).tolist(),
            np.stack([table[name][rows] for name in "xywh"], axis=1).tolist(),
            table["area"][rows].tolist(),
            (table["kind"][rows] > Kind.IMAGE).tolist(),
        ]
        every = zip(*columns, self.texts("annotations", rows), strict=True)
        for row, number, image, category, crowd, box, area, drawn, record in track(
            every, "Writing COCO", len(rows)
        ):
            built = not record
            put(record, "id", number)
            put(record, "image_id", image)
            put(record, "category_id", category)
            put(record, "iscrowd", crowd)
            if drawn:
                put(record, "bbox", [shortest(each) for each in box])
                put(record, "area", shortest(area if isfinite(area) else self.shapes.area[row]))
                self.draw(record, row)
            if built:
                self.describe(record, row)
            yield msgspec.json.encode(record)

    def draw(self, record: Record, row: int) -> None:
        """Put rings and keypoints into a record that has no text for them, or none that can stand."""
        if row in self.shapes.rings:
            record["segmentation"] = self.shapes.rings[row]
        if row in self.shapes.keypoints:
            points = self.shapes.keypoints[row]
            record["keypoints"] = [shortest(each) for each in points.ravel().tolist()]
            record["num_keypoints"] = int((points[:, 2] > 0).sum())

    def describe(self, record: Record, row: int) -> None:
        """Put into a record that is built what else the columns know of it."""
        table = self.data.table("annotations")
        record.setdefault("segmentation", [])
        if not np.isnan(table["score"][row]):
            record["score"] = float(table["score"][row])
        flags = {name: bool(table[name][row]) for name in FLAGS if table[name][row] >= 0}
        if flags:
            record["attributes"] = flags


def put(record: Record, key: str, value: Any) -> None:
    """Put a value into a record, unless its text says the same: 10.0 stays 10.0."""
    raw = record.get(key)
    if isinstance(raw, msgspec.Raw) and raw and not isinstance(value, bool):
        old = loaded(bytes(raw))
        if type(old) in (int, float, str, list) and old == value:
            return
    record[key] = value


def shortest(number: float) -> float:
    """Return an int where a number is whole, so that 10.0 is written as 10."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


def joined(records: Iterable[bytes]) -> Iterator[bytes]:
    """Yield records, one a line, in blocks."""
    block: list[bytes] = []
    between = b""
    for record in records:
        block.append(record)
        if len(block) == 4096:
            yield between + b",\n".join(block)
            between, block = b",\n", []
    if block:
        yield between + b",\n".join(block)


def writable(data: Dataset) -> tuple[Array, list[tuple[int, str]]]:
    """Return the annotations that can be written, and the others with the reason."""
    table = data.table("annotations")
    box = np.isfinite(np.stack([table[name] for name in "xywh"])).all(axis=0)
    sizeless = np.isnan(data.image_values("width")) & np.isfinite(table["xn"])
    reasons = {
        "its image is not known": data.image_rows(table["image"]) < 0,
        "its category is not known": table["category"] < 0,
        "its geometry could not be read": table["kind"] == Kind.NONE,
        "the size of its image is not known": ~box & sizeless,
        "its box is not finite": ~box & (table["kind"] != Kind.IMAGE),
    }
    left = np.ones(len(table), dtype=bool)
    skipped: list[tuple[int, str]] = []
    for why, rows in reasons.items():
        skipped += [(row, why) for row in np.flatnonzero(rows & left).tolist()]
        left &= ~rows
    return np.flatnonzero(left), skipped
