"""The form of predictions told by content, and read."""

from __future__ import annotations

from pathlib import Path

from annotool.errors import UsageError
from annotool.formats.base import ReadOptions, opened
from annotool.predictions.json_results import read_json
from annotool.predictions.label_files import label_folder, read_label_files
from annotool.predictions.results import Results
from annotool.predictions.scores import looks_like_scores, read_scores
from annotool.wording import plural

__all__ = ["read_results"]

HEAD, ROW = 1 << 10, 5  # bytes looked at, and the fewest words of a row of a label file


def read_results(path: Path, options: ReadOptions, file: str = "") -> Results:
    """Read the predictions at a path; `file` is how their source names it. Raises UsageError where there are none."""
    file = file or path.name
    if path.is_dir():
        return read_folder(path, options, file)
    try:
        held = opened(path, options)
        if looks_like_scores(held):
            return read_scores(held, file)
        first = bytes(held[:HEAD]).strip().partition(b"\n")[0]
        if path.suffix.lower() == ".txt" and len(first.split()) >= ROW and first[:1] not in b"[{":
            raise UsageError(f"--predictions {path}: label files are read by folder; name {path.parent}")
        return read_json(held, file)
    except OSError as error:
        raise UsageError(f"--predictions {path}: {(error.strerror or str(error)).lower()}") from error


def read_folder(path: Path, options: ReadOptions, file: str) -> Results:
    """Read the label files in a folder, or the one file of predictions in it."""
    if folders := label_folder(path, options):
        return read_label_files(path, folders, options, file)
    inside = sorted(each for each in path.iterdir() if each.suffix.lower() in (".json", ".csv", ".tsv"))
    if len(inside) != 1:
        told = plural(len(inside), "file") if inside else "none"
        raise UsageError(
            f"--predictions {path}: expected label files (*.txt), or one json or csv file; got {told}"
        )
    return read_results(inside[0], options, f"{file}/{inside[0].name}")
