"""Confident learning: which single labels a model's probabilities speak against, by the noise rates they make likely.

Of n images, K categories, given label y and probabilities p (n, K) of a model that has not seen y:

1. t_k, the mean p_k of the images labelled k, is the confidence one may ask for category k.
2. An image counts for the category k whose p_k >= t_k, of several the one with the largest p; C[i, j] counts images labelled i
   that count for j, the diagonal at least 1; each row is scaled to the number of images labelled i, rounded to whole numbers.
3. Prune by noise rate: of the images labelled i, the C[i, j] with the largest p_j - p_i are flagged, for each j other than i, but
   for those whose own label is as likely as any.

At least one image of each category is kept. Source: Northcutt, Jiang, Chuang 2021, arXiv 1911.00068; where the paper leaves a
choice (rounding, what is kept) as cleanlab 2.9 (Apache-2.0), whose flags our tests hold these to.
"""

from __future__ import annotations

import numpy as np

from annotool.table import Array

__all__ = ["confident_joint", "flagged", "self_confidence", "thresholds"]

ALMOST = 1e-6
KEPT = 1  # images of each category that stay


def flagged(labels: Array, probabilities: Array) -> Array:
    """Return which labels are likely wrong: bool (n,). labels int64 (n,) in 0..K-1; probabilities float64 (n, K)."""
    prune = pruned(confident_joint(labels, probabilities))
    out = np.zeros(len(labels), dtype=bool)
    for given in np.flatnonzero(np.bincount(labels, minlength=len(prune)) > KEPT).tolist():
        mine = np.flatnonzero(labels == given)
        own = probabilities[mine]
        for true in np.flatnonzero(prune[:, given] > 0).tolist():
            if true != given:
                order = np.argsort(own[:, given] - own[:, true])
                out[mine[order[: prune[true, given]]]] = True
    likely = self_confidence(labels, probabilities) >= probabilities.max(axis=1, initial=0.0) - ALMOST
    return np.asarray(out & ~likely)


def self_confidence(labels: Array, probabilities: Array) -> Array:
    """Return the probability of each given label, float64 (n,): low where it is likely wrong."""
    return np.asarray(probabilities[np.arange(len(labels)), labels])


def thresholds(labels: Array, probabilities: Array) -> Array:
    """Return t of each category, float64 (K,); 2, which nothing reaches, for one that no image is labelled."""
    k = probabilities.shape[1]
    counts = np.bincount(labels, minlength=k)
    total = np.bincount(labels, weights=self_confidence(labels, probabilities), minlength=k)
    mean = np.divide(total, counts, out=np.full(k, 2.0), where=counts > 0)
    return np.asarray(np.maximum(mean, 2 * ALMOST))


def confident_joint(labels: Array, probabilities: Array) -> Array:
    """Return C scaled to the number of images of each label, int64 (K, K): given label, likely true category."""
    k = probabilities.shape[1]
    sure = probabilities >= thresholds(labels, probabilities) - ALMOST
    count = sure.sum(axis=1)
    true = np.where(count > 1, probabilities.argmax(axis=1), sure.argmax(axis=1))
    pairs = (labels * k + true)[count > 0]
    joint = np.bincount(pairs, minlength=k * k).reshape(k, k)
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), KEPT))
    images = np.bincount(labels, minlength=k)
    scaled = joint / joint.sum(axis=1, keepdims=True) * images[:, None]
    total = scaled.T.ravel().sum()  # in cleanlab's order, as its last bit breaks ties
    return rounded(scaled / max(total, 1e-100) * images.sum())


def pruned(joint: Array) -> Array:
    """Return how many images of each label (column) are to go for each likely category (row), int64 (K, K)."""
    counts = joint.T
    kept = np.maximum(counts.diagonal(), KEPT)
    more = kept - counts.diagonal()
    noisy = np.maximum(np.count_nonzero(counts, axis=0) - 1.0, 1.0)
    lessened = np.maximum(counts - more / noisy, 0.0)
    np.fill_diagonal(lessened, kept)
    return rounded(lessened.astype(np.int64))


def rounded(rows: Array) -> Array:
    """Round each row to whole numbers with the same sum, int64: those nearest to the next number give way."""
    whole = np.rint(rows)
    for row, out in zip(rows, whole, strict=True):
        while gap := int(np.rint(np.rint(row.sum()) - out.sum())):
            step = 1 if gap > 0 else -1
            out[np.argsort(row - out)[::-step][: min(abs(gap), len(out))]] += step
    return np.asarray(whole.astype(np.int64))
