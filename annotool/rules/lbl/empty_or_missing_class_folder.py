"""LBL004."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import ERROR, WARNING, DatasetRule, Findings, found, worded
from annotool.table import Table

FORMAT = "imagefolder"


class Folders(msgspec.Struct, frozen=True):
    """The rows of `sources`, and how many image files lie beside the class folders of each folder."""

    sources: Table
    loose: dict[str, int]


class EmptyOrMissingClassFolder(DatasetRule[Folders]):
    """A class folder is missing in a split, or holds no image.

    What: a class that has a folder in one split (or in another path given) and none here, which is named with what it
    does to the numbers of the classes after it; a class folder without images; and images that lie beside the class
    folders (a warning, one a folder).

    Why: loaders number the classes by the sorted folder names of each split for itself. One folder less, and every later
    class gets the number of another: the score is that of guessing, and no error is raised (ultralytics/ultralytics#13936).
    torchvision's ImageFolder stops at a class folder without images. Images beside the folders are not read by anyone.

    Bad: train/cat train/cow train/dog, val/cat val/dog: a dog is 2 in train and 1 in val.

    Good: the same folders in each split, or the list of classes taken from train.

    Fix: none: put images there, or take the class from all splits.

    Source: ultralytics/ultralytics#13936; torchvision.datasets.folder.find_classes and make_dataset.
    """

    code = "LBL004"
    slug = "empty-or-missing-class-folder"
    severities = (ERROR, WARNING)
    formats = (FORMAT,)
    verdict = ("1 class folder is missing or empty", "{n} class folders are missing or empty")

    def partial(self, shard: Dataset) -> Folders:
        return Folders(shard.table("sources"), dict(shard.facts.get("loose_images", {})))

    def merge(self, states: Sequence[Folders]) -> Folders:
        return states[0]  # sources are not cut into shards

    def finish(self, state: Folders) -> Findings:
        rows = state.sources.take(state.sources["format"] == FORMAT)
        findings = self.empty(rows) + self.missing(rows)
        for folder, count in sorted(state.loose.items()):
            said = worded(
                "{count:,} image[ lies|s lie] beside the class folders of {folder}: no class, so not read",
                count,
            )
            findings += found(
                self, said, severity=WARNING, values={"count": count, "folder": folder or "the dataset"}
            )
        return findings

    def empty(self, rows: Table) -> Findings:
        """One finding for each class folder without images."""
        bare = np.flatnonzero(rows["records"] == 0)
        return found(
            self,
            "the class folder {folder} holds no image: torchvision's ImageFolder stops here",
            count=len(bare),
            severity=ERROR,
            values={
                "folder": rows["file"][bare],
                "class_name": [name_of(each) for each in rows["file"][bare].tolist()],
            },
            source=rows["source"][bare],
        )

    def missing(self, rows: Table) -> Findings:
        """One finding for each class without a folder in a split."""
        parts: dict[tuple[int, str], list[str]] = {}
        for path, split, file in zip(
            *(rows[name].tolist() for name in ("path", "split", "file")), strict=True
        ):
            parts.setdefault((path, split), []).append(name_of(file))
        every = sorted({name for own in parts.values() for name in own})
        most = max(parts, key=lambda key: len(parts[key]), default=None)
        findings = Findings()
        for key, own in parts.items():
            for name in sorted(set(every) - set(own)):
                where, other = part_of(*key), part_of(*most) if most else ""
                later = next((each for each in sorted(own) if each > name), "")
                values = {
                    "part": where, "class_name": name, "later": later, "other": other,
                    "here": sorted(own).index(later) if later else -1, "there": every.index(later) if later else -1,
                }  # fmt: skip
                told = "{part} has no folder for class {class_name!r}"
                shift = "; loaders that go by sorted folders number {later!r} {here} there and {there} where all classes are"
                findings += found(self, told + (shift if later else ""), severity=ERROR, values=values)
        return findings


def name_of(folder: str) -> str:
    """Return the class a folder is called by."""
    return folder.rpartition("/")[2]


def part_of(path: int, split: str) -> str:
    """Return what a part of the dataset is called: its split, else its place among the paths given."""
    return split or f"path {path + 1}"
