"""What the rules on predictions share: labels and predictions compared once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import COLUMNS, DatasetRule, Findings, gains
from annotool.table import Array, Table

if TYPE_CHECKING:  # else where predictions are compared: most audits have none
    from annotool.metrics.objectlab import Agreement

__all__ = ["Compared", "PredictionRule", "compared", "partners", "records"]

FACTOR = 0.8 * 0.25  # of a category's AP: the score up to which ObjectLab flags; cleanlab's constants
IN_SAMPLE = 0.99  # AP above which a model is likely to have seen these very labels


@dataclass(frozen=True)
class Compared:
    """Labels and predictions side by side.

    labels and guesses: COLUMNS of their records, but for `image`, which is the position of the image and whose key is
    `key`; row (position in its table), label, x y w h px, kind, crowd, score. scale float64, split object and home int64
    (the source that a box can be added to; -1: none): one an image.
    """

    names: tuple[str, ...]
    labels: Table
    guesses: Table
    scale: Array
    split: Array
    home: Array

    @cached_property
    def unpredicted(self) -> list[str]:
        """The splits without a single prediction: nobody predicted there, so nothing is missed there."""
        there = set(self.split[self.guesses["image"]].tolist())
        return [name for name in dict.fromkeys(self.split.tolist()) if name and name not in there]

    @cached_property
    def judged(self) -> Table:
        """The labels of splits that were predicted on."""
        return self.labels.take(~np.isin(self.split, self.unpredicted)[self.labels["image"]])

    def agreed(self, normalised: bool) -> Agreement:
        """Return what they have to say to each other."""
        return self.by_image if normalised else self.by_pixel

    @cached_property
    def by_pixel(self) -> Agreement:
        from annotool.metrics.objectlab import agreement

        return agreement(self.judged, self.guesses)

    @cached_property
    def by_image(self) -> Agreement:
        from annotool.metrics.objectlab import agreement

        return agreement(self.judged, self.guesses, self.scale)

    @cached_property
    def precision(self) -> Array:
        """The AP of each label over IoU .5 to .95, as COCO's, float64; NaN without objects."""
        from annotool.metrics import coco_ap
        from annotool.metrics.matching import box_overlap, overlaps
        from annotool.metrics.scene import Scene, places

        truths, guesses = self.judged, self.guesses
        guesses = guesses.take(np.lexsort((-guesses["score"], guesses["image"])))
        place = places(guesses["image"] * (len(self.names) + 1) + guesses["label"])
        none = np.zeros(len(truths), dtype=bool)
        sides = Scene(
            self.names,
            np.arange(len(self.scale)),
            truths.with_columns(area=truths["w"] * truths["h"], difficult=none, lost=none),
            guesses.with_columns(area=guesses["w"] * guesses["h"], place=place),
            {},
            (),
        )
        iou = box_overlap(sides.boxes("guesses"), sides.boxes("truths"), truths["crowd"])
        judged = coco_ap.judge(sides, overlaps(guesses["image"], truths["image"], iou))
        held = coco_ap.curves(sides, judged).precision[..., 0]
        return np.asarray(np.where(held > -1, held, np.nan).mean(axis=(0, 1)))

    def misnamed(self, normalised: bool) -> Array:
        """Which labels are likely of another category, bool: of two labels in one place not that with which a prediction
        agrees."""
        labels, agreed = self.judged, self.agreed(normalised)
        likely = agreed.swapped(agreed.least) <= self.most(labels["label"])
        against = (agreed.other_guess >= 0) & ~(agreed.own >= agreed.other)
        return np.asarray(likely & against & ~labels["crowd"])

    def most(self, label: Array) -> Array:
        """Return the score up to which labels of each category are flagged; 0 where the model never learnt it."""
        return np.asarray(FACTOR * np.nan_to_num(self.precision)[label])


class PredictionRule(DatasetRule[Compared]):
    """Compares labels with predictions, of all images that were predicted on."""

    silenced_by = ("SCH001",)

    def unable(self, data: Dataset) -> str:
        if not len(data.table("predictions")):
            return "needs --predictions"
        state = data.once(compared)
        if not len(state.guesses):
            return "no prediction can be compared; see PRD005"
        said = []
        if state.unpredicted:
            said.append(f"nothing is predicted in {', '.join(state.unpredicted)}: not judged")
        known = state.precision[np.isfinite(state.precision)]
        if len(known) and known.mean() > IN_SAMPLE:
            said.append(
                f"the predictions look as if their model had learnt these very labels (AP {known.mean():.3f}), then it "
                "repeats their faults; take one that has not, see docs/label-errors.md"
            )
        return "; ".join(said)

    def check(self, data: Dataset) -> Findings:
        return super().check(data) if len(data.table("predictions")) else Findings()

    def partial(self, shard: Dataset) -> Compared:
        return shard.once(compared)

    def merge(self, states: Sequence[Compared]) -> Compared:
        if len(states) == 1:
            return states[0]
        before = np.cumsum([0, *(len(each.scale) for each in states)]).tolist()
        moved = []
        for name in ("labels", "guesses"):
            tables = zip((getattr(state, name) for state in states), before, strict=False)
            moved.append(Table.concat([each.with_columns(image=each["image"] + by) for each, by in tables]))
        images = [
            np.concatenate([getattr(each, name) for each in states]) for name in ("scale", "split", "home")
        ]
        return Compared(states[0].names, moved[0], moved[1], images[0], images[1], images[2])


def compared(data: Dataset) -> Compared:
    """Return the labels and predictions of a dataset, or a shard, that can be compared."""
    from annotool.metrics.objectlab import to_diagonal
    from annotool.metrics.scene import swapped

    sides = []
    for side in (data, swapped(data)):
        table, boxes = side.table("annotations"), side.boxes
        image = side.image_rows(table["image"])
        usable = boxes.usable & (side.annotation_labels >= 0) & (image >= 0)
        if side is not data:
            usable &= (table["score"] >= 0) & (table["score"] <= 1)
            usable &= boxes.fraction == np.append(fractions(data), False)[image]
        rows = np.flatnonzero(usable)
        columns = {name: table[name][rows] for name in (*COLUMNS, "kind", "score")}
        columns |= {"row": rows, "key": columns["image"], "image": image[rows]}
        columns |= {"label": side.annotation_labels[rows], "crowd": table["iscrowd"][rows] == 1}
        columns |= dict(zip("xywh", boxes.xywh[rows].T.copy(), strict=True))
        sides.append(Table(columns))
    images = data.table("images")
    scale = to_diagonal(images["width"], images["height"])
    home = np.where(gains(data), images["source"], -1)
    return Compared(data.labels, sides[0], sides[1], scale, data.image_splits, home)


def records(table: Table) -> Table:
    """Return labels or predictions as findings name them: by the key of their image."""
    return table.with_columns(image=table["key"])


def boxes_inside(data: Dataset, guesses: Array) -> list[tuple[float, float, float, float]]:
    """Return the boxes of predictions (their rows) as a label has them: what lies outside of the image cut off."""
    from annotool.metrics.scene import swapped

    side = swapped(data)
    boxes, image = side.boxes, side.image_rows(data.table("predictions")["image"][guesses])
    size = np.stack(
        [np.append(data.table("images")[name], np.nan)[image] for name in ("width", "height")], axis=1
    )
    size = np.where(boxes.fraction[guesses, None], 1.0, np.where(size > 0, size, np.inf))
    low, extent = boxes.xywh[guesses, :2], boxes.xywh[guesses, 2:]
    start, stop = np.clip(low, 0, size), np.clip(low + extent, 0, size)
    return [(x, y, w, h) for x, y, w, h in np.round(np.hstack([start, stop - start]), 6).tolist()]


def own_categories(data: Dataset, guesses: Array, sources: Array) -> Array:
    """Return the category of each prediction (its row) as the file of labels has it, which may be another row of that
    name than the prediction's."""
    table = data.table("categories")
    category = data.table("predictions")["category"][guesses]
    own = (table["label"] == table["label"][category][:, None]) & (table["source"] == sources[:, None])
    return np.asarray(np.where(own.any(axis=1), own.argmax(axis=1), category))


def partners(state: Compared, normalised: bool, keys: Array, name: str) -> tuple[Array, Array]:
    """Return for annotations, given by key, their position and that of the prediction which speaks against them
    (`own_guess` or `other_guess`), int64 each."""
    labels = state.judged
    order = np.argsort(labels["annotation"], kind="stable")
    at = order[np.searchsorted(labels["annotation"][order], keys)]
    guess = getattr(state.agreed(normalised), name)[at]
    return labels["row"][at], state.guesses["row"][guess]


def fractions(data: Dataset) -> Array:
    """Which images have boxes in fractions, as their size is not known: bool (images,)."""
    rows = data.image_rows(data.table("annotations")["image"])[data.boxes.fraction]
    found = np.zeros(len(data.table("images")), dtype=bool)
    found[rows[rows >= 0]] = True
    return found
