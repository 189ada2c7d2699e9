"""IMG007: a few images in another colour mode than the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import INFO, DatasetRule, Findings, found, image_files_lacking
from annotool.rules.img.base import has_files, located
from annotool.table import Table


@dataclass(frozen=True)
class InconsistentMode(DatasetRule[Table]):
    """A few images are in another colour mode than the rest.

    What: the file's mode (L grey, P palette, RGBA, CMYK, I;16 ...) is that of less than `share` of the images.
    The mode is the file's own, by Pillow's names; the depth that a Pascal VOC file declares is read by no loader and
    is not looked at. With `--decode` an RGB file that holds nothing but grey counts as a mode of its own.

    Why: code that does not convert meets arrays of another shape: supervision stops at modes other than RGB and L when it
    writes YOLO, a transparent or CMYK image comes out in other colours. Where grey pictures are few, a model may learn
    what they show by their being grey.

    Bad: 3 images in CMYK among 997 in RGB

    Good: 1,000 images in RGB

    Fix: none: converting would encode the pixels anew.

    Source: roboflow/supervision, formats/yolo.py; cleanvision's "grayscale", which names every image of mode L however
    many there are
    """

    share: float = 0.05

    code = "IMG007"
    slug = "inconsistent-mode"
    severities = (INFO,)
    verdict = ("1 image has another mode than the rest", "{n} images have another mode than the rest")

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def partial(self, shard: Dataset) -> Table:
        rows = located(shard)
        if not has_files(shard):
            return rows.take(np.zeros(len(rows), dtype=bool)).with_columns(mode=np.empty(0, dtype="U16"))
        mode = shard.image_headers.mode.astype("U16")
        if shard.images_checked == "decode":
            plain = (shard.image_pixels["grey"] == 1) & (mode == "RGB")
            mode = np.where(plain, "RGB, all grey", mode)
        return rows.with_columns(mode=mode).take(mode != "")

    def merge(self, states: Sequence[Table]) -> Table:
        return Table.concat(list(states))

    def finish(self, state: Table) -> Findings:
        modes, of, counts = np.unique(state["mode"], return_inverse=True, return_counts=True)
        if len(modes) < 2:
            return Findings()
        rare = np.flatnonzero(counts[of] < self.share * len(state))
        usual = int(counts.argmax())
        values = {
            "mode": state["mode"][rare].astype(object),
            "count": counts[of][rare],
            "images": len(state),
            "usual": str(modes[usual]),
            "share": counts[usual] / len(state),
        }
        message = "mode {mode}, as {count:,} of {images:,} images; {share:.0%} are {usual}"
        return found(self, message, state, take=rare, values=values)
