"""The image file behind a scene, turned as its annotations are, in plain RGB; or why there is none."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from annotool.imagefile import probe
from annotool.imagefile.decoder import opened, reason

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

__all__ = ["turned", "upright"]

TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF's tag 274 to Pillow's Transpose
BACK = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}  # what takes a turn back


def upright(path: str, width: float, height: float, side: int) -> tuple[Image | None, str]:
    """Return the image in the frame of `width` and `height` (pixels), at most about `side` pixels long where that is
    quicker; or None and why. Never raises for a file, whatever is in it.
    """
    if not path:
        return None, "no image file"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return loaded(path, width, height, side), ""
    except Exception as error:  # noqa: BLE001 -- a broken image is IMG001's to tell, and Pillow raises anything
        return None, reason(error)


def loaded(path: str, width: float, height: float, side: int) -> Image:
    header = probe([path])
    tag = int(header.exif[0])
    turn = turned(tag, (float(header.width[0]), float(header.height[0])), (width, height))
    with opened(path) as file:
        file.draft("RGB", (side, side))
        kind = file.format
        file.load()
        image = plain(file)
    if kind == "TIFF":  # Pillow has turned it already
        return image if turn or tag < 2 else image.transpose(transpose(BACK[tag]))
    return image.transpose(transpose(tag)) if turn else image


def turned(tag: int, stored: tuple[float, float], frame: tuple[float, float]) -> bool:
    """Whether annotations in a frame see an image as EXIF turns it: they do, unless it is a quarter turn and the frame is
    that of the pixels as stored.

    tag: EXIF orientation, 0 none; stored: width and height in the file; frame: those of the annotations.
    """
    if tag < 2:
        return False
    if tag < 5 or stored[0] == stored[1]:
        return True
    return frame != stored and (frame == stored[::-1] or (frame[0] > frame[1]) != (stored[0] > stored[1]))


def transpose(tag: int) -> Transpose:
    from PIL.Image import Transpose

    return Transpose(TURNS[tag])


def plain(image: Image) -> Image:
    """8 bits a channel on a white ground; deeper pixels spread from their least to their greatest."""
    from PIL import Image as Images

    if image.mode[0] in "IF":
        deep = np.asarray(image, dtype=np.float64)
        low, high = float(np.nanmin(deep)), float(np.nanmax(deep))
        spread = np.nan_to_num((deep - low) * (255 / (high - low) if high > low else 0.0))
        return Images.fromarray(spread.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        return Images.alpha_composite(Images.new("RGBA", seen.size, "white"), seen).convert("RGB")
    return image.convert("RGB")
