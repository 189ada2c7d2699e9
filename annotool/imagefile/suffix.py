"""The suffix of an image file's name, and of whatever names it."""

from __future__ import annotations

__all__ = ["alike", "resuffixed"]


def resuffixed(name: str, old: str, new: str) -> str:
    """Return a name or path that ends in the suffix `old`, in any case, with the suffix `new`, in capitals where the old
    one was; any other name as it is. Suffixes are without their dot.
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix.lower() != old.lower():
        return name
    return f"{stem}.{new.upper() if suffix.isupper() else new.lower()}"


def alike(text: str, old: str, new: str) -> str | None:
    """Return what a text that names a file, be it without its suffix, has to be when the file is called `new` instead of
    `old`; None where more than the suffix changes.
    """
    (before, dot, was), (after, _, suffix) = old.rpartition("."), new.rpartition(".")
    return resuffixed(text, was, suffix) if dot and before == after else None
