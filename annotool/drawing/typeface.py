"""Letters: Pillow's own, or a font of the system that has what a name is written in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["printable", "typeface", "wrapped"]

SYSTEM = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "msyh.ttc", "arial.ttf",
    "Arial Unicode.ttf", "PingFang.ttc", "Helvetica.ttc",
)  # fmt: skip
NOBODYS = "\U0010fffe"  # in no font: how a font draws what it lacks


def printable(text: str) -> str:
    """Return a text in one line, what cannot be seen marked."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def typeface(text: str, size: int) -> tuple[Any, str]:
    """Return a font that has all letters of a text, and the text; where there is none, `?` for what is lacking."""
    letters = frozenset(text)
    own = fonts(size)[0]
    if text.isascii():
        return own, text
    for font in fonts(size):
        if not lacking(font, letters):
            return font, text
    bad = lacking(own, letters)
    return own, "".join("?" if each in bad else each for each in text)


@lru_cache(maxsize=64)
def fonts(size: int) -> tuple[Any, ...]:
    """Pillow's font and those of the system, of this height in pixels."""
    from PIL import ImageFont

    found: list[Any] = [ImageFont.load_default(size)]
    for name in SYSTEM:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(found)


def lacking(font: Any, letters: frozenset[str]) -> set[str]:
    nobodys = glyph(font, NOBODYS)
    return {each for each in letters if not each.isspace() and glyph(font, each) == nobodys}


@lru_cache(maxsize=4096)
def glyph(font: Any, letter: str) -> bytes:
    try:
        return bytes(font.getmask(letter))
    except (UnicodeError, OSError, ValueError):
        return b""


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Return a text in lines of at most `width` pixels, broken between words, and within one that is too long."""
    lines, line = list[str](), ""
    for word in printable(text).split():
        longer = f"{line} {word}".strip()
        if measure(longer, size) <= width:
            line = longer
            continue
        lines += [line] if line else []
        while len(word) > 1 and measure(word, size) > width:
            fits = max(1, int(len(word) * width / measure(word, size)))
            lines, word = [*lines, word[:fits]], word[fits:]
        line = word
    return [*lines, line] if line else lines


def measure(text: str, size: int) -> float:
    font, text = typeface(text, size)
    return float(font.getlength(text))
