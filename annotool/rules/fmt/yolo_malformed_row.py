"""FMT002: YOLO rows that are no rows."""

from __future__ import annotations

from annotool.rules.base import ERROR, INFO, WARNING, Fix, ReaderRule
from annotool.rules.targets import both, drops_image, no, severe, worded_as


class YoloMalformedRow(ReaderRule):
    """A line of a YOLO label file is no row of the dataset's task.

    What: a number of fields that no task has: 5 are a box, 9 an oriented box, 7 and every larger odd number a
    polygon, a pose as many as the yaml says; 6 fields are a prediction with its confidence. A field that is
    no number, commas between fields, a class name in place of its index, a class that is negative or no whole
    number. A class list inside the label folder (classes.txt, labels.txt) is read as one, and told as info.

    Why: ultralytics ignores the whole image with all its labels for one such line
    (ultralytics/ultralytics#7907, ultralytics/ultralytics#707, ultralytics/yolov5#10685); Datumaro and
    supervision stop.

    Bad: `cat 0.5,0.5,0.2,0.2`

    Good: `0 0.5 0.5 0.2 0.2`

    Fix: safe where the numbers stay: commas become spaces, class `0.0` becomes `0`. Unsafe where a
    declared class name stands for its index. None otherwise.

    Source: https://docs.ultralytics.com/datasets/detect/ ;
    https://github.com/ultralytics/ultralytics/issues/7907
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label.
    """

    code = "FMT002"
    slug = "yolo-malformed-row"
    severities = (ERROR, WARNING, INFO)
    fixes = (Fix.SAFE, Fix.UNSAFE)
    formats = ("yolo",)
    silenced_by = ("SCH001",)
    verdict = ("1 line is no YOLO row", "{n} lines are no YOLO rows")
    targets = (
        drops_image(
            "ultralytics",
            "drops the whole image",
            when=both(severe, no(worded_as("class {text} is not written"))),
        ),
    )
