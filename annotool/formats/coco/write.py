"""Writing COCO from the tables of any dataset: one file a split, each record as a loader wants it.

A record that came from COCO keeps its own text, unknown keys with it; only what has to differ is replaced. Any other
is built from the columns. Numbers are written the shortest way that reads back the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Written, objects
from annotool.schema import NO_ID, Kind
from annotool.table import Array

__all__ = ["image_targets", "write"]

RECORD = msgspec.json.Decoder(dict[str, msgspec.Raw])
ATTRIBUTES = ("difficult", "truncated", "occluded")
LAYOUT = {
    "images",
    "jpegimages",
    "labels",
    "annotations",
    "obj_train_data",
}  # folders that belong to a format


def write(data: Dataset, out: Path) -> Written:
    """Write `annotations/instances_<split>.json`, or `instances.json` for images of no split, below `out`."""
    (out / "annotations").mkdir(parents=True)
    writer = Writer(data)
    files, images, annotations = [], 0, 0
    for split, rows in parts(data).items():
        name = f"annotations/instances_{split}.json" if split else "annotations/instances.json"
        mine = writer.annotations_of(rows)
        with (out / name).open("wb") as file:
            file.writelines(writer.file(rows, mine))
        files.append(name)
        images, annotations = images + len(rows), annotations + len(mine)
    return Written(tuple(files), images, annotations, tuple(writer.skipped()))


def parts(data: Dataset) -> dict[str, Array]:
    """Positions of the images of each split; those of none under an empty name."""
    splits = data.table("splits")
    rows = data.image_rows(splits["image"])
    found = {name: np.unique(rows[(splits["split"] == name) & (rows >= 0)]) for name in data.split_names}
    rest = np.setdiff1d(np.arange(len(data.table("images"))), np.concatenate([[-1], *found.values()]))
    return {**found, "": rest} if len(rest) or not found else found


def image_targets(data: Dataset) -> Array:
    """Return where each image's file goes: `images/` and its name in the json."""
    return objects([f"images/{name}" for name in names(data)])


def names(data: Dataset) -> list[str]:
    """The file name each image gets: as written in COCO, below its format's folders elsewhere; two files never share
    one, the later gets its split, or its key, in front.
    """
    images = data.table("images")
    formats = data.table("sources")["format"]
    taken: dict[str, str] = {}
    out = []
    rows = zip(images["file_name"].tolist(), images["source"].tolist(), images["path"].tolist(), strict=True)
    for row, (written, source, path) in enumerate(rows):
        is_coco = source >= 0 and formats[source] == "coco"
        name = safe(written) if is_coco else below_layout(safe(written), data.split_names)
        if path and not PurePosixPath(name).suffix:
            name += PurePosixPath(path).suffix
        for better in (name, f"{data.image_splits[row] or 'all'}/{name}", f"{row}/{name}"):
            if better not in taken or (path and taken[better] == path):
                break
        taken[better] = path
        out.append(better)
    return out


def safe(name: str) -> str:
    """A name without drive, leading slash or `..`, with forward slashes."""
    kept = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(part for part in kept if not part.endswith(":")) or "unnamed"


def below_layout(name: str, splits: Sequence[str]) -> str:
    *folders, last = name.split("/")
    while folders and (folders[0].lower() in LAYOUT or folders[0] in splits):
        folders.pop(0)
    return "/".join([*folders, last])


@dataclass
class Writer:
    """The records of one dataset as COCO."""

    data: Dataset

    @cached_property
    def is_coco(self) -> Array:
        """Whether each source is COCO; the last entry, for -1, is not."""
        return np.append(self.data.table("sources")["format"] == "coco", False)

    @cached_property
    def held(self) -> list[memoryview]:
        """The bytes of each source."""
        return [self.data.source_bytes(source) for source in range(len(self.data.table("sources")))]

    @cached_property
    def names(self) -> list[str]:
        return names(self.data)

    # What can be written, and under which ids.

    @cached_property
    def reasons(self) -> Array:
        """Why each annotation cannot be written; empty where it can (object array)."""
        rows, why = (
            self.data.table("annotations"),
            np.full(len(self.data.table("annotations")), "", dtype=object),
        )
        finite = np.isfinite(np.stack([rows[side] for side in "xywh"], axis=1)).all(axis=1)
        no_size = np.isnan(self.data.image_values("width")) & np.isfinite(rows["xn"])
        why[(rows["kind"] != Kind.IMAGE) & ~finite] = "no finite geometry"
        why[(rows["kind"] != Kind.IMAGE) & ~finite & no_size] = "its image's size is not known"
        why[rows["category"] < 0] = "no known category"
        why[rows["image"] < 0] = "no known image"
        return why

    def annotations_of(self, images: Array) -> Array:
        """Positions of the annotations of these images that can be written, image by image."""
        owner = self.data.image_rows(self.data.table("annotations")["image"])
        rank = np.full(len(self.data.table("images")) + 1, -1)
        rank[images] = np.arange(len(images))
        return np.flatnonzero((rank[owner] >= 0) & (owner >= 0) & (self.reasons == ""))

    def skipped(self) -> Iterator[Mapping[str, Any]]:
        """One record for each annotation that cannot be written."""
        rows, sources = self.data.table("annotations"), self.data.table("sources")
        categories = self.data.names_of(rows["category"])
        for at in np.flatnonzero(self.reasons != "").tolist():
            image, source, number = (int(rows[name][at]) for name in ("image", "source", "id"))
            yield {
                "table": "annotations",
                "image": self.data.table("images")["file_name"][image] if image >= 0 else None,
                "id": None if number == NO_ID else number,
                "category": categories[at] or None,
                "why": self.reasons[at],
                "file": sources["file"][source] if source >= 0 else None,
                "line": int(rows["line"][at]),
            }

    @cached_property
    def category_ids(self) -> list[int]:
        """The id of each label: that of its first category when all differ, else its rank from 1. Indices of YOLO are
        moved up by one, since COCO's ids start there.
        """
        table = self.data.table("categories")
        _, first = np.unique(table["label"], return_index=True)
        ids = table["id"][first]
        indexed = bool(len(first)) and not self.is_coco[table["source"][first]].any()
        if indexed and (ids != NO_ID).all():
            ids = ids + 1
        good = len(np.unique(ids)) == len(ids) and (ids != NO_ID).all() and (ids >= 0).all()
        return [int(each) for each in (ids if good else np.arange(1, len(first) + 1))]

    @staticmethod
    def kept_ids(ids: Array, coco: Array, least: int) -> list[int]:
        """The ids as they are when all come from COCO, differ, and are at least `least`; else 1, 2, 3 ..."""
        good = coco.all() and len(np.unique(ids)) == len(ids) and bool((ids >= least).all())
        return [int(each) for each in (ids if good else np.arange(1, len(ids) + 1))]

    # The text.

    def file(self, images: Array, annotations: Array) -> Iterator[bytes]:
        """Yield the text of one file: head, images, annotations, categories, each record on a line."""
        table = self.data.table("images")
        ids = self.kept_ids(table["id"][images], self.is_coco[table["source"][images]], 0)
        by_key = dict(zip(table["image"][images].tolist(), ids, strict=True))
        yield b"{" + self.head()
        yield b'"images": ['
        yield from joined(self.image(row, ids[at]) for at, row in enumerate(images.tolist()))
        yield b'\n],\n"annotations": ['
        yield from joined(self.annotations(annotations, by_key))
        yield b'\n],\n"categories": ['
        yield from joined(self.categories())
        yield b"\n]}\n"

    def head(self) -> bytes:
        """The info and licences of the first COCO file that has some."""
        for source in np.flatnonzero(self.is_coco[:-1]).tolist():
            try:
                top = RECORD.decode(self.held[source])
            except msgspec.DecodeError:
                continue
            kept = {key: top[key] for key in ("info", "licenses") if key in top}
            return b"".join(
                msgspec.json.encode(key) + b": " + bytes(raw) + b",\n" for key, raw in kept.items()
            )
        return b""

    def own(self, table: str, row: int) -> dict[str, Any] | None:
        """The record as it is written in COCO, its values raw; None where it comes from elsewhere or is broken."""
        columns = self.data.table(table)
        source, start, end = (int(columns[name][row]) for name in ("source", "start", "end"))
        if not self.is_coco[source] or start < 0:
            return None
        try:
            return dict(RECORD.decode(self.held[source][start:end]))
        except msgspec.DecodeError:
            return None

    def image(self, row: int, number: int) -> bytes:
        """One image."""
        columns = self.data.table("images")
        record = self.own("images", row) or {}
        replaced(record, "id", number)
        replaced(record, "file_name", self.names[row])
        for side in ("width", "height"):
            if np.isfinite(columns[side][row]):
                replaced(record, side, number_of(float(columns[side][row])))
        return msgspec.json.encode(record)

    def categories(self) -> Iterator[bytes]:
        """Each category, in the order of the source."""
        table = self.data.table("categories")
        _, first = np.unique(table["label"], return_index=True)
        for label, row in enumerate(first.tolist()):
            record = self.own("categories", row) or {}
            replaced(record, "id", self.category_ids[label])
            replaced(record, "name", table["name"][row])
            if table["supercategory"][row]:
                record.setdefault("supercategory", table["supercategory"][row])
            yield msgspec.json.encode(record)

    def annotations(self, rows: Array, images: Mapping[int, int]) -> Iterator[bytes]:
        """Each annotation."""
        table = self.data.table("annotations")
        ids = self.kept_ids(table["id"][rows], self.is_coco[table["source"][rows]], 1)
        labels = self.data.annotation_labels
        names = ("image", "iscrowd", "kind", "area", *"xywh", *ATTRIBUTES)
        columns = {name: table[name].tolist() for name in names}
        for number, row in zip(ids, rows.tolist(), strict=True):
            record = self.own("annotations", row)
            box = [number_of(columns[side][row]) for side in "xywh"]
            if record is None:
                record = self.built(row, columns)
            replaced(record, "id", number)
            replaced(record, "image_id", images[columns["image"][row]])
            replaced(record, "category_id", self.category_ids[labels[row]])
            if columns["kind"][row] != Kind.IMAGE:
                replaced(record, "bbox", box)
                crowd = columns["iscrowd"][row]
                replaced(record, "iscrowd", max(crowd, 0))
                if "area" not in record:
                    record["area"] = self.area(record, box)
            yield msgspec.json.encode(record)

    def built(self, row: int, columns: Mapping[str, list[Any]]) -> dict[str, Any]:
        """A record from the columns, without its ids and box."""
        record: dict[str, Any] = {}
        if row in self.polygons:
            record["segmentation"] = self.polygons[row]
        if row in self.keypoints:
            points = self.keypoints[row]
            record["keypoints"] = [number_of(each) for each in points.ravel().tolist()]
            record["num_keypoints"] = int((points[:, 2] > 0).sum())
        if np.isfinite(columns["area"][row]):
            record["area"] = number_of(columns["area"][row])
        known = {name: columns[name][row] for name in ATTRIBUTES if columns[name][row] >= 0}
        if known:
            record["attributes"] = known
        return record

    @cached_property
    def polygons(self) -> dict[int, list[list[float]]]:
        """The rings, in pixels, of annotations that do not come from COCO."""
        out: dict[int, list[list[float]]] = {}
        sources = self.data.table("annotations")["source"]
        for rows, decoder in self.data.decoded(Kind.OBB):
            others = rows[~self.is_coco[sources[rows]]]
            rings = decoder.rings(self.data, others)
            for at, row in enumerate(rings.row.tolist()):
                ring = rings.xy[rings.offsets[at] : rings.offsets[at + 1]]
                out.setdefault(row, []).append([number_of(each) for each in ring.tolist()])
        return out

    @cached_property
    def keypoints(self) -> dict[int, Array]:
        """The keypoints of annotations that do not come from COCO: (k, 3) x y v."""
        table = self.data.table("annotations")
        formats = self.data.table("sources")["format"]
        rows = np.flatnonzero((table["kpt_start"] >= 0) & ~self.is_coco[table["source"]])
        out: dict[int, Array] = {}
        for name in dict.fromkeys(formats[table["source"][rows]].tolist()):
            decoder = self.data.decoders.get(name)
            mine = rows[formats[table["source"][rows]] == name]
            if decoder and decoder.keypoints:
                out |= dict(zip(mine.tolist(), decoder.keypoints(self.data, mine), strict=True))
        return out

    @staticmethod
    def area(record: Mapping[str, Any], box: Sequence[float]) -> float:
        """The area of the segmentation: of the mask for RLE, of the rings for polygons; of the box without one."""
        held = record.get("segmentation")
        text = msgspec.json.decode(bytes(held)) if isinstance(held, msgspec.Raw) else held
        if isinstance(text, list) and text and isinstance(text[0], list):
            from annotool.geometry.rings import areas

            flat = np.fromiter(itertools.chain.from_iterable(text), dtype=np.float64)
            return number_of(float(areas(flat, np.cumsum([0, *map(len, text)])).sum()))
        if isinstance(text, dict) and text.get("counts"):
            from annotool.geometry import rle

            counts = text["counts"]
            return int(
                rle.area(rle.counts_from_string(counts) if isinstance(counts, str) else np.array(counts))
            )
        return number_of(box[2] * box[3])


def replaced(record: dict[str, Any], key: str, value: Any) -> None:
    """Put a value into a record unless its text already says so: `10.0` stays `10.0`."""
    raw = record.get(key)
    if isinstance(raw, msgspec.Raw):
        try:
            if type(value) is not bool and msgspec.json.decode(bytes(raw)) == value:
                return
        except msgspec.DecodeError:
            pass
    record[key] = value


def number_of(value: float) -> float:
    """An int where a number is whole, so that 10.0 is written as 10."""
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def joined(records: Iterable[bytes]) -> Iterator[bytes]:
    """Each record on a line of its own, commas between."""
    for at, record in enumerate(records):
        yield (b",\n" if at else b"\n") + record
