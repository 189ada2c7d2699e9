"""BOX007."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.rules.box.base import judged, sizes_lacking
from annotool.table import Array, Table

SIGMA = 1.4826  # times the median of deviations: the standard deviation, if values are normally distributed
RANGE = 256.0  # more than the logarithms of any two areas in pixels are apart
EXAMPLES = 3


class Sizes(msgspec.Struct, frozen=True):
    """All boxes (annotation, image, label, x, y, w, h and the image's width and height; those that are not
    judged have a label one more than the largest, and sides of 1), the images (image, file_name) and the categories."""

    rows: Table
    images: Table
    categories: Table


@dataclass(frozen=True)
class SizeOutlier(DatasetRule[Sizes]):
    """Boxes of a category are far larger, smaller, wider or taller than its others.

    What: a box whose area or ratio of width to height, both as logarithms, is more than `deviations` standard
    deviations off the category's median, these taken from the median of deviations, which outliers cannot move; and at
    least `factor` times as large or small as the median. A box at the image's border may be as small as it likes: its
    object is cut off. From `boxes` boxes of a category on; one finding a category.

    Why: a fact, not a fault: among these are boxes around the wrong thing, around several things at once, or of the
    wrong category. A mean and its standard deviation would be moved by the very boxes that are looked for.

    Bad: 400 red cells of 90 to 110 px across, and one of 500.

    Good: the one is looked at, and is a cluster: given a category of its own, or made a crowd region.

    Fix: none.

    Source: Datumaro FarFromLabelMean (5 standard deviations); deepchecks and Encord Active go by quartiles. Median
    deviations: Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993. `factor` is ours: where all boxes are
    alike, one of half the size is still no outlier.
    """

    code = "BOX007"
    slug = "size-outlier"
    severities = (Severity.INFO,)
    verdict = ("1 class has boxes unlike its others", "{n} classes have boxes unlike their others")
    silenced_by = ("SCH001",)

    deviations: float = 5.0
    boxes: int = 30
    factor: float = 3.0
    border_px: float = 2.0

    def unable(self, data: Dataset) -> str:
        return sizes_lacking(data)

    def partial(self, shard: Dataset) -> Sizes:
        table, images = shard.table("annotations"), shard.table("images")
        known = judged(shard) & (shard.annotation_labels >= 0)
        columns = {name: table[name] for name in ("annotation", "image", *"xywh")}
        columns["label"] = shard.annotation_labels
        if not known.all():
            columns["label"] = np.where(known, columns["label"], len(shard.labels))
            columns |= {side: np.where(known, columns[side], 1.0) for side in "wh"}
        columns |= {"width": shard.boxes.width, "height": shard.boxes.height}
        names = Table({name: images[name] for name in ("image", "file_name")})
        return Sizes(Table(columns), names, shard.table("categories"))

    def merge(self, states: Sequence[Sizes]) -> Sizes:
        rows, images = ([getattr(each, name) for each in states] for name in ("rows", "images"))
        return Sizes(Table.concat(rows), Table.concat(images), states[0].categories)

    def finish(self, state: Sizes) -> Findings:
        label = state.rows["label"]
        count = np.bincount(label, minlength=int(state.categories["label"].max(initial=-1)) + 2)
        count[-1] = 0
        w, h = np.log(state.rows["w"]), np.log(state.rows["h"])
        area, ratio = w + h, w - h
        middle, far, some = zip(*(self.usual(each, label, count) for each in (area, ratio)), strict=True)
        rows = np.flatnonzero((some[0] | some[1])[label])
        off = np.maximum(
            *(
                distance(each[rows], m, f, label[rows])
                for each, m, f in zip((area, ratio), middle, far, strict=True)
            )
        )
        rows, off = rows[off > 1], off[off > 1]
        small = area[rows] < middle[0][label[rows]] + far[0][label[rows]]
        whole = ~self.excused(state.rows.take(rows), small)
        rows, off = rows[whole], off[whole]
        rows = rows[np.lexsort((state.rows["annotation"][rows], -off, label[rows]))]
        return self.told(state, rows, count, np.exp([*np.subtract(middle, far), *np.add(middle, far)]))

    def usual(self, values: Array, label: Array, count: Array) -> tuple[Array, Array, Array]:
        """The median of each label, how far from it is an outlier (infinite where there are few boxes), and whether
        the label has any."""
        median, deviation, least, most = medians(values, label, count)
        far = np.maximum(self.deviations * SIGMA * deviation, np.log(self.factor))
        far[count < self.boxes] = np.inf
        return median, far, (least < median - far) | (most > median + far)

    def excused(self, rows: Table, small: Array) -> Array:
        """Whether these boxes are none of this rule's, bool (n,): the image's border may have cut them (they touch it
        and are not too large), they leave the image, which is BOX002's, or they are so thin that they are BOX001's or
        BOX003's."""
        x, y, w, h = (rows[side] for side in "xywh")
        inside = np.minimum.reduce([x, y, rows["width"] - x - w, rows["height"] - y - h])
        return np.asarray((small & (inside < self.border_px)) | (inside < -1) | (np.minimum(w, h) <= 1))

    def told(self, state: Sizes, rows: Array, count: Array, limits: Array) -> Findings:
        """One finding for each label among these rows, which stand by label, the farthest first. `limits`, a column a
        label: least area, least ratio, largest area, largest ratio."""
        labels, first, outliers = np.unique(state.rows["label"][rows], return_index=True, return_counts=True)
        every, category = np.unique(state.categories["label"], return_index=True)
        category = category[np.searchsorted(every, labels)]
        examples = [
            shown(state, rows[at : at + min(EXAMPLES, n)])
            for at, n in zip(first.tolist(), outliers.tolist(), strict=True)
        ]
        least, narrow, most, wide = ([float(f"{value:.3g}") for value in each] for each in limits[:, labels])
        return found(
            self,
            "{name!r}: boxes unlike the others: {outliers:,} of {boxes:,}, of an area outside {least_area:,g} to "
            "{most_area:,g} px or of a width outside {least_ratio:g} to {most_ratio:g} times the height, as {examples}",
            state.categories,
            take=category,
            values={
                "name": state.categories["name"][category],
                "outliers": outliers,
                "boxes": count[labels],
                "least_area": least,
                "most_area": most,
                "least_ratio": narrow,
                "most_ratio": wide,
                "examples": examples,
            },
        )


def distance(values: Array, middle: Array, far: Array, label: Array) -> Array:
    """How far each value is from the middle of its label, 1 where it begins to be an outlier."""
    return np.asarray(np.abs(values - middle[label]) * (1 / far)[label])


def shown(state: Sizes, rows: Array) -> str:
    """These boxes in words: image and size."""
    names = state.images["file_name"][
        np.searchsorted(state.images["image"], state.rows["image"][rows])
    ].tolist()
    sizes = zip(state.rows["w"][rows].tolist(), state.rows["h"][rows].tolist(), strict=True)
    return ", ".join(f"{name} ({w:g} x {h:g})" for name, (w, h) in zip(names, sizes, strict=True))


def medians(values: Array, label: Array, count: Array) -> Array:
    """Of the values of each label the median, the median of deviations from it, the least and the largest: float64
    (4, labels), NaN for a label without values. `count` is how many each has, 0 for one that is not wanted.
    """
    ordered = np.sort(values + RANGE * label)
    known = np.flatnonzero(count)
    n = count[known]
    start = np.cumsum(n) - n
    median = (ordered[start + (n - 1) // 2] + ordered[start + n // 2]) / 2
    near = [radius(ordered, start, n, median, k) for k in ((n + 1) // 2, n // 2 + 1)]
    found = np.full((4, len(count)), np.nan)
    found[:, known] = median, np.mean(near, axis=0), ordered[start], ordered[start + n - 1]
    found[[0, 2, 3]] -= RANGE * np.arange(len(count))
    return found


def radius(ordered: Array, start: Array, n: Array, middle: Array, k: Array) -> Array:
    """How far around the middle of each run (ordered[start : start + n]) its k nearest values reach.

    They are neighbours: as their window moves up, its lower end comes nearer to the middle and its upper end leaves it,
    so the best window is where the two cross.
    """
    low, high = np.zeros_like(n), n - k
    while (low < high).any():
        at = start + (low + high) // 2
        crossed = ordered[at + k - 1] - middle >= middle - ordered[at]
        low, high = np.where(crossed, low, (low + high) // 2 + 1), np.where(crossed, (low + high) // 2, high)
        low = np.minimum(low, high)
    ends = [
        np.maximum(middle - ordered[start + at], ordered[start + at + k - 1] - middle)
        for at in (low, np.maximum(low - 1, 0))
    ]
    return np.asarray(np.minimum(*ends))
