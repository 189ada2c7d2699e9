"""IMG009: images that look like another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.imagefile import nearest
from annotool.imagefile.origins import same_picture
from annotool.rules.base import INFO, WARNING, DatasetRule, Findings, found, pixels_lacking
from annotool.rules.img.base import by_split, has_files, located
from annotool.table import Table


@dataclass(frozen=True)
class NearDuplicateImage(DatasetRule[Table]):
    """An image looks like an earlier one of its split.

    What: the 64-bit perceptual hashes (pHash) of the two differ in at most `distance` bits, and their pixels are not equal
    (those are IMG008's). One finding for each image that has such a partner before it, which names the nearest;
    pairs in two splits are SPL002's. Copies that their names call so (`a_jpg.rf.HASH.jpg`, `a_aug1.jpg`) are meant and not
    told. Where more than `video` of the images look like others, they are frames of a video: a fact, not a warning. Images
    without contrast all hash alike and are left to IMG011. Needs `--decode`.

    Why: the same scene counts several times, and a random split puts one copy into the test. Mostly frames of a video,
    the same picture at another quality or size, or augmented copies.

    Bad: `a.jpg`, and `a_copy.jpg` saved at a lower quality

    Good: pictures of different scenes

    Fix: none

    Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010; cleanvision's near_duplicates
    asks for equal hashes (distance 0), names every image of a set, and counts blank images as copies of each other.
    """

    distance: int = 2
    contrast: float = 4.0  # of 255 levels, at 32 x 32 pixels: blank below it
    video: float = 0.2

    code = "IMG009"
    slug = "near-duplicate-image"
    severities = (WARNING, INFO)
    verdict = ("1 image is nearly the copy of another", "{n} images are nearly copies of others")
    silenced_by = ("IMG001", "IMG008")

    def unable(self, data: Dataset) -> str:
        return pixels_lacking(data)

    def partial(self, shard: Dataset) -> Table:
        images, rows = shard.table("images"), located(shard)
        blank = {
            "pixels": np.full(len(rows), b"", dtype="S32"),
            "phash": np.zeros(len(rows), dtype=np.uint64),
        }
        usable = np.zeros(len(rows), dtype=bool)
        if shard.images_checked == "decode" and has_files(shard):
            pixels = shard.image_pixels
            blank = {name: pixels[name] for name in blank}
            usable = pixels["known"] & (pixels["contrast"] >= self.contrast)
        rows = rows.with_columns(file_name=images["file_name"], split=shard.image_splits, **blank)
        return rows.take(usable)

    def merge(self, states: Sequence[Table]) -> Table:
        return Table.concat(list(states))

    def finish(self, state: Table) -> Findings:
        partner = np.full(len(state), -1, dtype=np.int64)
        distance = partner.copy()
        twins = np.unique(state["pixels"], return_inverse=True)[1]
        for inside in by_split(state["split"]):
            other, far = nearest(state["phash"], twins, inside, inside, self.distance)
            partner, distance = np.where(inside, other, partner), np.where(inside, far, distance)
        bad = np.flatnonzero(partner >= 0)
        meant = same_picture(state["file_name"][bad], state["file_name"][partner[bad]])
        bad = bad[~meant]
        severity = INFO if len(bad) > self.video * len(state) else WARNING
        values = {"partner": state["file_name"][partner[bad]], "distance": distance[bad]}
        message = "looks like {partner}: {distance} of 64 bits of their hashes differ"
        return found(self, message, state, take=bad, severity=severity, values=values)
