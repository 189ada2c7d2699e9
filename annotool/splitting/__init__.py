"""A dataset split anew: which images belong together, what each split gets, and the same format written with it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotool.conversion import Converted, convert, known
from annotool.dataset import Dataset
from annotool.errors import AnnotoolError, UsageError
from annotool.findings import Findings
from annotool.formats.base import Format, WriteOptions, objects
from annotool.imagefile import ImageFiles
from annotool.joining import matched
from annotool.metrics.balance import Counts, count
from annotool.rules.base import Rule
from annotool.splitting.belonging import DUPLICATES, belonging
from annotool.splitting.dealing import Dealt, deal
from annotool.splitting.ratios import parse_ratios, written_names
from annotool.table import Array

__all__ = ["COLUMN", "DUPLICATES", "Split", "checkable", "plan", "write"]

COLUMN = "split group"  # the joined column that tells SPL003 what belongs together


@dataclass(frozen=True)
class Split:
    """What came out. dealt: who went where; converted: what was written; data: the result, as it was read again, with the
    groups of its images joined; findings: what the rules SPL find in it.
    """

    dealt: Dealt
    converted: Converted
    data: Dataset
    findings: Findings

    @property
    def counts(self) -> Counts:
        """What each split holds."""
        return self.data.once(count)


def plan(
    data: Dataset,
    ratios: str | Mapping[str, float],
    group_by: Sequence[str],
    seed: int,
    keep: Sequence[str],
    rules: Mapping[str, Rule],
) -> Dealt:
    """Return the dataset with its images dealt out to new splits, called as its format calls them."""
    wanted, target = parse_ratios(ratios), own_format(data)
    check_kept(data, wanted, keep)
    called = written_names([*wanted, *keep], target)
    if not len(data.table("images")):
        raise UsageError("the dataset has no images: there is nothing to split")
    shares = {called[name]: share for name, share in wanted.items()}
    together = belonging(data, group_by, rules)
    return deal(moved_out(data, target), shares, together, seed, {name: called[name] for name in keep})


def moved_out(data: Dataset, target: Format) -> Dataset:
    """The dataset with file names that do not name the old split, but where two images would then be of one name."""
    images = data.table("images")
    pairs = zip(images["file_name"].tolist(), data.image_splits.tolist(), strict=True)
    names = [target.outside_split(name, split) if split else name for name, split in pairs]
    often = Counter(os.path.splitext(name)[0].casefold() for name in names)
    old = images["file_name"].tolist()
    new = [
        name if often[os.path.splitext(name)[0].casefold()] == 1 else before
        for name, before in zip(names, old, strict=True)
    ]
    tables = {**data.tables, "images": images.with_columns(file_name=objects(new))}
    return data if new == old else replace(data, tables=tables, probed=probed(data))


def probed(data: Dataset) -> ImageFiles | None:
    """What is known of the image files, if anything was asked for."""
    return data.image_headers if data.images_checked != "none" else None


def check_kept(data: Dataset, ratios: Mapping[str, float], keep: Sequence[str]) -> None:
    for name in keep:
        if name not in data.split_names:
            there = ", ".join(data.split_names) or "none"
            raise UsageError(f"--keep {name}: no such split; there are: {there}")
        if name in ratios:
            raise UsageError(f"--keep {name}: a kept split gets no share; take it out of --ratios")


def own_format(data: Dataset) -> Format:
    """The one format the dataset is in. Raises UsageError for several, or one that cannot be written."""
    if len(data.formats) != 1:
        raise UsageError(
            f"the paths hold {' and '.join(sorted(data.formats))}; a split is written in the format of the dataset: "
            "convert it to one format first"
        )
    return known(next(iter(data.formats)))


def checks(format: str) -> list[str]:
    """The rules that judge what came out: of class folders one that misses in a split shifts the numbers of the others."""
    return ["SPL", "LBL004"] if format == "imagefolder" else ["SPL"]


def write(dealt: Dealt, out: Path, image_files: str, allow_loss: bool) -> Converted:
    """Write the dataset with its new splits in its own format into the new folder `out`."""
    task = dealt.data.facts.get("task", {}).get("task", "detect")
    options = WriteOptions(task=task, crowd="keep", image_files=image_files, allow_loss=allow_loss)
    target = own_format(dealt.data)
    label_files = target.label_files(dealt.data, options)
    return convert(dealt.data, target.name, out, options, dealt.left_out, label_files)


def checkable(dealt: Dealt, again: Dataset, out: Path, image_files: str) -> Dataset:
    """Return the dataset to be audited, with the groups of its images joined: the written one, where each image of it is
    found to be one of ours, else ours. Raises AnnotoolError where what was written is read with other splits.
    """
    sizes = [
        {name: int((each.table("splits")["split"] == name).sum()) for name in each.split_names}
        for each in (dealt.data, again)
    ]
    placed = image_files != "none" and len(dealt.data.table("images")) == len(again.table("images"))
    if placed and sizes[0] != sizes[1]:
        raise AnnotoolError(
            f"{out}: written with splits {sizes[0]}, but read as {sizes[1]}; choose other names of splits"
        )
    data, rows = dealt.data, np.arange(len(dealt.names))
    if placed:
        found = rows_of(dealt, again, out)
        if (found >= 0).all():
            data, rows = again, found
    return replace(data, joined={**data.joined, COLUMN: dealt.names[rows]})


def rows_of(dealt: Dealt, again: Dataset, out: Path) -> Array:
    """Our row of each image that was read again, by the place of its file, without one by its name; -1 for neither."""
    options = WriteOptions(task=dealt.data.facts.get("task", {}).get("task", "detect"), crowd="keep")
    places = own_format(dealt.data).image_targets(dealt.data, options).tolist()
    home, images = full(out), again.table("images")
    row_of = {os.path.join(home, *place.split("/")): row for row, place in enumerate(places) if place}
    paths = images["path"].tolist()
    found = np.array([row_of.get(full(path), -1) if path else -1 for path in paths], dtype=np.int64)
    bare = np.flatnonzero(found < 0)
    left = np.setdiff1d(np.arange(len(places)), found)
    names = images["file_name"][bare].tolist(), dealt.data.table("images")["file_name"][left].tolist()
    partner = np.array(matched(*names), dtype=np.int64)
    found[bare] = np.where(partner >= 0, np.append(left, -1)[partner], -1)
    return found


def full(path: str | Path) -> str:
    return os.path.normpath(Path(path).absolute())
