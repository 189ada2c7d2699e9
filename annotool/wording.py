"""Words in sentences: counts (`1 image`, `2 images`), and texts of others that a terminal or a page is to show."""

from __future__ import annotations

import re

__all__ = ["plural", "printable"]


def printable(text: str) -> str:
    """Return a text on one line, with escapes for what would steer a terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def plural(count: int, one: str, more: str = "") -> str:
    """Return a count with its words: `one` for 1, else `more`, which is `one` with the ending of a plural where it is not
    given (images, boxes, categories)."""
    return f"{count:,} {one if count == 1 else more or ended(one)}"


def ended(word: str) -> str:
    if re.search("[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search("(s|x|z|ch|sh)$", word) else f"{word}s"
