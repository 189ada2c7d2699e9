"""Counts in sentences: `1 image`, `2 images`."""

from __future__ import annotations

import re

__all__ = ["plural"]


def plural(count: int, one: str, more: str = "") -> str:
    """Return a count with its words: `one` for 1, else `more`, which is `one` with the ending of a plural where it is not
    given (images, boxes, categories)."""
    return f"{count:,} {one if count == 1 else more or ended(one)}"


def ended(word: str) -> str:
    if re.search("[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search("(s|x|z|ch|sh)$", word) else f"{word}s"
