"""PRD005: predictions that do not fit the ground truth, or cannot be read."""

from __future__ import annotations

from annotool.rules.base import ERROR, WARNING, ReaderRule


class PredictionFileInvalid(ReaderRule):
    """A prediction cannot be read, or says what cannot be: an unknown image or category, a score that is none.

    What: in the file or folder of `--predictions`: a file or record that cannot be parsed; an image or category that
    the ground truth does not have, once for each with its number of predictions; ids that count from 0 where those of
    the ground truth count from 1 or the other way round, by the numbers themselves or because boxes on objects have the
    right category only when read so, or that name several images: then no prediction is scored; a score that is missing,
    not finite or not between 0 and 1; a record without a box, an outline or keypoints; a mask that cannot be read, or is not of its image's size; boxes that are fractions or
    corners instead of x y w h in pixels: then none of them is scored; the same result twice, and boxes of which a fifth
    leave their image by more than a tenth of its side (warnings).

    Why: evaluators are silent on most of it. pycocotools stops at an unknown image but counts every prediction of an
    unknown category as if it were not there, ranks NaN anywhere, and a shift of all ids by one scores near 0 although
    the model is good (ultralytics writes ids that count from 0 or 1, by version and dataset).

    Bad: `{"image_id": 7, "category_id": 3, "bbox": [10, 10, 50, 40], "score": 87.5}`

    Good: `{"image_id": 7, "category_id": 3, "bbox": [10, 10, 50, 40], "score": 0.875}`

    Fix: none: predictions are not part of the dataset. Write them again.

    Source: https://cocodataset.org/#format-results; pycocotools 2.0.11 coco.py COCO.loadRes, cocoeval.py.
    """

    code = "PRD005"
    slug = "prediction-file-invalid"
    severities = (ERROR, WARNING)
    verdict = ("1 fault in the predictions", "{n} faults in the predictions")
