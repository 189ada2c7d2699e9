"""Predictions of a model, read in the form they have and joined to the images and categories of a dataset.

The form is told by content: COCO results (JSON, with or without sections), Ultralytics' predictions.json. What is wrong
with a file, and what it speaks of that the ground truth does not have, is PRD005.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.formats.base import ReadOptions, opened
from annotool.predictions.joining import joined
from annotool.predictions.json_results import read_json
from annotool.predictions.results import Results, file_beside

__all__ = ["join_predictions", "read_results"]


def join_predictions(data: Dataset, path: Path, options: ReadOptions) -> Dataset:
    """Return the dataset with the predictions at a path in its table `predictions`, or in `probabilities`.

    What was recognised is told in facts["predictions"] and in a note. Raises UsageError where there is nothing to read.
    """
    return joined(data, read_results(path, options, file_beside(data, path)), path, options)


def read_results(path: Path, options: ReadOptions, file: str = "") -> Results:
    """Read the predictions at a path; `file` is how their source names it. Raises UsageError where there are none."""
    try:
        return read_json(opened(path, options), file or path.name)
    except OSError as error:
        raise UsageError(f"--predictions {path}: {(error.strerror or str(error)).lower()}") from error
