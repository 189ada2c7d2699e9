"""Predictions of a model, read in the form they have and joined to the images and categories of a dataset.

The form is told by content: COCO results (JSON, with or without sections), Ultralytics' predictions.json, a folder of
label files with confidences, a csv with probabilities or scores for whole images. What is wrong with a file, and what it
speaks of that the ground truth does not have, is PRD005.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.formats.base import ReadOptions
from annotool.predictions.joining import joined
from annotool.predictions.reading import read_results
from annotool.predictions.results import file_beside
from annotool.predictions.suppressing import Suppressed, suppress

__all__ = ["Suppressed", "join_predictions", "suppress"]


def join_predictions(data: Dataset, path: Path, options: ReadOptions) -> Dataset:
    """Return the dataset with the predictions at a path in its table `predictions`, or in `probabilities`.

    What was recognised is told in facts["predictions"] and in a note. Raises UsageError where there is nothing to read.
    """
    return joined(data, read_results(path, options, file_beside(data, path)), path, options)
