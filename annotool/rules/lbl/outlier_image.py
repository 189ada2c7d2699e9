"""LBL005."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import INFO, DatasetRule, Findings, found, pixels_lacking
from annotool.rules.lbl.base import labelled
from annotool.table import Array, Table

NUMBERS = ("contrast", "brightness", "dark_end", "light_end", "entropy", "edges", "spread")
REFERENCE = 4000  # images that distances are measured to: beyond, every n-th
BLOCK = 512


class Described(msgspec.Struct, frozen=True):
    """One row a labelled image whose pixels are known: what its finding points to, file_name, numbers float64 (d,)."""

    rows: Table


@dataclass(frozen=True)
class OutlierImage(DatasetRule[Described]):
    """An image is unlike all others of a set of labelled images.

    What: of each image seven numbers of its pixels (contrast, brightness, dark and light end, entropy, edges, spread of
    colours) and its shape, each divided by its spread over the dataset; and the mean distance to the `neighbours` nearest
    other images. Told is a distance above the third quartile by `factor` times the distance between the quartiles, of
    the logarithms, which are nearly even to both sides. Below `images` images nothing is told. In preview: these numbers
    know nothing of what an image shows.

    Why: a screenshot among photographs, a page of text, a broken scan: labels of what does not belong teach nothing.

    Bad: a photograph of a label's text in a set of crops of cells.

    Good: crops of cells.

    Fix: none: a fact to look at.

    Source: cleanlab, outlier.py (distance to the k nearest neighbours); three times the distance between the quartiles is
    Tukey's outer fence. It tells 1 of the 255 crops of BCCD, and would tell 5 at 1.7 times; both are clean.
    """

    neighbours: int = 10
    factor: float = 3.0
    images: int = 50

    code = "LBL005"
    slug = "outlier-image"
    severities = (INFO,)
    verdict = ("1 image is unlike all others", "{n} images are unlike all others")
    silenced_by = ("IMG001", "IMG003")
    preview = True

    def unable(self, data: Dataset) -> str:
        return pixels_lacking(data) if labelled(data) else ""

    def partial(self, shard: Dataset) -> Described:
        images, rows = shard.table("images"), shard.table("annotations")
        shown = np.zeros(len(images), dtype=bool)
        if labelled(shard) and shard.images_checked == "decode":
            owner = shard.image_rows(rows["image"])
            shown[owner[owner >= 0]] = True
            shown &= shard.image_pixels["known"]
        at = np.flatnonzero(shown)
        numbers = np.zeros((len(at), len(NUMBERS) + 1))
        if len(at):
            pixels, files = shard.image_pixels, shard.image_headers
            shape = np.log(np.maximum(files.width, 1) / np.maximum(files.height, 1))
            numbers = np.stack([*(pixels[name] for name in NUMBERS), shape], axis=1)[at]
        return Described(images.take(at).with_columns(numbers=numbers))

    def merge(self, states: Sequence[Described]) -> Described:
        return Described(Table.concat([each.rows for each in states]))

    def finish(self, state: Described) -> Findings:
        rows = state.rows
        if len(rows) < max(self.images, self.neighbours + 2):
            return Findings()
        far = distances(scaled(rows["numbers"]), self.neighbours)
        low, high = np.quantile(np.log(np.maximum(far, 1e-12)), [0.25, 0.75])
        limit = float(np.exp(high + self.factor * (high - low)))
        out = np.flatnonzero(far > limit)
        return found(
            self,
            "{file_name} is unlike the others: {distance:.2f} from its {neighbours} nearest (told above {limit:.2f})",
            rows,
            take=out,
            values={
                "file_name": rows["file_name"][out],
                "distance": np.round(far[out], 4),
                "neighbours": self.neighbours,
                "limit": round(limit, 4),
            },
        )


def scaled(numbers: Array) -> Array:
    """Return columns divided by their spread (the distance between quartiles, else the standard deviation), float64."""
    known = np.nan_to_num(numbers)
    low, high = np.quantile(known, [0.25, 0.75], axis=0)
    spread = np.where(high > low, high - low, np.std(known, axis=0))
    return np.asarray(
        (known - np.median(known, axis=0)) / np.where(spread > 0, spread, 1.0), dtype=np.float64
    )


def distances(points: Array, neighbours: int) -> Array:
    """Return the mean Euclidean distance of each point (n, d) to its nearest others, float64 (n,)."""
    step = -(-len(points) // REFERENCE)
    reference = np.arange(0, len(points), step)
    near = points[reference]
    mean = np.empty(len(points))
    for first in range(0, len(points), BLOCK):
        own = points[first : first + BLOCK]
        apart = np.sqrt(((own[:, None, :] - near[None, :, :]) ** 2).sum(axis=2))
        itself = np.arange(first, first + len(own))[:, None] == reference[None, :]
        apart[itself] = np.inf
        mean[first : first + len(own)] = np.partition(apart, neighbours - 1, axis=1)[:, :neighbours].mean(
            axis=1
        )
    return mean
