"""How far two distributions differ, from counts: counts of parts add up, so a dataset may be counted in shards.

| number | formula | source |
|---|---|---|
| Cramer's V | phi2 = chi2/n less (r-1)(k-1)/(n-1), over min(r', k') - 1, where r' = r - (r-1)^2/(n-1), k' alike; its root | Cramer 1946, bias corrected as Bergsma 2013 |
| KS distance | largest difference of two cumulative shares, at the edges of the bins | Kolmogorov, Smirnov |
"""

from __future__ import annotations

import numpy as np

from annotool.table import Array

__all__ = ["cramers_v", "ks_distance"]


def cramers_v(counts: Array) -> float:
    """Return the bias-corrected Cramer's V of a table of counts (r, k), 0 to 1; 0 where a side has one row."""
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0].astype(np.float64)
    n, (r, k) = table.sum(), table.shape
    if r < 2 or k < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = float(((table - expected) ** 2 / expected).sum() / n) - (r - 1) * (k - 1) / (n - 1)
    sides = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(max(phi2, 0.0) / sides, 1.0))) if sides > 0 else 0.0


def ks_distance(one: Array, other: Array) -> float:
    """Return the KS distance of two histograms over the same bins, int (bins,), each with something in it."""
    return float(np.abs(np.cumsum(one) / one.sum() - np.cumsum(other) / other.sum()).max())
