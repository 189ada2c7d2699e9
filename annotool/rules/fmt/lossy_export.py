"""FMT012: what a conversion would lose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import rle
from annotool.rules.base import INFO, WARNING, Findings, Rule, found, together, worded
from annotool.rules.fmt.base import grouping, owned
from annotool.schema import NO_ID, Kind, SizeFrom
from annotool.table import Array

Loss = tuple[str, int, bool]  # what (in the words of `worded`), how many, whether it stops the conversion
GEOMETRY = (  # column of Keeps, the kind of row, the task that asks for it, what is lost
    ("polygons", Kind.POLYGON, "segment", "polygon[|s]: only [its box is|their boxes are] written"),
    ("rle", Kind.RLE, "segment", "mask[|s]: only [its box is|their boxes are] written"),
    ("keypoints", Kind.KEYPOINTS, "pose", "annotation[ loses its|s lose their] keypoints"),
    (
        "obb",
        Kind.OBB,
        "obb",
        "oriented box[|es]: only [its upright extent is|their upright extents are] written",
    ),
)
SURROGATE = re.compile("[\ud800-\udfff]")  # what bytes that are no UTF-8 are read as
ONE_LABEL = "one an image"
NO_BOXES = "where there are no boxes"


class Options(Protocol):
    """What of formats.base.WriteOptions decides on losses."""

    @property
    def task(self) -> str:
        """The geometry asked for: detect, segment, obb or pose."""

    @property
    def crowd(self) -> str:
        """Whether to skip or keep crowds."""


class LossyExport(Rule):
    """The format that is converted to cannot hold all that the dataset has.

    What: before a conversion, what the target would not hold, counted: polygons, masks, holes, keypoints,
    oriented boxes, crowds, attributes, ids, unknown keys, declared sizes, unused categories, splits, parts of
    pixels. Where an object, a category, an image or the geometry asked for would be lost or changed, the
    conversion stops unless told to go on; the rest is only told. Not part of an audit.

    Why: converters lose these in silence: an object of four parts came back with a mask IoU of 0.25
    (roboflow/supervision#2322), holes cannot be polygons (cocodataset/cocoapi#153), crowds become objects.

    Bad: `annotool convert coco/ --to yolo --task segment` with masks that have holes

    Good: `annotool convert coco/ --to coco`

    Fix: none; `--allow-loss` goes on.

    Source: the table of what each format keeps, in README.md;
    https://github.com/roboflow/supervision/pull/2322
    """

    code = "FMT012"
    slug = "lossy-export"
    severities = (INFO, WARNING)
    verdict = ("1 thing is lost in the target format", "{n} things are lost in the target format")
    scope = "convert"

    def check(self, data: Dataset) -> Findings:
        return Findings()

    def losses(self, data: Dataset, keeps: object, options: Options) -> Findings:
        """Return what a format with these `keeps` (a formats.base.Keeps) would lose of the dataset.

        A value of `keeps` is "no", or how it survives; one that names an option, as "with --task segment",
        counts as kept if that is set. `boxes` speaks of integers where they are rounded, of fractions where a
        box needs the size of its image and a class is a number. Findings have the values `what` (plural), `count` and
        `stops`.
        """
        how = {name: str(value) for name, value in vars(keeps).items()}
        kept = {name: survives(value, options) for name, value in how.items()}
        every = [*objects(data, kept, how), *geometry(data, kept, options), *around(data, kept, how, options)]
        return together(
            found(
                self,
                "{count:,} " + worded(what, count),
                severity=WARNING if stops else INFO,
                values={"what": worded(what, 0), "count": count, "stops": stops},
            )
            for what, count, stops in every
            if count
        )


def survives(value: str, options: Options) -> bool:
    """Return whether a value of Keeps means that something is kept under these options."""
    named = re.findall(r"--(\w+)[ =](\w+)", value)
    return value != "no" and all(getattr(options, name, want) == want for name, want in named)


def objects(data: Dataset, kept: dict[str, bool], how: dict[str, str]) -> Iterator[Loss]:
    """Yield losses of whole objects, and of parts of a pixel."""
    rows = data.table("annotations")
    xywh = np.stack([rows[column] for column in "xywh"], axis=1)
    pixels, fractions = np.isfinite(xywh).all(axis=1), np.isfinite(rows["xn"])
    whole = rows["kind"] == Kind.IMAGE
    known = (rows["image"] >= 0) & (rows["category"] >= 0) & (rows["kind"] > Kind.NONE)
    known &= pixels | fractions | whole
    yield (
        "annotation[|s] without image, category or finite geometry: left out, see skipped.jsonl",
        n(~known),
        False,
    )
    boxes = known & ~whole
    if not kept["image_labels"] or (how["image_labels"] == NO_BOXES and boxes.any()):
        yield "label[|s] of whole images [is|are] left out", n(whole & known), True
    if how["image_labels"] == ONE_LABEL:
        yield from labels_beyond_one(data, whole & known)
    if not kept["boxes"]:
        yield "object[|s] with a box or an outline [is|are] left out", n(boxes), True
        return
    if "fraction" not in how["boxes"]:
        yield (
            "box[|es] in fractions of images of unknown size [is|are] left out: give --sizes",
            n(boxes & ~pixels),
            True,
        )
    else:
        sized = np.isfinite(data.image_values("width")) & np.isfinite(data.image_values("height"))
        yield (
            "box[|es] of images of unknown size [is|are] left out: give --sizes",
            n(boxes & ~sized & ~fractions),
            True,
        )
    if "integer" in how["boxes"]:
        corners = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
        broken = (np.abs(corners - np.rint(corners)) > 1e-6).any(axis=1)
        yield "box[ is|es are] rounded to whole pixels", n(broken & boxes & pixels), False


def labels_beyond_one(data: Dataset, rows: Array) -> Iterator[Loss]:
    """Yield losses of a format that holds one label an image, and no image without."""
    image = data.image_rows(data.table("annotations")["image"])[rows]
    yield "label[|s] beyond an image's first [is|are] left out", len(image) - len(np.unique(image)), True
    bare = len(data.table("images")) - len(np.unique(image))
    yield "image[|s] without a label [is|are] left out", bare, True
    lost = n(data.table("images")["path"][np.unique(image)] == "")
    yield "image[|s] whose file was not found [is|are] left out", lost, True


def geometry(data: Dataset, kept: dict[str, bool], options: Options) -> Iterator[Loss]:
    """Yield losses of geometry; they stop where it was asked for."""
    kind = data.table("annotations")["kind"]
    if not kept["boxes"]:
        return
    for name, which, task, what in GEOMETRY:
        if not kept[name]:
            yield what, n(kind == which), options.task == task
    if not kept["holes"] and kept["rle"]:
        holes, parts = mask_shapes(data)
        yield "mask[ loses its|s lose their] holes", holes, True
        yield "mask[|s] of several parts become[s|] one outline", parts, False
    if not kept["holes"] and kept["polygons"]:
        row = data.rings["row"]
        several = np.unique(row[1:][row[1:] == row[:-1]])
        yield "polygon[|s] of several parts become[s|] one outline", n(kind[several] == Kind.POLYGON), False


def around(data: Dataset, kept: dict[str, bool], how: dict[str, str], options: Options) -> Iterator[Loss]:
    """Yield losses of everything that is no geometry."""
    rows, images, categories = (data.table(name) for name in ("annotations", "images", "categories"))
    if not kept["crowd"]:
        way = "left out" if options.crowd == "skip" else "written as [a single object|single objects]"
        yield f"crowd[ is|s are] {way} (--crowd)", n(rows["iscrowd"] == 1), False
    if not kept["attributes"]:
        marked = [rows[name] == 1 for name in ("difficult", "truncated", "occluded")]
        yield "annotation[ loses|s lose] difficult, truncated or occluded", n(np.any(marked, axis=0)), False
    if not kept["ids"]:
        yield "id[|s] of annotations [is|are] lost", n(rows["id"] != NO_ID), False
    if not kept["unknown_keys"]:
        yield (
            "record[ loses|s lose] keys that are not in annotool's schema",
            sum(n(t["extra"]) for t in (rows, images, categories)),
            False,
        )
    if not kept["image_sizes"]:
        yield (
            "image[ loses its|s lose their] declared size",
            n(images["size_from"] == SizeFrom.DECLARED),
            False,
        )
    if not kept["splits"]:
        yield "[entry of a split is|entries of splits are] lost", len(data.table("splits")), False
    odd = np.array([SURROGATE.search(each) is not None for each in categories["name"].tolist()], dtype=bool)
    yield (
        "category name[|s] that [is|are] no UTF-8 may change: spell [it|them] in UTF-8 first",
        labels(data, odd),
        True,
    )
    state = owned(data)
    groups = grouping(state)
    if not kept["unused_categories"]:
        used = (
            np.bincount(categories["label"], weights=state.count)[categories["label"]]
            if len(categories)
            else state.count
        )
        yield (
            "categor[y|ies] without annotations [is|are] left out",
            labels(data, (used == 0) & ~groups),
            True,
        )
    if "fraction" in how["boxes"]:
        yield "categor[y|ies] that only group[s|] others get[s|] no class number", labels(data, groups), False


def n(mask: Array) -> int:
    """Return how many are true."""
    return int(np.count_nonzero(mask))


def labels(data: Dataset, which: Array) -> int:
    """Return how many different names these categories have."""
    return len(np.unique(data.table("categories")["label"][which]))


def mask_shapes(data: Dataset) -> tuple[int, int]:
    """Return how many masks (RLE) have holes, and how many have several parts."""
    rows, formats = data.table("annotations"), data.table("sources")["format"]
    masks = np.flatnonzero(rows["kind"] == Kind.RLE)
    holes = parts = 0
    for name, decoder in data.decoders.items():
        own = masks[formats[rows["source"][masks]] == name]
        for mask in decoder.rle(data, own) if decoder.rle else []:
            if mask and not rle.why_invalid(mask[0].tolist(), list(mask[1])):
                rings, inner = rle.polygons(*mask)
                holes, parts = holes + (inner > 0), parts + (len(rings) > 1)
    return holes, parts
