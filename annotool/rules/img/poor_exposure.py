"""IMG010: images that are too dark or too light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import INFO, Findings
from annotool.rules.img.base import PixelRule, of_files


@dataclass(frozen=True)
class PoorExposure(PixelRule):
    """An image is nearly all black or nearly all white.

    What: dark: 99 % of the pixels are under `dark` of full brightness; light: 95 % of them are over 1 - `light`.
    Brightness is the root of .241 R2 + .691 G2 + .068 B2, from 0 to 1. One finding where more than ten images, and
    `common` of all, are dark, or light. Needs `--decode`.

    Why: boxes drawn on such an image were mostly drawn on a brighter copy, or guessed.

    Bad: a night picture without any lamp; a sheet of white paper

    Good: a night picture with a lamp in it

    Fix: none

    Source: cleanvision's dark (0.32) and light (0.05). We differ: every image is judged as RGB (cleanvision takes the
    numbers of palette entries and of CMYK inks for colours), on at most 256 x 256 pixels evenly picked, and images of
    more than 8 bits a channel are not judged, for nobody knows what is white in them.
    """

    dark: float = 0.32
    light: float = 0.05
    common: float = 0.2

    code = "IMG010"
    slug = "poor-exposure"
    severities = (INFO,)
    verdict = ("1 image is too dark or too bright", "{n} images are too dark or too bright")
    kinds = ("dark", "light")
    silenced_by = ("IMG001",)

    def marked(self, data: Dataset) -> tuple[Findings, Findings]:
        """The findings of each kind, one an image."""
        low, high = data.image_pixels["dark_end"], data.image_pixels["light_end"]
        dark, light = np.flatnonzero(high < self.dark), np.flatnonzero(1.0 - low < self.light)
        message = "dark: 99 % of the pixels are under {brightness:.2f} of full brightness"
        darks = of_files(self, message, data, dark, values={"brightness": high[dark].round(4)})
        message = "light: 95 % of the pixels are over {brightness:.2f} of full brightness"
        return darks, of_files(self, message, data, light, values={"brightness": low[light].round(4)})
