"""How well each label agrees with a model's predictions: the three box scores of ObjectLab, low where a label is likely wrong.

Of a label l and a prediction p of one image with score c, s(l, p) = .9 IoU + .1 exp(-.1 d), d the distance of their centres in
pixels; m is the smallest s above 0 in the dataset.

| score | of each | formula |
|---|---|---|
| overlooked | prediction with c >= .95 that overlaps no label | largest s to labels of its category; m (1 - c) without any |
| located | label | largest s to predictions of its category with c > .5 that overlap it; 1 without any |
| swapped | label | 1 - largest s to predictions of other categories with c > .95, m at least; 1 without any; m where a label of another category lies on it with IoU >= .95 |

An image's score is exp of the mean log of the three, each pooled over its boxes by a soft minimum of temperature .1.
Since d is in pixels, scores depend on the size of the image; `scale` makes d that of an image with a diagonal of 800 px.

Source: Tkachenko, Thyagarajan, Mueller 2023, arXiv 2309.00832; constants as in cleanlab 2.9 (Apache-2.0), which our tests
hold these scores to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.metrics.matching import box_overlap, crossed
from annotool.table import Array, Table

__all__ = ["LIKELY", "POSSIBLE", "SEEN", "Agreement", "agreement", "image_scores", "to_diagonal"]

ALPHA = 0.9
FALL = 0.1  # of the distance's share, a pixel
SEEN, POSSIBLE, LIKELY = 0.05, 0.5, 0.95  # scores of predictions
SAME_PLACE = 0.95  # IoU of two labels
TEMPERATURE = 0.1
DIAGONAL = 800.0  # px, of an image of 640 x 480
TINY = 1e-100


@dataclass(frozen=True)
class Agreement:
    """What predictions and labels have to say to each other, each extreme NaN where there is none to compare with.

    Of each label, float64 (labels,): own, the largest s to predictions of its category that overlap it, c > .5; own_guess
    int64 which; other and other_guess, likewise to those of other categories, c > .95; doubled bool; met, the largest IoU
    with any prediction, c >= .05. Of each prediction: nearest float64, the largest s to labels of its category; overlaps bool.
    least: the m of this part.
    """

    own: Array
    own_guess: Array
    other: Array
    other_guess: Array
    doubled: Array
    met: Array
    nearest: Array
    overlaps: Array
    least: float

    def located(self) -> Array:
        """Return the score of each label's place, 0..1."""
        return np.where(np.isnan(self.own), 1.0, self.own)

    def swapped(self, least: float) -> Array:
        """Return the score of each label's category, 0..1; `least` is the m of the dataset."""
        told = np.where(np.isnan(self.other), 1.0, np.maximum(1 - self.other, least))
        return np.where(self.doubled, least, told)

    def overlooked(self, score: Array, least: float) -> Array:
        """Return the score of each prediction, whose confidence is `score`; NaN for those that are not judged."""
        alone = np.where(np.isnan(self.nearest), least * (1 - score), self.nearest)
        return np.where((score >= LIKELY) & ~self.overlaps, alone, np.nan)


def agreement(labels: Table, guesses: Table, scale: Array | None = None) -> Agreement:
    """Compare labels with predictions: tables with image (a number), label (of the category), x y w h in pixels; labels
    also crowd bool, guesses also score. scale: float64 (images,), the factor of distances; see `to_diagonal`.

    Crowds are met by predictions and not judged themselves.
    """
    held, found = np.full((2, len(labels)), np.nan), np.full((2, len(labels)), -1, dtype=np.int64)
    met, nearest = np.zeros(len(labels)), np.full(len(guesses), np.nan)
    overlaps, least = np.zeros(len(guesses), dtype=bool), 1.0
    boxes = [np.stack([table[name] for name in "xywh"], axis=1) for table in (guesses, labels)]
    iou_of = box_overlap(boxes[0], boxes[1], np.zeros(len(labels), dtype=bool))
    guess_middle, label_middle = (box[:, :2] + box[:, 2:] / 2 for box in boxes)
    for guess, label in crossed(guesses["image"], labels["image"]):
        iou, score = iou_of(guess, label), guesses["score"][guess]
        distance = np.hypot(*(guess_middle[guess] - label_middle[label]).T)
        if scale is not None:
            distance = distance * scale[labels["image"][label]]
        far = 1 - np.exp(
            -distance * FALL
        )  # rounds to 1 beyond some 370 px, as cleanlab's does: no similarity
        s = iou * ALPHA + (1 - ALPHA) * (1 - far)
        least = min(least, float(s[s > 0].min(initial=1.0)))
        np.maximum.at(met, label, np.where(score >= SEEN, iou, 0.0))
        overlaps[guess[iou > 0]] = True
        judged = ~labels["crowd"][label]
        alike = guesses["label"][guess] == labels["label"][label]
        keep(nearest, None, guess, label, s, alike & judged)
        keep(held[0], found[0], label, guess, s, alike & judged & (score > POSSIBLE) & (iou > 0))
        keep(held[1], found[1], label, guess, s, ~alike & judged & (score > LIKELY))
    return Agreement(
        held[0], found[0], held[1], found[1], doubled(labels, boxes[1]), met, nearest, overlaps, least
    )


def keep(best: Array, which: Array | None, row: Array, other: Array, s: Array, wanted: Array) -> None:
    """Put the largest s of each row, where it is larger than what is there, and the other it is of."""
    row, other, s = row[wanted], other[wanted], s[wanted]
    order = np.lexsort((-other, s))  # the last to be written stays: the largest, of equal ones the first
    row, other, s = row[order], other[order], s[order]
    top = np.full(len(best), -1, dtype=np.int64)
    top[row] = np.arange(len(row))
    rows = np.flatnonzero(top >= 0)
    rows = rows[~(best[rows] >= s[top[rows]])]
    best[rows] = s[top[rows]]
    if which is not None:
        which[rows] = other[top[rows]]


def doubled(labels: Table, boxes: Array) -> Array:
    """Which labels have one of another category in the same place: bool (labels,)."""
    found = np.zeros(len(labels), dtype=bool)
    iou_of = box_overlap(boxes, boxes, np.zeros(len(labels), dtype=bool))
    for one, other in crossed(labels["image"], labels["image"]):
        unlike = np.flatnonzero(labels["label"][one] != labels["label"][other])
        one, other = one[unlike], other[unlike]
        found[one[iou_of(one, other) >= SAME_PLACE]] = True
    return found


def to_diagonal(width: Array, height: Array) -> Array:
    """Return the factor that makes distances those of an image with a diagonal of 800 px; 1 where the size is not known."""
    diagonal = np.hypot(width, height)
    return np.where(diagonal > 0, DIAGONAL / np.where(diagonal > 0, diagonal, 1.0), 1.0)


def image_scores(
    label_image: Array, guess_image: Array, images: int, scores: tuple[Array, Array, Array]
) -> Array:
    """Return the score of each image, float64 (images,); scores are `located`, `swapped` and `overlooked`."""
    pooled = [
        soft_minimum(score, image, images)
        for score, image in zip(scores, (label_image, label_image, guess_image), strict=True)
    ]
    return np.asarray(np.exp(np.mean([np.log(TINY + each) for each in pooled], axis=0)))


def soft_minimum(score: Array, image: Array, images: int) -> Array:
    """Pool scores by image; 1 for an image without any."""
    some = np.flatnonzero(~np.isnan(score))
    score, image = score[some], image[some]
    weight = np.exp(-score / TEMPERATURE)
    total = np.bincount(image, weights=weight, minlength=images)
    mean = np.bincount(image, weights=weight * score, minlength=images)
    return np.divide(mean, total, out=np.ones(images), where=total > 0)
