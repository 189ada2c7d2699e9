"""What rules of this family share: findings about image files, images in the order of their splits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Rule, found, pixels_lacking, together, written_in
from annotool.schema import SCHEMA
from annotool.table import Array, Table

__all__ = [
    "Marked",
    "PixelRule",
    "by_split",
    "has_files",
    "label_digests",
    "located",
    "of_files",
]

SINGLE = 10  # images of a kind that are named one by one, however many they are of all


def of_files(rule: Rule, message: str, data: Dataset, take: Array, **more: Any) -> Findings:
    """Return a finding for each of these images. COCO and VOC have a record of the image to point to;
    elsewhere the label file says nothing of it, and the finding names the image alone."""
    return found(rule, message, located(data).take(take), **more)


def located(data: Dataset) -> Table:
    """Return of each image what its findings point to: image, source, line, start, end; see of_files."""
    images = data.table("images")
    recorded = written_in(data, images, ("coco", "voc"))
    columns = {"image": images["image"]}
    for name, absent in (("source", -1), ("line", 0), ("start", -1), ("end", -1)):
        columns[name] = np.where(recorded, images[name], np.array(absent, SCHEMA["images"][name].dtype))
    return Table(columns)


class Marked(msgspec.Struct, frozen=True):
    """The findings of each kind, one an image, and how many images were looked at."""

    kinds: tuple[Findings, ...]
    images: int


class PixelRule(DatasetRule[Marked]):
    """Names images by what their pixels are; where one kind is common, one finding says so for all: night, x-rays and
    sheets of paper are a kind of picture, not a slip.

    `kinds` are the words for what `marked` finds; `common` is an option of each such rule.
    """

    kinds: ClassVar[tuple[str, ...]]
    common: float

    @abstractmethod
    def marked(self, data: Dataset) -> tuple[Findings, ...]:
        """Return the findings of each kind, one an image."""

    def unable(self, data: Dataset) -> str:
        return pixels_lacking(data)

    def partial(self, shard: Dataset) -> Marked:
        if shard.images_checked != "decode" or not has_files(shard):
            return Marked(tuple(Findings() for _ in self.kinds), 0)
        return Marked(self.marked(shard), int((shard.table("images")["path"] != "").sum()))

    def merge(self, states: Sequence[Marked]) -> Marked:
        kinds = zip(*(each.kinds for each in states), strict=True)
        return Marked(tuple(together(kind) for kind in kinds), sum(each.images for each in states))

    def finish(self, state: Marked) -> Findings:
        parts = []
        for own, word in zip(state.kinds, self.kinds, strict=True):
            if len(own) <= max(SINGLE, self.common * state.images):
                parts.append(own)
                continue
            values = {"word": word, "count": len(own), "images": state.images}
            parts.append(found(self, "{word}: {count:,} of {images:,} images", values=values))
        return together(parts)


def has_files(data: Dataset) -> bool:
    """Return whether any image is on disk."""
    return data.images_checked != "none" and bool((data.table("images")["path"] != "").any())


def by_split(splits: Array) -> Iterator[Array]:
    """Yield for each split which images are in it (bool); images in no split are one of their own."""
    for name in dict.fromkeys(splits.tolist()):
        yield splits == name


def label_digests(data: Dataset) -> Array:
    """Return a number for each image that is equal where categories and boxes are, to a hundredth of a pixel and in any
    order (uint64, one an image), and how many annotations each has (int64); shape (2, n) as uint64."""
    rows, images = data.table("annotations"), data.table("images")
    own = data.image_rows(rows["image"])
    with np.errstate(over="ignore"):
        mixed = data.annotation_labels.astype(np.uint64) + np.uint64(1)
        for side in data.boxes.xywh.T:
            scaled = np.where(data.boxes.fraction, 1e6, 100.0) * side
            whole = np.rint(np.nan_to_num(scaled, nan=-1.0, posinf=-2.0, neginf=-3.0).clip(-1e15, 1e15))
            mixed ^= whole.astype(np.int64).astype(np.uint64)
            mixed *= np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        digests = np.zeros((2, len(images)), dtype=np.uint64)
        np.add.at(digests[0], own[own >= 0], mixed[own >= 0])
    digests[1] = np.bincount(own[own >= 0], minlength=len(images))
    return digests
