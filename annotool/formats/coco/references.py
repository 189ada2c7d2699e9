"""References resolved: which row an id names, where ids may repeat, be text, or be missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["resolve", "resolve_texts"]

WIDEST = 1 << 24  # ids that are looked up in a table of their whole range


def resolve(ids: Array, wanted: Array) -> Array:
    """Return for each wanted id the first row of `ids` that has it, int64; -1 where none has. NO_ID names no row."""
    rows = np.flatnonzero(ids != NO_ID)
    if not len(rows):
        return np.full(len(wanted), -1, dtype=np.int64)
    known = ids[rows]
    low, high = int(known.min()), int(known.max())
    if high - low >= WIDEST:
        order = np.argsort(known, kind="stable")
        at = np.minimum(np.searchsorted(known[order], wanted), len(order) - 1)
        return np.where(known[order][at] == wanted, rows[order[at]], -1)
    table = np.full(high - low + 1, -1, dtype=np.int64)
    table[known[::-1] - low] = rows[::-1]  # the last of equal ids written is the first row
    inside = (wanted >= low) & (wanted <= high)
    return np.where(inside, table[np.where(inside, wanted, low) - low], -1)


def resolve_texts(rows: Array, texts: Mapping[int, str], wanted: Mapping[int, str]) -> None:
    """Fill `rows` for references that are text: `wanted` and `texts` give the text of a row's id."""
    first: dict[str, int] = {}
    for row, text in texts.items():
        first.setdefault(text, row)
    for row, text in wanted.items():
        rows[row] = first.get(text, -1)
