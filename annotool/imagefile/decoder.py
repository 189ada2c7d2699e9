"""Pillow, and nothing else, opens images here: which formats it may try, and what it says when it fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "bomb", "opened", "orientation_tag", "reason"]

# What training code opens. Pillow's others are left out: EPS would start Ghostscript, and formats without a
# signature (TGA and the like) take garbage for images.
FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "ICO")


def opened(file: Any) -> Image:
    """Open an image file by its content, never by its suffix; raises what Pillow raises."""
    from PIL import Image

    Image.init()
    return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])


def orientation_tag(image: Image) -> int:
    """The EXIF orientation as Pillow reads it; a broken EXIF block says nothing."""
    if image.format == "PNG":  # would decode all pixels for it
        return 0
    try:
        value = image.getexif().get(274, 0)
    except Exception:  # noqa: BLE001 - a broken file makes Pillow raise exceptions of any class
        return 0
    return value if isinstance(value, int) and 1 <= value <= 8 else 0


def reason(error: BaseException) -> str:
    """One short line in place of an exception."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "cannot identify image file"
    if isinstance(error, Image.DecompressionBombError) and (
        pixels := re.search(r"\((\d+) pixels", str(error))
    ):
        return bomb(int(pixels[1]))
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    said = " ".join(str(error).split())[:200]
    return said if isinstance(error, OSError) and said else f"{type(error).__name__}: {said}".rstrip(": ")


def bomb(pixels: float) -> str:
    """What to say of an image of more pixels than Pillow opens."""
    return f"decompression bomb: {pixels / 1e6:.0f} Mpx"
