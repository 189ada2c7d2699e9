"""Predictions of a model, read in the form they have and joined to the images and categories of a dataset.

The form is told by content: COCO results (JSON, with or without sections), Ultralytics' predictions.json, a folder of
label files with confidences, a csv with probabilities or scores for whole images. What is wrong with a file, and what it
speaks of that the ground truth does not have, is PRD005.
"""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.formats.base import ReadOptions, opened
from annotool.predictions.joining import joined
from annotool.predictions.json_results import read_json
from annotool.predictions.label_files import label_folder, read_label_files
from annotool.predictions.results import Results, file_beside
from annotool.predictions.scores import looks_like_scores, read_scores

__all__ = ["join_predictions", "read_results"]


def join_predictions(data: Dataset, path: Path, options: ReadOptions) -> Dataset:
    """Return the dataset with the predictions at a path in its table `predictions`, or in `probabilities`.

    What was recognised is told in facts["predictions"] and in a note. Raises UsageError where there is nothing to read.
    """
    return joined(data, read_results(path, options, file_beside(data, path)), path, options)


def read_results(path: Path, options: ReadOptions, file: str = "") -> Results:
    """Read the predictions at a path; `file` is how their source names it. Raises UsageError where there are none."""
    file = file or path.name
    if path.is_dir():
        return read_folder(path, options, file)
    try:
        held = opened(path, options)
        return read_scores(held, file) if looks_like_scores(held) else read_json(held, file)
    except OSError as error:
        raise UsageError(f"--predictions {path}: {(error.strerror or str(error)).lower()}") from error


def read_folder(path: Path, options: ReadOptions, file: str) -> Results:
    """Read the label files in a folder, or the one file of predictions in it."""
    if folders := label_folder(path, options):
        return read_label_files(path, folders, options, file)
    inside = sorted(each for each in path.iterdir() if each.suffix.lower() in (".json", ".csv", ".tsv"))
    if len(inside) != 1:
        told = f"{len(inside)} files" if inside else "none"
        raise UsageError(
            f"--predictions {path}: expected label files (*.txt), or one json or csv file; got {told}"
        )
    return read_results(inside[0], options, f"{file}/{inside[0].name}")
