"""SCH010: image files that are not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    ERROR,
    INFO,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Op,
    found,
    mendable,
    together,
    worded,
)
from annotool.rules.sch.base import LEADS_OUT, Counts, bare_splits, columns, image_counts, orphans, summed
from annotool.rules.sch.dvc import Absent, absent_outputs
from annotool.rules.targets import drops_image, severe, stops
from annotool.table import Array, Table

NAMED = ("image", "source", "file_name", "line", "start", "end")


class State(msgspec.Struct, frozen=True):
    """Images and those on disk a split, rows of missing images, folders of git-lfs pointers, folders to
    search."""

    counts: Counts
    missing: Table
    pointers: dict[str, int]
    folders: tuple[Path, ...]


class MissingImageFile(DatasetRule[State]):
    """An image that the labels speak of is not on disk.

    What: an image record, a VOC xml or an entry of a YOLO list whose file is found nowhere. Where a whole
    split has no image on disk, as when only labels are kept in git, that is one info, and what could not be
    judged is said. A git-lfs or dvc pointer in place of images is one finding a folder, with the command that
    fetches them. A record without a file name is SCH002.

    Why: loaders stop in the middle of the first epoch, or leave the image out in silence; public sets ship
    with images missing (VisDrone/DroneVehicle#49). A pointer file opens as "cannot identify image file".

    Bad: `{"id": 8, "file_name": "a.jpg"}` and no a.jpg

    Good: `{"id": 8, "file_name": "a.jpg"}` beside a.jpg

    Fix: unsafe: the record and its annotations go. None for pointers and whole splits: fetch the images.

    Source: https://github.com/VisDrone/DroneVehicle/issues/49,
    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md,
    https://dvc.org/doc/user-guide/project-structure/dvc-files
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; torchvision 0.29.1
    datasets/coco.py CocoDetection; detectron2 data/detection_utils.py read_image at c0ccab0;
    open-mmlab/mmcv transforms/loading.py LoadImageFromFile at 009cfe6.
    """

    code = "SCH010"
    slug = "missing-image-file"
    severities = (ERROR, INFO)
    fixes = (Fix.UNSAFE,)
    verdict = ("1 image is not on disk", "{n} images are not on disk")
    targets = (
        drops_image("ultralytics", "drops the image", when=severe, many="images"),
        stops("torchvision", "stops: FileNotFoundError", when=severe, many="images"),
        stops("detectron2", "stops: FileNotFoundError", when=severe, many="images"),
        stops("mmdet", "stops: FileNotFoundError", when=severe, many="images"),
    )

    def unable(self, data: Dataset) -> str:
        return "--images none" if data.images_checked == "none" else ""

    def partial(self, shard: Dataset) -> State:
        images = shard.table("images")
        if shard.images_checked == "none":
            return State({}, missing_rows(shard, np.zeros(len(images), dtype=bool)), {}, ())
        lost = (images["path"] == "") & ~orphans(shard)
        lost[lost] = [
            ".." not in name or not LEADS_OUT.search(name) for name in images["file_name"][lost].tolist()
        ]
        told = np.isin(images["image"], shard.problems.of("SCH002").column("image"))
        lost &= ~(told & (images["file_name"] == ""))  # absent or no text: the cause
        folders = tuple(path if path.is_dir() else path.parent for path in shard.paths)
        return State(image_counts(shard), missing_rows(shard, lost), lfs_folders(shard), folders)

    def merge(self, states: Sequence[State]) -> State:
        pointers: dict[str, int] = {}
        for folder, number in (each for state in states for each in state.pointers.items()):
            pointers[folder] = pointers.get(folder, 0) + number
        missing = Table.concat([state.missing for state in states])
        counts = summed(state.counts for state in states)
        return State(counts, missing, dict(sorted(pointers.items())), states[0].folders)

    def finish(self, state: State) -> Findings:
        bare = bare_splits(state.counts)
        lost = state.missing
        findings = self.of_pointers(state)
        gone = absent_outputs(state.folders) if bare or len(lost) else []
        findings += together(self.of_dvc(each) for each in gone)
        if any(each.folder for each in gone):  # what it held cannot be known, so it explains all
            return findings
        for name in sorted(bare):
            values = {"images": state.counts[name][0], "split": name}
            message = "[the only image|none of the {images:,} images]" + (" of split {split}" if name else "")
            message = worded(message + " is[ not|] on disk", state.counts[name][0])
            findings += found(self, message, severity=INFO, values=values)
        files = {name for each in gone for name in each.names}
        explained = [split in bare or PurePosixPath(name).name in files for split, name in zip(
            lost["split"].tolist(), lost["file_name"].tolist(), strict=True)]  # fmt: skip
        own = lost.take(~np.array(explained, dtype=bool))
        for message, which in (
            ("{file_name} is not on disk", own["file_name"] != ""),
            ("file_name is empty", own["file_name"] == ""),
        ):
            values = {"file_name": own["file_name"][which]}
            findings += found(self, message, own, take=which, fix=Fix.UNSAFE, values=values)
        return findings

    def of_pointers(self, state: State) -> Findings:
        count = len(state.pointers)
        values = {
            "file": list(state.pointers),
            "images": list(state.pointers.values()),
            "command": "git lfs pull",
        }
        message = "{file} holds git-lfs pointers, not images (files: {images:,}); run: {command}"
        return found(self, message, count=count, values=values)

    def of_dvc(self, gone: Absent) -> Findings:
        values = {"file": gone.pointer, "output": gone.output, "command": gone.command}
        return found(self, "{output}: in dvc and not here; run: {command}", values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, images, _ = mendable(findings, "image")
        rows = data.table("annotations")
        finding = np.full(len(data.table("images")) + 1, -1, dtype=np.int64)
        finding[images] = at
        theirs = np.flatnonzero(finding[rows["image"]] >= 0)
        records = Edits.make(
            len(at), op=Op.DROP, table="images", row=images, finding=at, safe=False, rule=self.code
        )
        dependents = Edits.make(
            len(theirs),
            op=Op.DROP,
            table="annotations",
            row=rows["annotation"][theirs],
            finding=finding[rows["image"][theirs]],
            safe=False,
            rule=self.code,
        )
        return Edits.concat([records, dependents])


def missing_rows(data: Dataset, lost: Array) -> Table:
    """Return what findings need of these images, with their split; of one that only a list names, the line there."""
    images, splits = data.table("images"), data.table("splits")
    rows = columns(images, NAMED).take(lost).with_columns(split=data.image_splits[lost])
    listed = np.full(len(images) + 1, -1, dtype=np.int64)
    listed[data.image_rows(splits["image"])[::-1]] = np.arange(len(splits))[::-1]
    entry = np.where(rows["source"] < 0, listed[:-1][lost], -1)
    if not (entry >= 0).any():
        return rows
    place = {name: np.where(entry >= 0, splits[name][entry], rows[name]) for name in ("source", "line")}
    return rows.with_columns(**place)


def lfs_folders(data: Dataset) -> dict[str, int]:
    """Return how many git-lfs pointers stand in each folder, named below the dataset's path."""
    paths = data.table("images")["path"]
    if not (paths != "").any():
        return {}
    counts: dict[str, int] = {}
    for path in paths[data.image_files.pointer == "lfs"].tolist():
        folder = below(Path(path).parent, data.paths)
        counts[folder] = counts.get(folder, 0) + 1
    return counts


def below(folder: Path, roots: Sequence[Path]) -> str:
    """Return a folder's path below the root it lies in, else its whole path."""
    for root in roots:
        base = (root if root.is_dir() else root.parent).absolute()
        if folder.is_relative_to(base):
            return folder.relative_to(base).as_posix()
    return folder.as_posix()
