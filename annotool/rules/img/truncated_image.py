"""IMG002: image files that end too early."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, Findings, ImageRule, image_files_lacking
from annotool.rules.img.base import of_files
from annotool.rules.targets import drops_image, misreads, stops, worded_as


class TruncatedImage(ImageRule):
    """An image file breaks off before its end.

    What: a JPEG without its end marker FF D9; with `--decode` any file that the decoder calls truncated.

    Why: Pillow raises "image file is truncated" in the middle of training, OpenCV fills the rest with grey
    and says nothing; ultralytics saves the file anew over the user's (ultralytics/ultralytics#22917). Mostly
    a copy or download was cut off (VisDrone/DroneVehicle#49).

    Bad: a JPEG file whose last bytes are pixels

    Good: a JPEG file whose last bytes are `FF D9`

    Fix: none: get the file again. Encoding what is left would change its pixels.

    Source: ITU-T T.81 annex B; https://github.com/ultralytics/ultralytics/issues/22917
    Of the consumers: ultralytics 8.4.190 data/utils.py check_image; torchvision 0.29.1 datasets/coco.py
    CocoDetection; detectron2 data/detection_utils.py read_image at c0ccab0.
    """

    code = "IMG002"
    slug = "truncated-image"
    severities = (WARNING,)
    verdict = ("1 image file is cut off", "{n} image files are cut off")
    silenced_by = ("IMG001",)
    targets = (
        misreads(
            "ultralytics",
            "saves the file anew in its place, or drops the image",
            severity=WARNING,
            when=worded_as("the JPEG end"),
        ),
        drops_image("ultralytics", "drops the image"),
        stops("torchvision", "stops: it cannot load the image", when=worded_as("{error}")),
        stops("detectron2", "stops: it cannot load the image", when=worded_as("{error}")),
    )

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def check(self, data: Dataset) -> Findings:
        if not (data.table("images")["path"] != "").any():
            return Findings()
        files = data.image_files
        broken = np.array(["truncated" in error for error in files.error.tolist()], dtype=bool)
        bare = np.flatnonzero((files.end_marker == 0) & ~broken)
        cut = np.flatnonzero(broken)
        loaded = np.where(files.decodes[bare] == 1, "all pixels", "header").astype(object)
        ends = of_files(
            self,
            "the JPEG end marker FF D9 is missing (checked: {checked})",
            data,
            bare,
            values={"checked": loaded},
        )
        return ends + of_files(
            self,
            "{error} (checked: {checked})",
            data,
            cut,
            values={"error": files.error[cut], "checked": "all pixels"},
        )
