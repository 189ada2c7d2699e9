"""Average precision as Pascal VOC defines it, for one IoU threshold.

Each guess looks at the truth of its image and category with the largest IoU, found already or not. Below the threshold it is wrong;
on a difficult truth (here also: on a crowd) it counts for nothing; the surest guess of a truth is right, every later one wrong.
Objects are the truths that are not difficult.

- every point (VOC 2010 on): the area under the precision made to fall with recall, max over r' >= r of p(r').
- 11 points (VOC 2007): mean over r = 0, .1 ... 1 of the largest precision at a recall of at least r.

Source: the development kit of VOC2012, VOCevaldet.m. Its boxes count both border pixels, as ours do once read.
"""

from __future__ import annotations

import numpy as np

from annotool.metrics.matching import Overlaps
from annotool.metrics.scene import Scene
from annotool.table import Array

__all__ = ["ELEVEN", "voc_ap"]

ELEVEN = np.linspace(0.0, 1.0, 11)


def voc_ap(sides: Scene, pairs: Overlaps, threshold: float = 0.5) -> tuple[Array, Array]:
    """Return the AP of each label by 11 points and by every point, float64 (K,); NaN without objects."""
    guesses, truths, k = sides.guesses, sides.truths, len(sides.names)
    right, wrong = judged(sides, pairs, threshold)
    idle = truths["difficult"] | truths["crowd"]
    objects = np.bincount(truths["label"][~idle], minlength=k)
    rows = np.lexsort((-guesses["score"], guesses["label"]))
    cuts = np.searchsorted(guesses["label"][rows], np.arange(k + 1))
    eleven, every = np.full((2, k), np.nan)
    for label in np.flatnonzero(objects).tolist():
        mine = rows[cuts[label] : cuts[label + 1]]
        tp = np.cumsum(right[mine], dtype=np.float64)
        told = tp + np.cumsum(wrong[mine])
        precision = np.divide(tp, told, out=np.zeros_like(tp), where=told > 0)
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        recall = tp / objects[label]
        eleven[label] = best[np.searchsorted(recall, ELEVEN)].mean()
        every[label] = (np.diff(recall, prepend=0.0) * best[:-1]).sum()
    return eleven, every


def judged(sides: Scene, pairs: Overlaps, threshold: float) -> tuple[Array, Array]:
    """Which guesses are right and which are wrong: bool (guesses,)."""
    guesses, truths = sides.guesses, sides.truths
    pairs = pairs.take(guesses["label"][pairs.guess] == truths["label"][pairs.truth])
    pairs = pairs.take(pairs.iou >= threshold)
    order = np.lexsort(
        (-pairs.truth, pairs.iou)
    )  # the last to be written stays: of equal ones the first truth
    truth = np.full(len(guesses), -1, dtype=np.int64)
    truth[pairs.guess[order]] = pairs.truth[order]
    idle = np.append(truths["difficult"] | truths["crowd"], False)[truth]
    hits = np.flatnonzero((truth >= 0) & ~idle)
    _, first = np.unique(truth[hits], return_index=True)  # rows of guesses fall in score inside an image
    right = np.zeros(len(guesses), dtype=bool)
    right[hits[first]] = True
    return right, ~right & ~idle
