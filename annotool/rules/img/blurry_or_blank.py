"""IMG011: images that are blurred or show nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import INFO, Findings
from annotool.rules.img.base import PixelRule, of_files
from annotool.table import Array, Table

EDGE_SCALE = 0.01  # what turns deviations into scores of 0 to 1
ENTROPY_SCALE = 0.1
FEW_LEVELS = 0.18  # a score of the grey levels up to this one counts for nothing


@dataclass(frozen=True)
class BlurryOrBlank(PixelRule):
    """An image is blurred, or shows next to nothing.

    What: blurry: at 64 pixels there are hardly any edges (a score under `sharp`, of 0 to 1), though the grey levels
    are spread; blank: the histogram of its colours has an entropy under `information` times ten bits. One finding where more than
    ten images, and `common` of all, are so. Needs `--decode`.

    Why: an image out of focus or with a lens cap before it has boxes that nobody can check; screens, test pictures
    and frames that failed to load are mostly of one colour.

    Bad: a frame that is grey all over

    Good: a photograph in focus

    Fix: none

    Source: cleanvision's blurry (0.29) and low_information (0.3). We differ in entropy: it is taken of the picture as RGB and
    of at most 256 x 256 of its pixels. cleanvision takes that of the file's own channels, so that the same grey picture has
    1.6 bits less when it is stored in one channel, and is called blank sooner.
    """

    sharp: float = 0.29
    information: float = 0.3
    common: float = 0.2

    code = "IMG011"
    slug = "blurry-or-blank"
    severities = (INFO,)
    verdict = ("1 image is blurry or blank", "{n} images are blurry or blank")
    kinds = ("blurry", "blank")
    silenced_by = ("IMG001",)

    def marked(self, data: Dataset) -> tuple[Findings, Findings]:
        """The findings of each kind, one an image."""
        pixels = data.image_pixels
        score = sharpness(pixels)
        blurry = np.flatnonzero(score < self.sharp)
        message = "blurry: a sharpness of {score:.2f} of 1"
        blurred = of_files(self, message, data, blurry, values={"score": score[blurry].round(4)})
        blank = np.flatnonzero(ENTROPY_SCALE * pixels["entropy"] < self.information)
        message = "blank: {entropy:.1f} bits of entropy in its colours"
        return blurred, of_files(
            self, message, data, blank, values={"entropy": pixels["entropy"][blank].round(4)}
        )


def sharpness(pixels: Table) -> Array:
    """Return the score of each image, 0 to 1: of its edges, and of how few grey levels hold its pixels."""
    edges = 1.0 - np.exp(-EDGE_SCALE * pixels["edges"])
    spread = 1.0 - np.exp(-EDGE_SCALE * pixels["spread"])
    score: Array = np.minimum(edges + np.where(spread <= FEW_LEVELS, 0.0, spread), 1.0)
    return score
