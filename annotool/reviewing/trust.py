"""How far a rule is to be trusted: what people confirmed of it, with a 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from annotool.reviewing.folder import Item

__all__ = ["Trust", "trusted", "wilson"]

Z = 1.959963984540054  # 97.5 % of a normal distribution


class Trust(NamedTuple):
    """What became of a rule's findings; low and high: 95 % interval of the share that is right, NaN undecided."""

    rule: str
    slug: str
    confirmed: int
    rejected: int
    undecided: int
    low: float
    high: float


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return Wilson's score interval at 95 % for a share, NaN without trials (Wilson, JASA 22, 1927)."""
    if not trials:
        return math.nan, math.nan
    share, square = hits / trials, Z * Z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if hits == 0 else low), (1.0 if hits == trials else high)


def trusted(items: Sequence[Item], confirmed: Collection[int], rejected: Collection[int]) -> list[Trust]:
    """Return one row a rule, codes sorted; confirmed and rejected: numbers of findings."""
    counts: dict[tuple[str, str], list[int]] = {}
    for each in items:
        at = 0 if each.number in confirmed else 1 if each.number in rejected else 2
        counts.setdefault((each.rule, each.slug), [0, 0, 0])[at] += 1
    return [
        Trust(rule, slug, yes, no, rest, *wilson(yes, yes + no))
        for (rule, slug), (yes, no, rest) in sorted(counts.items())
    ]
