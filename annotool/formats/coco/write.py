"""Writing COCO from the tables of any dataset: annotations/instances_SPLIT.json, images below images/."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Written
from annotool.formats.coco.jsontext import Broken, members, skip
from annotool.formats.coco.layout import UNSPLIT
from annotool.formats.coco.patch import number
from annotool.formats.coco.shapes import shapes
from annotool.progress import track
from annotool.schema import NO_ID, Kind
from annotool.table import Array, Table

__all__ = ["file_names", "write"]

OWN = {
    "images": {"id", "file_name", "width", "height"},
    "annotations": {"id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation", "keypoints", "num_keypoints",
                    "score", "attributes"},
    "categories": {"id", "name", "supercategory"},
}  # fmt: skip
FLAGS = ("difficult", "truncated", "occluded")
UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
LONGEST = 200  # bytes of a name's part; file systems hold 255


def write(data: Dataset, out: Path) -> Written:
    """Write a dataset into the empty folder `out`."""
    return Writer(data, out).run()


def file_names(data: Dataset) -> list[str]:
    """Return each image's path below images/: its file name, made safe; of two different images with one name the
    second gets its split, or a number. Names differ in more than case."""
    images = data.table("images")
    columns = (images[name].tolist() for name in ("file_name", "path", "source"))
    splits = data.image_splits.tolist()
    taken: dict[str, tuple[str, int]] = {}
    found = []
    for (name, path, source), split in zip(zip(*columns, strict=True), splits, strict=True):
        wanted = safe_name(name, path)
        stem, suffix = os.path.splitext(wanted)
        tries = iter([wanted, f"{safe_part(split.replace('/', '_'))}/{wanted}" if split else wanted])
        place, file = next(tries), (path, -1 if path else source)
        number_tried = 1
        while taken.setdefault(place.casefold(), file) != file:
            number_tried += 1
            place = next(tries, f"{stem}-{number_tried}{suffix}")
        found.append(place)
    return found


def safe_name(name: str, path: str) -> str:
    """Return a file name with its folders, with nothing that leads out of a folder."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if name.startswith(("/", "\\")) or any(part == ".." or part[1:] == ":" for part in parts):
        parts = [part for part in parts if part != ".."][-1:]
    return "/".join(map(safe_part, parts or [os.path.basename(path) or "image"]))


def safe_part(part: str) -> str:
    clean = UNSAFE.sub("_", part)
    if len(clean.encode()) <= LONGEST:
        return clean
    stem, suffix = os.path.splitext(clean)
    return stem.encode()[: LONGEST - len(suffix.encode())].decode("utf-8", "ignore") + suffix


@dataclass
class Writer:
    """The writing of one dataset."""

    data: Dataset
    out: Path
    files: list[str] = field(default_factory=list)
    annotations: int = 0

    def run(self) -> Written:
        data = self.data
        self.names = file_names(data)
        self.kept, skipped = writable(data)
        self.shapes = shapes(data, self.kept)
        broken = np.isin(self.kept, np.array(sorted(self.shapes.broken), dtype=np.int64))
        skipped += [(row, "its polygon holds what is no finite number") for row in self.kept[broken].tolist()]
        self.kept = self.kept[~broken]
        self.category_ids, self.categories = categories(data)
        (self.out / "annotations").mkdir(parents=True)
        for stem, rows in parts_of(data):
            self.file(stem, rows)
        written = len(np.unique(np.concatenate([rows for _, rows in parts_of(data)])))
        return Written(
            tuple(self.files), written, len(self.kept), tuple(told(data, *each) for each in sorted(skipped))
        )

    def file(self, stem: str, images: Array) -> None:
        """Write one label file with these images."""
        data = self.data
        name = f"annotations/instances_{stem}.json"
        table = data.table("annotations")
        mine = np.zeros(len(data.table("images")) + 1, dtype=bool)
        mine[images] = True
        rows = self.kept[mine[data.image_rows(table["image"][self.kept])]]
        image_ids = ids(data.table("images"), images, least=0)
        of_image = np.full(len(data.table("images")), 0, dtype=np.int64)
        of_image[images] = image_ids
        with (self.out / name).open("wb") as file:
            file.write(b'{"info": ' + top_value(data, "info", b'{"contributor": "annotool"}'))
            file.write(b',\n"licenses": ' + top_value(data, "licenses", b"[]") + b',\n"images": [\n')
            listed(
                file,
                (self.image(row, own) for row, own in zip(images.tolist(), image_ids.tolist(), strict=True)),
            )
            file.write(b'\n],\n"annotations": [\n')
            listed(file, self.records(rows, of_image))
            file.write(b'\n],\n"categories": [\n')
            listed(file, iter(self.categories))
            file.write(b"\n]}\n")
        self.files.append(name)
        self.annotations += len(rows)

    def image(self, row: int, own: int) -> bytes:
        images = self.data.table("images")
        width, height = (number(float(images[side][row])) for side in ("width", "height"))
        sizes = [(side, text) for side, text in (("width", width), ("height", height)) if text[-1:].isdigit()]
        own_members = [("id", b"%d" % own), ("file_name", msgspec.json.encode(self.names[row])), *sizes]
        return joined([*own_members, *unknown(self.data, "images", row)])

    def records(self, rows: Array, of_image: Array) -> Any:
        """Yield the annotation records of one file."""
        data, table = self.data, self.data.table("annotations")
        flags = np.stack([table[name][rows] for name in FLAGS], axis=1)
        columns: list[Any] = [
            rows.tolist(),
            ids(table, rows, least=1).tolist(),
            of_image[data.image_rows(table["image"][rows])].tolist(),
            self.category_ids[data.annotation_labels[rows]].tolist(),
            np.maximum(table["iscrowd"][rows], 0).tolist(),
            np.stack([table[name][rows] for name in "xywh"], axis=1).tolist(),
            table["score"][rows].tolist(),
            (table["kind"][rows] > Kind.IMAGE).tolist(),
            (table["extra"][rows] | (flags >= 0).any(axis=1)).tolist(),
        ]
        every = zip(*columns, strict=True)
        for row, own, image, category, crowd, box, score, drawn, more in track(
            every, "Writing COCO", len(rows)
        ):
            start = b'{"id": %d, "image_id": %d, "category_id": %d, ' % (own, image, category)
            parts = [("iscrowd", b"%d" % crowd), *(self.geometry(row, box) if drawn else ())]
            if score == score:
                parts.append(("score", number(score)))
            if more:
                parts += self.more(row)
            yield start + joined(parts)[1:]

    def geometry(self, row: int, box: list[float]) -> list[tuple[str, bytes]]:
        """Return the members that say where an annotation is."""
        parts = [
            ("bbox", b"[%b, %b, %b, %b]" % tuple([number(n, b".") for n in box])),
            ("area", number(float(self.shapes.area[row]), b".")),
            ("segmentation", self.shapes.segmentation.get(row, b"[]")),
        ]
        if row in self.shapes.keypoints:
            text, labelled = self.shapes.keypoints[row]
            parts += [("keypoints", text), ("num_keypoints", b"%d" % labelled)]
        return parts

    def more(self, row: int) -> list[tuple[str, bytes]]:
        """Return attributes and what else a COCO record holds."""
        attributes = attributes_of(self.data, row)
        return [("attributes", attributes)] * bool(attributes) + unknown(self.data, "annotations", row)


def listed(file: BinaryIO, records: Any) -> None:
    """Write records, one a line."""
    block: list[bytes] = []
    between = b""
    for record in records:
        block.append(record)
        if len(block) == 4096:
            file.write(between + b",\n".join(block))
            between, block = b",\n", []
    if block:
        file.write(between + b",\n".join(block))


def joined(parts: list[tuple[str, bytes]]) -> bytes:
    return b"{" + b", ".join(b'"%b": %b' % (key.encode(), text) for key, text in parts) + b"}"


def parts_of(data: Dataset) -> list[tuple[str, Array]]:
    """Return the label files to write: what their names end in, and their images as positions."""
    count = len(data.table("images"))
    splits = data.table("splits")
    if not len(splits):
        return [("all", np.arange(count))]
    rows = data.image_rows(splits["image"])
    parts = []
    taken: set[str] = set()
    for name in data.split_names:
        stem = UNSAFE.sub("_", re.sub(r"[\\/:*?\"<>|\s]+", "_", name))[:LONGEST] or "split"
        while stem.casefold() in taken:
            stem += "_"
        taken.add(stem.casefold())
        parts.append((stem, np.unique(rows[(splits["split"] == name) & (rows >= 0)])))
    rest = np.setdiff1d(np.arange(count), rows)
    return [*parts, (UNSPLIT, rest)] if len(rest) else parts


def ids(table: Table, rows: Array, least: int) -> Array:
    """Return the user's ids where they can stand in one file: all known, none twice, none below `least`; else 1, 2, 3."""
    own = table["id"][rows]
    good = bool((own >= least).all()) and len(np.unique(own)) == len(own)
    return own if good else np.arange(1, len(rows) + 1)


def categories(data: Dataset) -> tuple[Array, list[bytes]]:
    """Return the id of each label number, and the category records in the order of their first declaration."""
    table = data.table("categories")
    formats = data.table("sources")["format"]
    first: dict[int, int] = {}
    for row, label in enumerate(table["label"].tolist()):
        first.setdefault(label, row)
    rows = np.array(list(first.values()), dtype=np.int64)
    source = table["source"][rows]
    given = bool(len(rows)) and bool((source >= 0).all()) and bool((formats[source] == "coco").all())
    own = ids(table, rows, least=0) if given else np.arange(1, len(rows) + 1)
    of_label = np.zeros(len(rows) + 1, dtype=np.int64)
    of_label[list(first)] = own
    records = []
    for row, id_ in zip(rows.tolist(), own.tolist(), strict=True):
        texts = [("name", table["name"][row])]
        if table["supercategory"][row]:
            texts.append(("supercategory", table["supercategory"][row]))
        parts = [("id", b"%d" % id_), *((key, msgspec.json.encode(clean(text))) for key, text in texts)]
        records.append(joined([*parts, *unknown(data, "categories", row)]))
    return of_label, records


def clean(text: str) -> str:
    """Return a text that UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


def writable(data: Dataset) -> tuple[Array, list[tuple[int, str]]]:
    """Return the annotations that can be written, and the others with the reason."""
    table = data.table("annotations")
    box = np.isfinite(np.stack([table[name] for name in "xywh"])).all(axis=0)
    reasons = {
        "its image is not known": data.image_rows(table["image"]) < 0,
        "its category is not known": table["category"] < 0,
        "its geometry could not be read": table["kind"] == Kind.NONE,
        "its box is not finite, or in fractions of an image of unknown size": ~box
        & (table["kind"] != Kind.IMAGE),
    }
    left = np.ones(len(table), dtype=bool)
    skipped: list[tuple[int, str]] = []
    for why, rows in reasons.items():
        skipped += [(row, why) for row in np.flatnonzero(rows & left).tolist()]
        left &= ~rows
    return np.flatnonzero(left), skipped


def told(data: Dataset, row: int, why: str) -> Mapping[str, Any]:
    """Return what skipped.jsonl says of an annotation that was left out."""
    table = data.table("annotations")
    images = data.image_rows(table["image"][row : row + 1])
    source, own = int(table["source"][row]), int(table["id"][row])
    return {
        "table": "annotations",
        "image": data.table("images")["file_name"][images[0]] if images[0] >= 0 else "",
        "annotation_id": None if own == NO_ID else own,
        "category": data.names_of(table["category"][row : row + 1])[0],
        "why": why,
        "file": data.table("sources")["file"][source] if source >= 0 else "",
        "line": int(table["line"][row]),
    }


# What a COCO record holds beyond the tables.


def raw_members(data: Dataset, table: str, row: int) -> dict[str, bytes]:
    """Return the members of a record of a COCO file as they are written, the last of equal keys; none of another's."""
    held = data.table(table)
    source = int(held["source"][row])
    if source < 0 or data.table("sources")["format"][source] != "coco" or held["start"][row] < 0:
        return {}
    text = bytes(data.source_bytes(source)[int(held["start"][row]) : int(held["end"][row])])
    try:
        return {each.key: text[each.start : each.end] for each in members(text, 0)}
    except Broken:
        return {}


def unknown(data: Dataset, table: str, row: int) -> list[tuple[str, bytes]]:
    """Return the members beyond the schema that are valid JSON."""
    if not data.table(table)["extra"][row]:
        return []
    return [
        (key, text)
        for key, text in raw_members(data, table, row).items()
        if key not in OWN[table] and valid(text)
    ]


def valid(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def attributes_of(data: Dataset, row: int) -> bytes:
    """Return the attributes of a record: as a COCO file has them, else made of the flags that are known."""
    written = raw_members(data, "annotations", row).get("attributes", b"")
    if written and valid(written):
        return written
    table = data.table("annotations")
    known = {name: bool(table[name][row]) for name in FLAGS if table[name][row] >= 0}
    return msgspec.json.encode(known) if known else b""


def top_value(data: Dataset, key: str, default: bytes) -> bytes:
    """Return a member of the top level of the first COCO file, as it is written."""
    sources = data.table("sources")
    for source in np.flatnonzero((sources["format"] == "coco") & (sources["role"] == "labels")).tolist():
        found = re.search(rb'"%b"\s*:\s*' % key.encode(), data.source_bytes(source)[: 1 << 16])
        if found:
            text = head_value(data.source_bytes(source), found.end())
            return text if valid(text) else default
    return default


def head_value(text: memoryview, at: int) -> bytes:
    head = bytes(text[at : at + (1 << 20)])
    try:
        return head[: skip(head, 0)]
    except Broken:
        return b""
