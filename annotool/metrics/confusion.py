"""Which category is taken for which: a matrix of truths by guesses, with a row and a column for the background.

Guesses with a score of at least `least` choose in the order of their scores, whatever their category: the free truth of the image
with the largest IoU of at least .5. A truth that none chooses stands in its row under the background, a guess that finds none in
the background's row under its category; what falls on a crowd counts for nothing.
"""

from __future__ import annotations

import numpy as np

from annotool.metrics.matching import Overlaps, greedy
from annotool.metrics.scene import Scene
from annotool.table import Array

__all__ = ["LEAST_SCORE", "matrix"]

LEAST_SCORE = 0.25
LEAST_IOU = np.array([0.5])


def matrix(sides: Scene, pairs: Overlaps, least: float = LEAST_SCORE) -> Array:
    """Return how many truths of each label (rows) were taken for each label (columns); the last of both is the background:
    int64 (K + 1, K + 1)."""
    guesses, truths, k = sides.guesses, sides.truths, len(sides.names)
    sure = guesses["score"] >= least
    crowd = truths["crowd"]
    found = greedy(pairs.take(sure[pairs.guess]), guesses["image"], LEAST_IOU, crowd[:, None], crowd)[:, 0, 0]
    of = np.append(truths["label"], k)[found]
    counted = sure & ~np.append(crowd, False)[found]
    missed = ~crowd
    missed[found[found >= 0]] = False
    cells = np.append(
        of[counted] * (k + 1) + guesses["label"][counted], truths["label"][missed] * (k + 1) + k
    )
    return np.bincount(cells, minlength=(k + 1) ** 2).reshape(k + 1, k + 1)
