"""Which images a review shows, and whose they are: by a hash of the image's name, the same on every machine."""

from __future__ import annotations

import re
from hashlib import blake2b

import numpy as np

from annotool.errors import UsageError
from annotool.table import Array

__all__ = ["Share", "chosen", "mine", "parse_part", "places"]

Share = tuple[int, int]  # part k of n, from 1


def parse_part(text: str) -> Share:
    """Return `1/3` as (1, 3). Raises UsageError."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    part = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= part[0] <= part[1] <= 1000:
        raise UsageError(f"--part {text}: expected k/n, such as 1/3 for the first of three reviewers")
    return part


def places(names: list[str], salt: str) -> Array:
    """Return a number in [0, 1) for each name, float64, evenly spread; another one for another salt."""
    key = salt.encode()
    raw = b"".join(
        blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest() for name in names
    )
    return np.frombuffer(raw, dtype="<u8").astype(np.float64) / 2.0**64


def mine(names: list[str], part: Share, overlap: float) -> Array:
    """Return which images are those of reviewer k of n: an n-th, and the `overlap` (0 to 1) that all of them see."""
    if not 0 <= overlap <= 1:
        raise UsageError(f"--overlap {overlap}: expected a share from 0 to 1")
    own = np.floor(places(names, "part") * part[1]).astype(np.int64) == part[0] - 1
    return np.asarray(own | (places(names, "overlap") < overlap), dtype=bool)


def chosen(
    names: list[str], flagged: Array, *, every: bool, sample: int | None, part: Share, overlap: float
) -> Array:
    """Return the positions of the images to show: the flagged or `every` one, of them this part, of those `sample`
    drawn by hash, which grows when N does.
    """
    rows = np.flatnonzero((flagged | every) & mine(names, part, overlap))
    if sample is None or sample >= len(rows):
        return rows
    order = np.argsort(places([names[row] for row in rows.tolist()], "sample"), kind="stable")
    return np.sort(rows[order[:sample]])
