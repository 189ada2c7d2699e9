"""Whether a score of .8 is right eight times in ten.

| number | formula | source |
|---|---|---|
| ECE | sum over bins of n_b / n |mean score - share right|, 15 bins (low, high] of equal width | Guo et al. 2017, arXiv 1706.04599 |
| ECE_mass | the same with bins of equal numbers of scores | Nixon et al. 2019, arXiv 1904.01685 |
| Brier | mean over images of the sum over labels of (score - truth)^2; with several labels an image the mean over labels too | Brier 1950 |
"""

from __future__ import annotations

import numpy as np

from annotool.table import Array, Table

__all__ = ["BINS", "brier", "expected_error", "reliability"]

BINS = 15


def reliability(score: Array, right: Array, bins: int = BINS, mass: bool = False) -> Table:
    """One row a bin that holds a score: low, high, count, score (mean), right (share). score float64 (n,) in 0..1, right bool
    (n,); `mass`: bins of equal numbers, low and high being the least and largest score in them."""
    if mass:
        order = np.argsort(score, kind="stable")
        place = np.empty(len(score), dtype=np.int64)
        place[order] = np.arange(len(score)) * bins // max(len(score), 1)
    else:
        place = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], score)
    count = np.bincount(place, minlength=bins)
    some = np.flatnonzero(count)
    low, high = some / bins, (some + 1) / bins
    if mass and len(score):
        edge = np.append(0, np.cumsum(count[some]))
        low, high = score[order][edge[:-1]], score[order][edge[1:] - 1]
    return Table(
        {
            "low": low,
            "high": high,
            "count": count[some],
            "score": np.bincount(place, weights=score, minlength=bins)[some] / count[some],
            "right": np.bincount(place, weights=right, minlength=bins)[some] / count[some],
        }
    )


def expected_error(bins: Table) -> float:
    """The ECE of a reliability table; NaN without scores."""
    total = bins["count"].sum()
    if not total:
        return float("nan")
    return float((bins["count"] * np.abs(bins["score"] - bins["right"])).sum() / total)


def brier(truth: Array, scores: Array, single: bool) -> float:
    """Mean squared difference of scores and truth, (n, K) each; NaN without images."""
    if not truth.size:
        return float("nan")
    squares = (scores - truth) ** 2
    return float(squares.sum(axis=1).mean() if single else squares.mean())
