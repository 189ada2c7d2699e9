"""IMG001: image files that no decoder opens."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import ERROR, Findings, ImageRule, image_files_lacking
from annotool.rules.img.base import of_files
from annotool.rules.targets import drops_image, stops


class UnreadableImage(ImageRule):
    """An image file cannot be read.

    What: a file of 0 bytes, one whose header no decoder knows, one that may not be opened, one of more pixels
    than Pillow's limit against decompression bombs. With `--decode` all pixels are loaded, and what fails
    then is told too; the finding says which of the two was done. Pointers of git-lfs are SCH010's.

    Why: one such file stops a training run in the middle (pytorch/vision#138, agentmorris/MegaDetector#19),
    or the loader leaves the image with its labels out in silence, as ultralytics does.

    Bad: a file `a.jpg` that holds `<html>404 Not Found</html>`

    Good: a file `a.jpg` that holds an image

    Fix: none: get the file again.

    Source: https://github.com/pytorch/vision/issues/138; PIL.Image.MAX_IMAGE_PIXELS.
    Of the consumers: ultralytics 8.4.190 data/utils.py check_image; torchvision 0.29.1 datasets/coco.py
    CocoDetection; detectron2 data/detection_utils.py read_image at c0ccab0.
    """

    code = "IMG001"
    slug = "unreadable-image"
    severities = (ERROR,)
    verdict = ("1 image file cannot be read", "{n} image files cannot be read")
    targets = (
        drops_image("ultralytics", "drops the image"),
        stops("torchvision", "stops: it cannot open the image"),
        stops("detectron2", "stops: it cannot open the image"),
    )

    def unable(self, data: Dataset) -> str:
        return image_files_lacking(data)

    def check(self, data: Dataset) -> Findings:
        if not (data.table("images")["path"] != "").any():
            return Findings()
        files = data.image_files
        bad = np.flatnonzero((files.error != "") & (files.pointer == ""))
        checked = np.where(files.decodes[bad] == 0, "all pixels", "header").astype(object)
        values = {"error": files.error[bad], "checked": checked, "bytes": files.bytes[bad]}
        return of_files(self, "cannot be read: {error} (checked: {checked})", data, bad, values=values)
