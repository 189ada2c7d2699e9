"""Colours that people who see fewer of them tell apart too, and that a category keeps in every picture."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

__all__ = ["CATEGORIES", "FLAGGED", "MENDED", "PARTNER", "category_colours", "ink_on", "rgb"]

# Okabe and Ito 2008 (jfly.uni-koeln.de/color) without black and vermillion, and two dark ones of Paul Tol's "muted".
CATEGORIES = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#cc79a7", "#332288", "#882255")
FLAGGED, PARTNER, MENDED = "#ff2d20", "#2f81f7", "#00a651"


def category_colours(names: Iterable[str]) -> dict[str, str]:
    """Return the colour of each category: by a hash of its name, so that it is the same in every picture and, mostly, in
    every dataset; of two with one hash the later in the alphabet takes the next colour that is free, while there is one."""
    found = dict[str, str]()
    free = set(CATEGORIES)
    for name in sorted(set(names)):
        first = crc32(name.encode("utf-8", "surrogatepass")) % len(CATEGORIES)
        turn = CATEGORIES[first:] + CATEGORIES[:first]
        found[name] = next((each for each in turn if each in free), turn[0])
        free.discard(found[name])
    return found


def rgb(colour: str) -> tuple[int, int, int]:
    """Return `#rrggbb` as three numbers, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = (each / 255 for each in rgb(colour))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour."""
    return "#000000" if luminance(colour) > 0.179 else "#ffffff"
