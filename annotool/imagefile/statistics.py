"""What the pixels of one image say: digest, perceptual hash, brightness, information, edges, colour.

The quantities follow their public definitions, not their code: pHash after Zauner, Implementation and benchmarking of
perceptual image hash functions (2010) and Krawetz, Looks Like It (2011), as ImageHash computes it; brightness, entropy
and edges as cleanvision defines them, each on the picture as RGB, brightness and entropy on at most 256 x 256 of its pixels.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["VERSION", "Statistics", "of_image", "packed", "unpacked"]

Levels = NDArray[np.uint8]

VERSION = 1  # one more whenever a value comes out otherwise: what older versions kept is not used
SAMPLE = 256  # pixels a side that brightness, entropy and colour are taken from
EDGES = 64  # pixels of the longer side that edges are looked for at
HASHED = 32  # pixels a side that the perceptual hash is made from; its 8 x 8 lowest frequencies stay
BAND = 1 << 25  # bytes hashed at a time, so that a large image is not held twice
GREY = 2  # levels by which channels may differ in grey: what JPEG's rounding does
PACKED = struct.Struct("<16sQ7db")


class Statistics(NamedTuple):
    """What the pixels of one image say; NaN where it could not be worked out."""

    pixels: bytes  # digest of mode, size, palette and all pixels, EXIF not applied
    phash: int  # 64 bits
    contrast: float = float(
        "nan"
    )  # standard deviation of the grey levels at 32 x 32: about 0 for a blank image
    brightness: float = float(
        "nan"
    )  # of the mean colour, 0 to 1; this and the next two NaN above 8 bits a channel
    dark_end: float = float("nan")  # brightness that 5 % of the pixels stay below
    light_end: float = float("nan")  # brightness that 99 % of the pixels stay below
    entropy: float = float("nan")  # bits, over the histograms of R, G and B together
    edges: float = float("nan")  # standard deviation of the edge image at 64 pixels
    spread: float = float("nan")  # standard deviation of the counts of the 256 grey levels at 64 pixels
    grey: int = -1  # all channels are equal: 1, 0, or -1 not known


def of_image(image: Image) -> Statistics:
    """Load all pixels and take them apart; raises what Pillow raises on a broken file."""
    image.load()
    digest = _digest(image)
    try:
        return _looked_at(image, digest)
    except (ValueError, OSError):  # a colour space that Pillow cannot turn into RGB: it does load
        return Statistics(digest, 0)


def packed(held: Statistics) -> bytes:
    """The statistics as bytes of one length; `unpacked` reads them, and raises struct.error on others."""
    return PACKED.pack(*held)


def unpacked(held: bytes) -> Statistics:
    """What `packed` was given."""
    return Statistics(*PACKED.unpack(held))


def _digest(image: Image) -> bytes:
    held = hashlib.blake2b(repr((image.mode, image.size, image.getpalette())).encode(), digest_size=16)
    width, height = image.size
    rows = max(BAND // (4 * width), 1)
    for top in range(0, height, rows):
        whole = rows >= height
        held.update((image if whole else image.crop((0, top, width, min(top + rows, height)))).tobytes())
    return held.digest()


def _looked_at(image: Image, digest: bytes) -> Statistics:
    from PIL import ImageFilter
    from PIL.Image import Resampling

    deep = image.mode[0] in "IF"
    full = _stretched(image) if deep else image if image.mode in ("RGB", "L") else image.convert("RGB")
    small = full.reduce(max(min(full.size) // (3 * EDGES), 1))
    scale = max(max(full.size) / EDGES, 1.0)
    outline = small.resize([max(int(side // scale), 1) for side in full.size], Resampling.BICUBIC).convert(
        "L"
    )
    sides = [min(side, SAMPLE) for side in full.size]
    sample = full.resize(sides, Resampling.NEAREST).convert("RGB")
    channels = [np.asarray(channel).ravel() for channel in sample.split()]
    shares = np.array(sample.histogram()).reshape(3, 256) / channels[0].size
    grey = np.asarray(small.resize((HASHED, HASHED), Resampling.LANCZOS).convert("L"), dtype=np.float64)
    low, high, mean = (float("nan"),) * 3 if deep else _brightness(channels, shares)
    return Statistics(
        pixels=digest,
        phash=_phash(grey),
        contrast=float(grey.std()),
        brightness=mean,
        dark_end=low,
        light_end=high,
        entropy=_entropy(shares),
        edges=float(np.asarray(outline.filter(ImageFilter.FIND_EDGES)).std()),
        spread=float(np.std(outline.histogram())),
        grey=int(full.mode == "L" or _differ(channels) <= GREY),
    )


def _stretched(image: Image) -> Image:
    """An image of more than 8 bits with its range stretched to 0 to 255: what is white in it nobody knows."""
    from PIL.Image import fromarray

    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return fromarray(((values - low) * (255.0 / ((high - low) or 1.0))).astype(np.uint8))


WEIGHTS = np.array([0.241, 0.691, 0.068])
LEVELS = np.arange(256.0) / 255.0
# The weighted square of each level of each channel: brightness is the root of their sum.
SQUARES = (LEVELS[None, :] ** 2 * WEIGHTS[:, None]).astype(np.float32)


def _brightness(channels: Sequence[Levels], shares: NDArray[np.float64]) -> tuple[float, float, float]:
    """Brightness at 5 % and 99 % of the pixels, and of the mean colour; `shares` of the levels, (3, 256)."""
    red, green, blue = (square[channel] for square, channel in zip(SQUARES, channels, strict=True))
    low, high = np.sqrt(np.percentile(red + green + blue, (5, 99)))
    return float(low), float(high), float(np.sqrt(WEIGHTS @ (shares @ LEVELS) ** 2))


def _entropy(shares: NDArray[np.float64]) -> float:
    known = shares[shares > 0] / len(shares)
    return float(-(known * np.log2(known)).sum())


def _differ(channels: Sequence[Levels]) -> int:
    """By how many levels the channels differ at most."""
    red, green, blue = channels
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return int((high - low).max())


# DCT-II: the eight lowest frequencies of 32 values.
WAVES = np.cos(np.pi * np.arange(8)[:, None] * (2 * np.arange(HASHED) + 1)[None, :] / (2 * HASHED))


def _phash(grey: NDArray[np.float64]) -> int:
    low = WAVES @ grey @ WAVES.T
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")
