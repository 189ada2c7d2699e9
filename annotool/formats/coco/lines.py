"""Line numbers of bytes."""

from __future__ import annotations

import numpy as np

from annotool.formats.coco.jsontext import Buffer
from annotool.table import Array

__all__ = ["line_numbers"]

BLOCK = 1 << 20


def line_numbers(text: Buffer, at: Array) -> Array:
    """Return the line, from 1, that each byte of `text` stands on (int32); 0 for bytes below 0."""
    held = np.frombuffer(text, dtype=np.uint8)
    order = np.argsort(at, kind="stable")
    places = at[order]
    lines = np.zeros(len(at), dtype=np.int32)
    before = 0
    last = int(places[-1]) if len(places) else 0
    for first in range(0, last + 1, BLOCK):
        low, high = np.searchsorted(places, [max(first, 0), first + BLOCK])
        feeds = held[first : first + BLOCK] == ord("\n")
        count = int(np.count_nonzero(feeds))
        lines[low:high] = before + 1
        if count:
            lines[low:high] += np.searchsorted(np.flatnonzero(feeds), places[low:high] - first).astype(
                np.int32
            )
        before += count
    numbered = np.empty_like(lines)
    numbered[order] = lines
    return numbered
