"""Dataset: the frozen value every arrow of annotool starts from or leads to, and what is derived from it once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from annotool import imagefile
from annotool.findings import Findings
from annotool.geometry import boxes as box_geometry
from annotool.geometry import rings as ring_geometry
from annotool.geometry import rle as mask_geometry
from annotool.notebook import Showing
from annotool.parallel import aside
from annotool.progress import track
from annotool.schema import SCHEMA, Kind, make
from annotool.table import Array, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Boxes", "Dataset", "Decoder", "Pairs", "Points", "Rings", "concat"]

T = TypeVar("T")

RING_ROWS = 8192  # annotations decoded at a time: no inner array much over 10 MB


@dataclass(frozen=True)
class Rings:
    """Decoded polygon rings. xy float64 flat x0 y0 x1 y1 ..., pixels (fractions where the size is unknown);
    offsets int64 (rings + 1), counted in numbers; row int64 (rings), position of its annotation in the table.
    """

    xy: Array
    offsets: Array
    row: Array


@dataclass(frozen=True)
class Points:
    """Decoded keypoints of several annotations. xyv float64 (n, 3), pixels (fractions where the size is unknown);
    offsets int64 (rows + 1), counted in points; numbers int64 (rows): how many were written, with those that make no
    whole point.
    """

    xyv: Array
    offsets: Array
    numbers: Array

    def each(self) -> list[Array]:
        """Return one (k, 3) array a row."""
        return np.split(self.xyv, self.offsets[1:-1]) if len(self.numbers) else []


@dataclass(frozen=True)
class Decoder:
    """How one format decodes geometry that a Dataset keeps as text. Each takes the Dataset and positions of rows
    in `annotations`, all of that format.

    rings(data, rows) -> Rings; rle(data, rows) -> one (counts int64, (height, width)) a row, or None where the
    text is no RLE; keypoints(data, rows) -> Points.
    """

    rings: Callable[[Dataset, Array], Rings]
    rle: Callable[[Dataset, Array], list[tuple[Array, tuple[int, int]] | None]] | None = None
    keypoints: Callable[[Dataset, Array], Points] | None = None


@dataclass(frozen=True)
class Boxes:
    """Each annotation's box with its image's size. xywh float64 (n, 4), width and height float64 (n,), pixels;
    where the size is unknown and fractions were written: fractions, width = height = 1 and `fraction` True.
    `usable` bool (n,): has a known image, finite numbers and a positive size.
    """

    xywh: Array
    width: Array
    height: Array
    fraction: Array
    usable: Array


@dataclass(frozen=True)
class Pairs:
    """Annotations of one image whose boxes overlap with IoU >= .9: positions first < second, and iou; and, ascending, the
    positions of those with the very box of another one of their category, crowd or not.
    """

    first: Array
    second: Array
    iou: Array
    equal: Array


@dataclass(frozen=True)
class Dataset(Showing):
    """Images, annotations, categories and splits of one dataset, as read: nothing dropped, clipped or rounded."""

    tables: Mapping[str, Table]
    paths: tuple[Path, ...] = ()
    buffers: tuple[Any, ...] = ()  # bytes-like: mmap or bytes
    problems: Findings = field(default_factory=Findings)
    facts: Mapping[str, Any] = field(default_factory=dict)  # what was inferred, with its evidence
    notes: tuple[str, ...] = ()  # what a user should be told of the reading, one sentence each
    decoders: Mapping[str, Decoder] = field(default_factory=dict)  # by format
    images_checked: str = "header"  # none, header or decode
    probed: imagefile.ImageFiles | None = None
    measured: Table | None = None  # what `image_pixels` would work out, where that is known
    joined: Mapping[str, Array] = field(
        default_factory=dict
    )  # columns of --join: texts (object), one an image
    renamed: Mapping[str, str] = field(
        default_factory=dict
    )  # image files about to take another path, by images.path
    probabilities: Array | None = None  # float64 (images, labels); NaN: nothing was predicted of the image

    def table(self, name: str) -> Table:
        """Return a table of schema.SCHEMA as numpy columns; an empty one where the dataset has none."""
        found = self.tables.get(name)
        return found if found is not None else make(name, 0)

    # The same tables for people: pandas, made on first access.

    @property
    def images(self) -> pd.DataFrame:
        """The images as a pandas DataFrame."""
        return self.table("images").frame

    @property
    def annotations(self) -> pd.DataFrame:
        """The annotations as a pandas DataFrame."""
        return self.table("annotations").frame

    @property
    def categories(self) -> pd.DataFrame:
        """The categories as a pandas DataFrame."""
        return self.table("categories").frame

    @property
    def splits(self) -> pd.DataFrame:
        """The splits as a pandas DataFrame, one row for each image and split."""
        return self.table("splits").frame

    @property
    def predictions(self) -> pd.DataFrame:
        """The predictions as a pandas DataFrame."""
        return self.table("predictions").frame

    @property
    def sources(self) -> pd.DataFrame:
        """The files read as a pandas DataFrame."""
        return self.table("sources").frame

    @cached_property
    def formats(self) -> frozenset[str]:
        """The formats its label files are in; predictions may be in another."""
        sources = self.table("sources")
        return frozenset(sources["format"][sources["role"] != "predictions"])

    # Lookups by row key. A shard holds a run of image keys, so positions are keys less the first.

    def image_rows(self, images: Array) -> Array:
        """Return the position in the table `images` of each image key; -1 for none."""
        own = self.table("images")["image"]
        if not len(own):
            return np.full(len(images), -1, dtype=np.int64)
        rows = images - own[0]
        rows[rows.view(np.uint64) >= len(own)] = -1  # what is negative is larger than any row then
        return np.asarray(rows)

    def image_values(self, column: str) -> Array:
        """Return a column of `images` for each annotation; where it has no image, what is absent there."""
        rows = self.image_rows(self.table("annotations")["image"])
        values = self.table("images")[column]
        if not len(values):
            return np.full(len(rows), SCHEMA["images"][column].absent, dtype=values.dtype)
        found = values[rows]
        found[rows < 0] = SCHEMA["images"][column].absent
        return found

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The distinct category names over all files, by label number."""
        table = self.table("categories")
        names = [""] * (int(table["label"].max()) + 1 if len(table) else 0)
        for label, name in zip(table["label"].tolist(), table["name"].tolist(), strict=True):
            names[label] = name
        return tuple(names)

    @cached_property
    def annotation_labels(self) -> Array:
        """The label number of each annotation, int64; -1 where its category is not known."""
        category = self.table("annotations")["category"]
        labels = self.table("categories")["label"].astype(np.int64)
        return np.where(category >= 0, labels[category], -1) if len(labels) else np.full(len(category), -1)

    def names_of(self, categories: Array) -> Array:
        """Return the name of each category key as an object array; empty for -1."""
        names = np.append(self.table("categories")["name"], np.array([""], dtype=object))
        return names[categories]

    def source_bytes(self, source: int) -> memoryview:
        """Return the bytes of a source file as they were read; of a binary one the text its rows were written out as."""
        table = self.table("sources")
        whole = memoryview(self.buffers[int(table["buffer"][source])])
        return whole[int(table["start"][source]) : int(table["end"][source])]

    def file_bytes(self, source: int) -> memoryview:
        """Return the bytes of a source file as it lies on the disk."""
        binary = int(self.table("sources")["binary"][source])
        return self.source_bytes(source) if binary < 0 else memoryview(self.buffers[binary])

    @cached_property
    def split_names(self) -> tuple[str, ...]:
        """The splits in order: train, val, test first, others as met."""
        met = dict.fromkeys(self.table("splits")["split"].tolist())
        usual = [name for name in ("train", "val", "valid", "validation", "test") if name in met]
        return tuple(dict.fromkeys([*usual, *met]))

    @cached_property
    def image_splits(self) -> Array:
        """The first split of each image, object array; empty where it is in none."""
        first = np.full(len(self.table("images")), "", dtype=object)
        splits = self.table("splits")
        rows = self.image_rows(splits["image"])
        first[rows[::-1]] = splits["split"][::-1]
        return first

    # Derived tables, computed once.

    def once(self, derive: Callable[[Dataset], T]) -> T:
        """Return what `derive`, of an upper room, makes of the dataset: worked out once, however many ask."""
        held: dict[Any, Any] = self.__dict__.setdefault("_once", {})
        if derive not in held:
            held[derive] = derive(self)
        return cast("T", held[derive])

    @cached_property
    def boxes(self) -> Boxes:
        """Each annotation's box with its image's size; see Boxes."""
        rows = self.table("annotations")
        width, height = self.image_values("width"), self.image_values("height")
        xywh = np.stack([rows[c] for c in "xywh"]).T  # each column in one run of memory
        fraction = np.isnan(xywh).any(axis=1) & np.isfinite(rows["xn"]) & (rows["image"] >= 0)
        if fraction.any():
            written = np.stack([rows[c] for c in ("xn", "yn", "wn", "hn")], axis=1)
            xywh = np.where(fraction[:, None], written, xywh)
            width, height = np.where(fraction, 1.0, width), np.where(fraction, 1.0, height)
        usable = np.isfinite(xywh).all(axis=1) & (xywh[:, 2] > 0) & (xywh[:, 3] > 0) & (rows["image"] >= 0)
        usable &= rows["kind"] > Kind.IMAGE
        return Boxes(xywh, width, height, fraction, usable)

    @cached_property
    def pairs(self) -> Pairs:
        """Overlapping annotations of one image, IoU >= .9; see Pairs. Of equal boxes of one category, and both crowds
        or neither, only the first is paired: a box pasted n times would make n^2 pairs, and is an exact duplicate anyway.
        """
        table = self.table("annotations")
        image = np.where(self.boxes.usable, table["image"], -1)
        kind = self.annotation_labels * 2 + (table["iscrowd"] == 1)
        return Pairs(*box_geometry.pairs_but_equal(image, kind, self.boxes.xywh, 0.9))

    def decoded(self, kind: Kind = Kind.POLYGON) -> Iterator[tuple[Array, Decoder]]:
        """Yield positions of annotations that have a segmentation text, in blocks of one format, and its decoder."""
        rows = self.table("annotations")
        formats = self.table("sources")["format"]
        has = np.flatnonzero((rows["seg_start"] >= 0) & (rows["kind"] >= kind))
        names = dict.fromkeys(formats.tolist())
        for name in names:
            mine = has if len(names) == 1 else has[formats[rows["source"][has]] == name]
            if name in self.decoders:
                for first in range(0, len(mine), RING_ROWS):
                    yield mine[first : first + RING_ROWS], self.decoders[name]

    @cached_property
    def rings(self) -> Table:
        """One row a polygon ring, the coordinates not kept: row (position of its annotation), ring (ordinal),
        numbers (how many were written), area (px^2, shoelace), x0 y0 x1 y1 (extent), finite, simple (neither crosses nor
        touches itself, or cannot be asked).
        """
        blocks, annotations = [*self.decoded()], self.table("annotations")
        size = int((annotations["seg_end"] - annotations["seg_start"]).sum()) if blocks else 0
        half = len(blocks) // 2
        with aside(lambda: self._summed(blocks[half:]), size) as other:
            first = self._summed(blocks[:half])
            return Table.concat([first, other.result() if other else self._summed(blocks[half:])])

    def _summed(self, blocks: Sequence[tuple[Array, Decoder]]) -> Table:
        nothing = Rings(np.empty(0), np.zeros(1, np.int64), np.empty(0, np.int64))
        tracked = track(blocks, "reading outlines")
        return Table.concat(
            [ring_summary(nothing), *(ring_summary(each.rings(self, rows)) for rows, each in tracked)]
        )

    @cached_property
    def masks(self) -> Table:
        """One row an annotation with a mask of runs, the runs not kept: row (its position), and geometry.rle.summary."""
        parts, kinds = [], self.table("annotations")["kind"]
        ringed = self.rings["row"] if (kinds == Kind.KEYPOINTS).any() else np.empty(0, np.int64)
        for rows, decoder in self.decoded(Kind.RLE):
            rows = np.setdiff1d(rows, ringed, assume_unique=False)
            if decoder.rle is not None and len(rows):
                parts.append(Table({"row": rows, **mask_geometry.summary(decoder.rle(self, rows))}))
        return Table.concat(parts or [Table({"row": np.empty(0, np.int64), **mask_geometry.summary([])})])

    @cached_property
    def keypoints(self) -> Table:
        """One row an annotation with keypoints, the coordinates not kept: row (its position), numbers (how many were
        written), labelled (points with v > 0), strange (v not 0, 1 or 2), placed (v = 0, but not at 0 0), finite, and
        far and far_hidden (the most by which a visible point, and one with v = 1, leaves the box, in sides of the box; 0
        inside, NaN without a box).
        """
        rows, formats = self.table("annotations"), self.table("sources")["format"]
        has = np.flatnonzero(rows["kpt_start"] >= 0)
        parts = [
            point_summary(
                self, np.empty(0, np.int64), Points(np.empty((0, 3)), np.zeros(1, np.int64), has[:0])
            )
        ]
        for name, decoder in self.decoders.items():
            mine = has[formats[rows["source"][has]] == name]
            for first in range(0, len(mine) if decoder.keypoints else 0, RING_ROWS):
                block = mine[first : first + RING_ROWS]
                assert decoder.keypoints is not None
                parts.append(point_summary(self, block, decoder.keypoints(self, block)))
        return Table.concat(parts)

    @cached_property
    def image_files(self) -> imagefile.ImageFiles:
        """What each image's file says of itself, one row an image; empty path: not on disk."""
        headers = self.image_headers
        return headers.decoded(self.image_pixels) if self.images_checked == "decode" else headers

    @cached_property
    def image_paths(self) -> Array:
        """images.path as the files are called, or are about to be; to open them, go by images.path."""
        paths = self.table("images")["path"]
        if not self.renamed:
            return paths
        named = np.empty(len(paths), dtype=object)
        named[:] = [self.renamed.get(path, path) for path in paths.tolist()]
        return named

    @cached_property
    def first_names(self) -> Array:
        """images.file_name as it was before files were to take other paths: what predictions made of them go by."""
        names, paths = self.table("images")["file_name"], self.table("images")["path"]
        if not self.renamed:
            return names
        found = np.array(names)
        for row in np.flatnonzero(np.isin(paths, list(self.renamed))).tolist():
            named, new, old = (
                str(each).split("/") for each in (names[row], self.renamed[paths[row]], paths[row])
            )
            if new[-len(named) :] == named:
                found[row] = "/".join(old[-len(named) :])
        return found

    @cached_property
    def image_headers(self) -> imagefile.ImageFiles:
        """The same as far as headers say it, whether pixels are read or not."""
        if self.probed is not None:
            return self.probed
        paths = self.table("images")["path"]
        if len(paths) and not paths.any():  # all of them are nowhere, and alike
            return imagefile.probe([""]).take(np.zeros(len(paths), dtype=np.int64))
        return imagefile.probe(paths.tolist())

    @cached_property
    def image_pixels(self) -> Table:
        """What the pixels of each image say, one row an image; see imagefile.measure. For `images_checked` decode."""
        if self.measured is not None:
            return self.measured
        return imagefile.measure(self.table("images")["path"].tolist(), self.image_headers)

    # Cutting and joining.

    def shards(self, n: int) -> list[Dataset]:
        """Cut into n parts by image key, annotations and problems with them; what names no image goes to the
        first."""
        images, annotations, splits, predictions = (
            self.table(name) for name in ("images", "annotations", "splits", "predictions")
        )
        edges = np.linspace(0, len(images), n + 1).astype(np.int64)
        first_key = int(images["image"][0]) if len(images) else 0
        parts = []
        for shard in range(n):
            low, high = edges[shard] + first_key, edges[shard + 1] + first_key

            def inside(keys: Array, low: int = low, high: int = high, orphans: bool = shard == 0) -> Array:
                return ((keys >= low) & (keys < high)) | (orphans & (keys < 0))

            tables = {
                **self.tables,
                "images": images.take(inside(images["image"])),
                "annotations": annotations.take(inside(annotations["image"])),
                "splits": splits.take(inside(splits["image"])),
                "predictions": predictions.take(inside(predictions["image"])),
            }
            probed = self.__dict__.get("image_headers", self.probed)
            probed = probed.take(inside(images["image"])) if probed is not None else None
            measured = self.__dict__.get("image_pixels", self.measured)
            measured = measured.take(inside(images["image"])) if measured is not None else None
            problems = self.problems.where(lambda part: inside(part.columns["image"]))
            joined = {name: column[inside(images["image"])] for name, column in self.joined.items()}
            guesses = None if self.probabilities is None else self.probabilities[inside(images["image"])]
            parts.append(
                replace(
                    self, tables=tables, problems=problems, probed=probed, measured=measured, joined=joined,
                    probabilities=guesses,
                )
            )  # fmt: skip
        return parts


def ring_summary(rings: Rings) -> Table:
    numbers = np.diff(rings.offsets)
    extents = ring_geometry.extents(rings.xy, rings.offsets)
    new = np.append(True, rings.row[1:] != rings.row[:-1])[: len(rings.row)]
    starts = np.flatnonzero(new)
    ordinal = np.arange(len(rings.row)) - np.repeat(starts, np.diff(np.append(starts, len(rings.row))))
    return Table(
        {
            "row": rings.row,
            "ring": ordinal,
            "numbers": numbers,
            "area": ring_geometry.areas(rings.xy, rings.offsets),
            "x0": extents[:, 0],
            "y0": extents[:, 1],
            "x1": extents[:, 2],
            "y1": extents[:, 3],
            "finite": ring_geometry.finite(rings.xy, rings.offsets),
            "simple": ring_geometry.simple(rings.xy, rings.offsets),
        }
    )


def point_summary(data: Dataset, rows: Array, points: Points) -> Table:
    row = np.repeat(np.arange(len(rows)), np.diff(points.offsets))
    x, y, v = points.xyv.T
    left, top, width, height = np.where(data.boxes.usable[rows, None], data.boxes.xywh[rows], np.nan)[row].T
    far, hidden = np.zeros((2, len(rows)))
    with np.errstate(invalid="ignore", over="ignore"):
        across = np.maximum(left - x, x - left - width) / width
        down = np.maximum(top - y, y - top - height) / height
        beyond = np.maximum(np.maximum(across, down), 0.0)
        np.maximum.at(far, row, np.where(v > 1, beyond, 0.0))
        np.maximum.at(hidden, row, np.where(v == 1, beyond, 0.0))

    def counted(which: Any) -> Array:
        return np.bincount(row, weights=which, minlength=len(rows)).astype(np.int64)

    return Table(
        {
            "row": rows,
            "numbers": points.numbers,
            "labelled": counted(v > 0),
            "strange": counted((v != 0) & (v != 1) & (v != 2)),
            "placed": counted((v == 0) & ((x != 0) | (y != 0))),
            "finite": counted(~np.isfinite(points.xyv).all(axis=1)) == 0,
            "far": far,
            "far_hidden": hidden,
        }
    )


# Columns that hold row keys of another table: what concat has to shift.
KEYS = {
    "images": {"image": "images", "source": "sources"},
    "annotations": {
        "annotation": "annotations",
        "image": "images",
        "category": "categories",
        "source": "sources",
    },
    "predictions": {
        "annotation": "predictions",
        "image": "images",
        "category": "categories",
        "source": "sources",
    },
    "categories": {"category": "categories", "source": "sources"},
    "splits": {"image": "images", "source": "sources"},
    "sources": {"source": "sources"},
}


def concat(parts: Sequence[Dataset]) -> Dataset:
    """Join datasets into one: row keys are shifted, categories unified by exact name, paths set side by side."""
    if len(parts) == 1:
        return parts[0]
    sizes = {name: [len(part.table(name)) for part in parts] for name in SCHEMA}
    before = {name: np.concatenate([[0], np.cumsum(count)])[:-1].tolist() for name, count in sizes.items()}
    buffers = np.concatenate([[0], np.cumsum([len(part.buffers) for part in parts])]).tolist()
    paths = np.concatenate([[0], np.cumsum([len(part.paths) for part in parts])]).tolist()

    def shifted(name: str, at: int) -> Table:
        table = parts[at].table(name)
        moved = {c: shift(table[c], before[of][at]) for c, of in KEYS.get(name, {}).items()}
        if name == "sources":
            moved |= {name: shift(table[name], buffers[at]) for name in ("buffer", "binary")}
            moved["path"] = table["path"] + np.int32(paths[at])
        if name == "originals":
            offsets = np.array([before[t][at] for t in table["table"].tolist()], dtype=np.int64)
            moved["row"] = table["row"] + offsets
        return table.with_columns(**moved)

    tables = {name: Table.concat([shifted(name, at) for at in range(len(parts))]) for name in SCHEMA}
    names = tables["categories"]["name"].tolist()
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    labels = np.array([number[name] for name in names], dtype=np.int32)
    tables["categories"] = tables["categories"].with_columns(label=labels)
    problems = Findings()
    for at, part in enumerate(parts):
        for found in part.problems.blocks:
            columns = {c: shift(found.columns[c], before[c + "s" if c != "category" else "categories"][at])
                       for c in ("source", "image", "annotation", "category")}  # fmt: skip
            problems += Findings((replace(found, columns=found.columns.with_columns(**columns)),))
    return Dataset(
        tables=tables,
        paths=tuple(path for part in parts for path in part.paths),
        buffers=tuple(held for part in parts for held in part.buffers),
        problems=problems,
        facts={key: value for part in parts for key, value in part.facts.items()},
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        decoders={key: value for part in parts for key, value in part.decoders.items()},
        images_checked=parts[0].images_checked,
        probed=joined([part.probed for part in parts]),
        measured=measured([part.measured for part in parts]),
    )


def shift(keys: Array, by: int) -> Array:
    return np.where(keys >= 0, keys + by, keys).astype(keys.dtype)


def joined(probed: list[imagefile.ImageFiles | None]) -> imagefile.ImageFiles | None:
    """All probed, or none: a part that was not probed has the whole probed later."""
    known = [each for each in probed if each is not None]
    return imagefile.ImageFiles.concat(known) if len(known) == len(probed) else None


def measured(pixels: list[Table | None]) -> Table | None:
    """As `joined`, of tables."""
    known = [each for each in pixels if each is not None]
    return Table.concat(known) if len(known) == len(pixels) else None
