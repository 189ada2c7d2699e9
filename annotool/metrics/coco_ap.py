"""Average precision and recall as COCO defines them: COCOeval of pycocotools decides, and we agree with it to 1e-9.

| number | formula |
|---|---|
| precision at recall r | the largest tp / (tp + fp) among the guesses, by falling score, at which tp / objects is at least r; 0 beyond the last |
| AP | mean of that over r = 0, .01 ... 1, IoU .50, .55 ... .95, and all categories that have objects |
| AR | mean of tp / objects after all guesses, over the same |

Truths that are crowds, or whose area is outside the range, count neither as objects nor as misses; a guess that finds one of them,
or that finds nothing and is itself outside the range, counts neither as right nor as wrong. small: area <= 32^2, medium: to
96^2, large: above, px. Source: cocodataset/cocoapi, cocoeval.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.metrics.matching import Overlaps, greedy
from annotool.metrics.scene import Scene
from annotool.table import Array, Table

__all__ = [
    "NUMBERS",
    "THRESHOLDS",
    "Curves",
    "Judged",
    "category_table",
    "curve_table",
    "curves",
    "judge",
    "mean",
    "summary",
]

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
RANGES = np.array([[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]], dtype=np.float64)
SIZES = ("all", "small", "medium", "large")
MOST = 100
FIRST = (1, 10, MOST)  # guesses of an image and category that recall is told of

NUMBERS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
"""The twelve numbers, in the order of COCOeval.stats."""


@dataclass(frozen=True)
class Judged:
    """What became of each guess, by range of sizes (A = 4) and IoU threshold (T = 10).

    right, wrong bool (guesses, A, T), neither where a guess counts for nothing; counts bool (truths, A): is an object to be
    found; found int32 (guesses, A, T): the truth, -1 for none.
    """

    right: Array
    wrong: Array
    counts: Array
    found: Array


@dataclass(frozen=True)
class Curves:
    """What the twelve numbers are means of; -1 where a category has no object.

    precision, score float64 (T, 101, K, A): at each recall; recall float64 (T, K, A, 3): after 1, 10 and 100 guesses.
    """

    precision: Array
    score: Array
    recall: Array


def judge(sides: Scene, pairs: Overlaps, lost: bool = True) -> Judged:
    """Let the first MOST guesses of each image and label find their truths; the others count for nothing. With `lost` what
    pycocotools never counts as found is not."""
    truths, guesses = sides.truths, sides.guesses
    alike = guesses["label"][pairs.guess] == truths["label"][pairs.truth]
    alike &= guesses["place"][pairs.guess] < MOST
    ignored = truths["crowd"][:, None] | outside(truths["area"])
    group = guesses["image"] * (len(sides.names) + 1) + guesses["label"]
    found = greedy(pairs.take(alike), group, THRESHOLDS, ignored, truths["crowd"])
    ranges = np.arange(len(RANGES))[:, None]
    idle = np.append(ignored, np.zeros((1, len(RANGES)), dtype=bool), axis=0)[found, ranges]
    none = found < 0
    looked_at = (guesses["place"] < MOST)[:, None, None]
    if lost and truths["lost"].any():
        none |= np.append(truths["lost"], False)[found]
    idle |= none & outside(guesses["area"])[:, :, None]
    idle |= ~looked_at
    return Judged(~none & ~idle, none & ~idle, ~ignored, found)


def outside(area: Array) -> Array:
    """Whether an area is in each range: bool (n, 4). One that is not known is in the first alone."""
    with np.errstate(invalid="ignore"):
        out = (area[:, None] < RANGES[:, 0]) | (area[:, None] > RANGES[:, 1])
    out[np.isnan(area), 1:] = True
    return np.asarray(out)


def curves(sides: Scene, judged: Judged, images: Array | None = None) -> Curves:
    """Add up what was judged, over all images or those of a bool mask by image number."""
    guesses, truths, k = sides.guesses, sides.truths, len(sides.names)
    inside = slice(None) if images is None else images[guesses["image"]]
    rows = np.arange(len(guesses))[inside]
    rows = rows[guesses["place"][rows] < MOST]
    rows = rows[np.lexsort((-guesses["score"][rows], guesses["label"][rows]))]
    cuts = np.searchsorted(guesses["label"][rows], np.arange(k + 1))
    there = slice(None) if images is None else images[truths["image"]]
    objects = np.zeros((k, len(RANGES)), dtype=np.int64)
    np.add.at(objects, truths["label"][there], judged.counts[there])
    shape = (len(THRESHOLDS), len(RECALLS), k, len(RANGES))
    held = Curves(np.full(shape, -1.0), np.full(shape, -1.0), np.full((*shape[:1], k, len(RANGES), 3), -1.0))
    for label in np.flatnonzero(objects.any(axis=1)).tolist():
        mine = rows[cuts[label] : cuts[label + 1]]
        fill(held, label, objects[label], judged.right[mine], judged.wrong[mine],
             guesses["score"][mine], guesses["place"][mine])  # fmt: skip
    return held


def fill(
    held: Curves, label: int, objects: Array, right: Array, wrong: Array, score: Array, place: Array
) -> None:
    """Work out one label; all but `objects` by falling score."""
    scores = np.append(score, 0.0)
    for size in np.flatnonzero(objects).tolist():
        for at, first in enumerate(FIRST):
            held.recall[:, label, size, at] = right[place < first, size].sum(axis=0) / objects[size]
        for level in range(len(THRESHOLDS)):
            precision, where = interpolated(right[:, size, level], wrong[:, size, level], int(objects[size]))
            held.precision[level, :, label, size] = precision
            held.score[level, :, label, size] = scores[where]


def interpolated(right: Array, wrong: Array, objects: int) -> tuple[Array, Array]:
    """Precision at each of RECALLS, float64 (101,), and the guess that reaches it, n where none does; right and wrong bool
    (n,) by falling score."""
    tp = np.cumsum(right, dtype=np.float64)
    precision = tp / (np.cumsum(wrong, dtype=np.float64) + tp + np.spacing(1))
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    where = np.searchsorted(tp / objects, RECALLS)
    return best[where], where


def mean(values: Array) -> float:
    """The mean of what is defined (above -1); NaN where nothing is."""
    some = values[values > -1]
    return float(some.mean()) if len(some) else float("nan")


def summary(held: Curves) -> dict[str, float]:
    """The twelve numbers; NaN where COCOeval says -1."""
    p, r = held.precision, held.recall
    values = [p[..., 0], p[0, ..., 0], p[5, ..., 0], *(p[..., size] for size in (1, 2, 3))]
    values += [r[..., 0, 0], r[..., 0, 1], r[..., 0, 2], *(r[..., size, 2] for size in (1, 2, 3))]
    return {name: mean(each) for name, each in zip(NUMBERS, values, strict=True)}


def category_table(sides: Scene, held: Curves) -> Table:
    """One row a category: category, objects (no crowds), images (that show it), predictions, the twelve numbers."""
    k, truths = len(sides.names), sides.truths
    own = ~truths["crowd"]
    shown = np.unique(truths["label"][own] * (len(sides.images) + 1) + truths["image"][own])
    rows = [
        summary(Curves(held.precision[:, :, [at]], held.score[:, :, [at]], held.recall[:, [at]]))
        for at in range(k)
    ]
    return Table(
        {
            "category": np.array([*sides.names, ""], dtype=object)[:k],
            "objects": np.bincount(truths["label"][own], minlength=k)[:k],
            "images": np.bincount(shown // (len(sides.images) + 1), minlength=k)[:k],
            "predictions": np.bincount(sides.guesses["label"], minlength=k)[:k],
            **{name: np.array([row[name] for row in rows], dtype=np.float64) for name in NUMBERS},
        }
    )


def curve_table(sides: Scene, held: Curves) -> Table:
    """101 rows a category with objects: category, recall, precision50, precision75, precision (mean over the IoU
    thresholds), score50 (the score at which it is reached; 0: not reached)."""
    some = np.flatnonzero(held.precision[0, 0, :, 0] > -1)
    p = held.precision[:, :, some, 0]
    names = np.array([*sides.names, ""], dtype=object)[some]
    return Table(
        {
            "category": np.repeat(names, len(RECALLS)),
            "recall": np.tile(RECALLS, len(some)),
            "precision50": p[0].T.ravel(),
            "precision75": p[5].T.ravel(),
            "precision": p.mean(axis=0).T.ravel(),
            "score50": held.score[0, :, some, 0].ravel(),
        }
    )
