"""FMT005: labels where the trainer will not look."""

from __future__ import annotations

from annotool.rules.base import ERROR, ReaderRule
from annotool.rules.targets import misreads


class YoloLabelPathUnmappable(ReaderRule):
    """Trainers will look for the labels of these images in a place where they are not.

    What: ultralytics turns the last `/images/` of an image's path into `/labels/`. Told where that place has
    no label file and one with the image's stem stands elsewhere in the dataset: no folder called `images`,
    another one beside `labels`, or another case (`Images`).

    Why: the trainer finds no labels, calls every image a background and trains on nothing, in silence
    (ultralytics/ultralytics#16845, ultralytics/ultralytics#21224, gjhhust/YOLOFT#12: "0 images, 7426
    backgrounds").

    Bad: `pictures/train/a.jpg` with `labels/train/a.txt`

    Good: `images/train/a.jpg` with `labels/train/a.txt`

    Fix: none: folders have to be renamed, and other files may point to them.

    Source: img2label_paths of ultralytics/data/utils.py;
    https://github.com/ultralytics/ultralytics/issues/16845
    Of the consumers: ultralytics 8.4.190 data/utils.py img2label_paths.
    """

    code = "FMT005"
    slug = "yolo-label-path-unmappable"
    severities = (ERROR,)
    formats = ("yolo",)
    verdict = (
        "trainers will not find the labels of 1 folder",
        "trainers will not find the labels of {n} folders",
    )
    targets = (misreads("ultralytics", "finds no labels there and takes the images for background"),)
