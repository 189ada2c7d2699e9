"""BOX008."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.rules.box.base import judged, sizes_lacking
from annotool.table import Array, Table

EXAMPLES = 3
MIX = (
    1.0,
    1.6180339887498949,
    2.7182818284590451,
    3.1415926535897931,
    57.29577951308232,
)  # of x y w h and label


class Placed(msgspec.Struct, frozen=True):
    """All boxes (annotation, image, category, label, x, y, w, h, known: judged and not of nearly the whole image), and
    the images (image, file_name)."""

    rows: Table
    images: Table


@dataclass(frozen=True)
class RepeatedBox(DatasetRule[Placed]):
    """The very same box stands in many images.

    What: one category, the same four numbers in pixels, in at least `least` images and `share` of all. Boxes that
    cover `whole` of their image or more are left out: they say that the image shows one thing. One finding a box.

    Why: labels copied on from frame to frame after the object moved, a label meant for one image pasted into others, a
    tool's default box, a watermark that somebody labelled: the model learns a place, not an object. With a fixed camera
    it may be right.

    Bad: `[312, 208, 64, 64]` "car" in 400 of 10,000 images.

    Good: each image's car where it is.

    Fix: none, somebody has to look.

    Source: ours; Roboflow and data-gradients show a heat map of boxes, to be judged by eye. `least` and `share` are
    proposals: no published set at hand has such boxes, so this is a preview.
    """

    code = "BOX008"
    slug = "repeated-box"
    severities = (Severity.WARNING,)
    verdict = ("1 box stands in many images", "{n} boxes stand in many images")
    silenced_by = ("SCH001",)
    preview = True

    least: int = 10
    share: float = 0.01
    whole: float = 0.9

    def unable(self, data: Dataset) -> str:
        return sizes_lacking(data)

    def partial(self, shard: Dataset) -> Placed:
        table, images = shard.table("annotations"), shard.table("images")
        columns = {name: table[name] for name in ("annotation", "image", "category", *"xywh")}
        columns["label"] = shard.annotation_labels
        most = shard.boxes.width * shard.boxes.height
        columns["known"] = judged(shard) & ~(table["w"] * table["h"] >= self.whole * most)
        return Placed(Table(columns), Table({name: images[name] for name in ("image", "file_name")}))

    def merge(self, states: Sequence[Placed]) -> Placed:
        rows, images = ([getattr(each, name) for each in states] for name in ("rows", "images"))
        return Placed(Table.concat(rows), Table.concat(images))

    def finish(self, state: Placed) -> Findings:
        least = max(self.least, int(np.ceil(self.share * len(state.images))))
        rows = state.rows.take(candidates(state.rows, least))
        rows = rows.take(np.argsort(rows["annotation"], kind="stable"))
        key = [rows[name] for name in ("label", *"xywh")]
        first = first_equal(*key)
        first = np.where(first < 0, np.arange(len(rows)), first)
        again = first_equal(first, rows["image"]) >= 0  # twice in one image is DUP001's
        count = np.bincount(first[~again], minlength=len(rows))
        heads = np.flatnonzero(count >= least)
        examples = [self.shown(state, rows["image"][(first == head) & ~again]) for head in heads.tolist()]
        values = {side: rows[side][heads] for side in "xywh"}
        values |= {
            "images": count[heads],
            "of": np.full(len(heads), len(state.images)),
            "least": np.full(len(heads), least),
        }
        message = "the box {x:g} {y:g} {w:g} {h:g} stands in {images:,} of {of:,} images (told from {least:,} on), as {examples}"
        return found(
            self, message, rows.take(heads), values={**values, "examples": examples}, annotation=-1, image=-1
        )

    def shown(self, state: Placed, images: Array) -> str:
        """The first of these images by name."""
        at = np.searchsorted(state.images["image"], images[:EXAMPLES])
        return ", ".join(state.images["file_name"][at].tolist())


def candidates(rows: Table, least: int) -> Array:
    """Which rows may have a box that stands `least` times: all that do, and few others (positions).

    Equal boxes make equal sums; a sorted list of sums tells which stand that often.
    """
    mixed = sum(rows[name] * factor for name, factor in zip((*"xywh", "label"), MIX, strict=True))
    mixed = np.where(rows["known"], mixed, np.nan)
    ordered = np.sort(mixed)
    often = np.unique(ordered[least - 1 :][ordered[least - 1 :] == ordered[: len(ordered) - least + 1]])
    if not len(often):
        return np.empty(0, dtype=np.int64)
    place = np.minimum(np.searchsorted(often, mixed), len(often) - 1)
    return np.flatnonzero(often[place] == mixed)
