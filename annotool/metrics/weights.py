"""How uneven class counts are, and the numbers that training uses against it.

n_c is the count of category c, N = sum n_c, K the categories with instances, m_c the images that show c, M all images.

| number | formula | source |
|---|---|---|
| Gini | 2 sum_i i n_(i) / (K N) - (K + 1) / K, n ascending: 0 all equal, towards 1 all in one | Gini 1912 |
| effective categories | exp(-sum p_c ln p_c): as many equally frequent categories would be as varied | Hill 1973, order 1 |
| effective number | E_c = (1 - b^n_c) / (1 - b): what n_c instances are worth when each overlaps the others | Cui et al. 2019, arXiv 1901.05555 |
| inverse weight | N / (K n_c) | scikit-learn's class_weight="balanced" |
| effective weight | 1 / E_c, scaled so that they sum to K | Cui et al. 2019 |
| repeat factor | max(1, sqrt(t / f_c)), f_c = m_c / M | Gupta et al. 2019 (LVIS), arXiv 1908.03195, section 4 |
| frequency | rare: 1 to 10 images, common: to 100, frequent: more | LVIS, as above |

Categories without instances have no weight (NaN) and count in none of these numbers.
"""

from __future__ import annotations

import numpy as np

from annotool.table import Array

__all__ = [
    "BETA",
    "REPEAT_BELOW",
    "effective_categories",
    "effective_number",
    "effective_weights",
    "frequencies",
    "gini",
    "inverse_weights",
    "repeat_factors",
]

BETA = 0.999  # of Cui et al.; they try .9 to .9999
REPEAT_BELOW = 0.001  # t of LVIS: categories in a smaller share of the images than this are repeated
RARE, COMMON = 10, 100  # images


def gini(counts: Array) -> float:
    """Gini coefficient of the counts that are not 0, in 0..1; NaN where there is none."""
    some = np.sort(counts[counts > 0])
    k = len(some)
    if not k:
        return float("nan")
    return float(2 * (np.arange(1, k + 1) * some).sum() / (k * some.sum()) - (k + 1) / k)


def effective_categories(counts: Array) -> float:
    """How many equally frequent categories would be as varied, 1..K; NaN where no count is above 0."""
    some = counts[counts > 0]
    if not len(some):
        return float("nan")
    p = some / some.sum()
    return float(np.exp(-(p * np.log(p)).sum()))


def effective_number(counts: Array, beta: float = BETA) -> Array:
    """Return E_c of each count, float64; 0 for 0."""
    return np.asarray(-np.expm1(counts * np.log(beta)) / (1 - beta))


def inverse_weights(counts: Array) -> Array:
    """Return N / (K n_c) of each count, float64; NaN for 0."""
    n = known(counts)
    return np.asarray(np.nansum(n) / (np.isfinite(n).sum() * n))


def effective_weights(counts: Array, beta: float = BETA) -> Array:
    """Return 1 / E_c of each count, scaled to sum to K, float64; NaN for 0."""
    raw = 1 / effective_number(known(counts), beta)
    return np.asarray(raw * np.isfinite(raw).sum() / np.nansum(raw)) if np.isfinite(raw).any() else raw


def repeat_factors(images: Array, total: Array | int, below: float = REPEAT_BELOW) -> Array:
    """Return how often an image that shows each category is to be drawn, float64 >= 1; NaN for categories in no image.

    images: how many show each category; total: all images (one number, or one a category). An image's own factor is the largest of its categories'.
    """
    return np.asarray(np.maximum(1.0, np.sqrt(below * total / known(images))))


def frequencies(images: Array) -> Array:
    """Return rare, common or frequent for how many images show each category, object array; empty for none."""
    names = np.array(["", "rare", "common", "frequent"], dtype=object)
    return np.asarray(names[np.digitize(images, [1, RARE + 1, COMMON + 1])])


def known(counts: Array) -> Array:
    """The counts as float64, NaN for 0."""
    return np.asarray(np.where(counts > 0, counts, np.nan))
