"""SCH014."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.table import Table

SUFFIXES = (".cache", ".npy")


class Files(msgspec.Struct, frozen=True):
    """The files read, and the paths they lie under."""

    sources: Table
    paths: tuple[Path, ...]


class StaleLabelCache(DatasetRule[Files]):
    """A cache of labels is older than a label file.

    What: `labels/train.cache` or `labels/train.npy`, where YOLO trainers keep what they read in labels/train, was
    written before a file in that folder was. One finding a cache, on the first label file that is newer.

    Why: YOLOv5, and ultralytics before it looked at times of change too (8.4.190 does), know a cache by the names of the
    files and the sum of their sizes alone, so an edit of equal length (class 0 to 1) goes unseen, and training goes on
    with the old labels (ultralytics/yolov5#306, #307; ultralytics/yolov3#1554: mAP .9 became .008).

    Bad: labels/train.cache of Monday, labels/train/a.txt of Tuesday.

    Good: no cache, or one written after the last edit.

    Fix: none to ask for: delete the file. No cache is copied into what `annotool fix --out` writes, so the copy is free
    of it; nothing is deleted in place.

    Source: ultralytics/yolov5#306, #307; ultralytics/yolov3#1554; get_hash in ultralytics/data/utils.py.
    """

    code = "SCH014"
    slug = "stale-label-cache"
    severities = (Severity.WARNING,)
    verdict = ("1 label cache is older than its labels", "{n} label caches are older than their labels")
    formats = ("yolo",)

    def partial(self, shard: Dataset) -> Files:
        return Files(shard.table("sources"), shard.paths)

    def merge(self, states: Sequence[Files]) -> Files:
        return states[0]

    def finish(self, state: Files) -> Findings:
        hits = [
            (*newest, str(cache))
            for cache, folder, rows in caches(state)
            if (newest := newer(cache, folder, rows))
        ]
        sources, counts, files, names = zip(*hits, strict=True) if hits else ((), (), (), ())
        return found(
            self,
            "{cache} is older than {newer:,} of its label files, as {file}",
            count=len(hits),
            source=np.array(sources, dtype=np.int32),
            values={"cache": [Path(name).name for name in names], "newer": list(counts), "file": list(files)},
        )


def caches(state: Files) -> Iterator[tuple[Path, Path, dict[str, int]]]:
    """Yield each cache, the folder of labels it is of, and the sources in it by file name."""
    table = state.sources
    labels = np.flatnonzero((table["role"] == "labels") & (table["format"] == "yolo"))
    folders: dict[tuple[int, str], dict[str, int]] = {}
    columns = zip(
        labels.tolist(), table["path"][labels].tolist(), table["file"][labels].tolist(), strict=True
    )
    for row, path, file in columns:
        folder, _, name = file.rpartition("/")
        folders.setdefault((path, folder), {})[name] = row
    for (path, below), rows in folders.items():
        root = state.paths[path] if path < len(state.paths) else Path()
        folder = Path(os.path.normpath((root if root.is_dir() else root.parent).absolute() / below))
        for suffix in SUFFIXES:
            cache = folder.with_name(folder.name + suffix) if folder.name else folder
            if cache.is_file():
                yield cache, folder, rows


def newer(cache: Path, folder: Path, rows: dict[str, int]) -> tuple[int, int, str] | None:
    """Return the first source that was written after the cache, how many there are, and its name; None for none."""
    try:
        written = cache.stat().st_mtime_ns
        with os.scandir(folder) as entries:
            late = sorted(
                each.name for each in entries if each.name in rows and each.stat().st_mtime_ns > written
            )
    except OSError:
        return None
    return (rows[late[0]], len(late), late[0]) if late else None
