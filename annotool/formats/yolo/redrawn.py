"""The text of a row whose outline was drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from annotool.formats.yolo.outlines import joined

__all__ = ["redrawn"]

SAME = 1e-12  # a fraction that is off by less is the one that was written


def redrawn(
    rings: Sequence[Any],
    size: tuple[float, float],
    old: Sequence[bytes],
    spelled: Callable[[float, bytes], bytes],
) -> list[bytes]:
    """Return the words of rings (flat pixels, or fractions where size is 1, 1), several joined to one.

    `old` are the words of the outline that was; a number that stands among them keeps its spelling, others are
    `spelled` in the manner of the first.
    """
    ring = joined([np.asarray(each, dtype=np.float64) for each in rings])
    fractions = ring / np.tile(size, len(ring) // 2)
    written = np.array([float(word) for word in old])
    order = np.argsort(written, kind="stable")
    place = np.searchsorted(written[order], fractions)
    words = []
    for value, at in zip(fractions.tolist(), place.tolist(), strict=True):
        near = [order[each] for each in (at - 1, at) if 0 <= each < len(order)]
        best = min(near, key=lambda each: abs(written[each] - value))
        words.append(old[best] if abs(written[best] - value) <= SAME else spelled(value, old[0]))
    return words
