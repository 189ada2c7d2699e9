"""FMT006: VOC files that name another image."""

from __future__ import annotations

from pathlib import PurePosixPath

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    WARNING,
    Edits,
    Findings,
    Fix,
    ImageRule,
    found,
    in_class_lists,
    mendable,
    written_in,
)
from annotool.table import Array


class VocFilenameMismatch(ImageRule):
    """The filename in a VOC xml is not that of its image.

    What: `<filename>` has another stem than the xml, or another suffix than the image on disk; case is
    SCH013's.

    Why: some loaders go by `<filename>`, others by the xml's own name: the boxes land on another image, or
    the image is not found (weecology/DeepForest#157, microsoft/VoTT#926, cvat-ai/cvat#6319). Mostly files
    were renamed after labelling. annotool goes by the xml's name first.

    Bad: `a.xml` with `<filename>IMG_0815.jpg</filename>`

    Good: `a.xml` with `<filename>a.jpg</filename>`

    Fix: safe where the image on disk has the xml's stem: its name is written. None otherwise.

    Source: https://github.com/weecology/DeepForest/issues/157
    """

    code = "FMT006"
    slug = "voc-filename-mismatch"
    severities = (WARNING,)
    verdict = ("1 xml names another file", "{n} xml files name another file")
    fixes = (Fix.SAFE,)
    formats = ("voc",)

    def check(self, data: Dataset) -> Findings:
        images = data.table("images")
        of_xml = np.append(data.table("sources")["role"] == "labels", False)[images["source"]]
        of_xml &= ~in_class_lists(data, images)
        rows = np.flatnonzero(written_in(data, images, self.formats) & of_xml & ~restored(data))
        written, stems, actual = names(data, rows)
        wrong = [mismatch(*each) for each in zip(written, stems, actual, strict=True)]
        kinds = np.array(wrong, dtype=object)
        chosen = np.flatnonzero(kinds != "")
        rows, kinds = rows[chosen], kinds[chosen]
        fix = np.where(better(data, rows) != "", Fix.SAFE, Fix.NONE)
        values = {"filename": images["file_name"][rows], "why": kinds}
        return found(self, "filename {filename}: {why}", images, take=rows, fix=fix, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings, "image")
        new = better(data, keys)
        return Edits.make(
            len(at), table="images", column="file_name", row=keys, new=new, finding=at, rule=self.code
        )


def restored(data: Dataset) -> Array:
    """Return which images got their name from our own side file, not from their xml (bool)."""
    table, images = data.table("originals"), data.table("images")
    mine = (table["table"] == "images") & (table["column"] == "file_name")
    return np.isin(images["image"], table["row"][mine])


def names(data: Dataset, rows: Array) -> tuple[list[str], list[str], list[str]]:
    """Return the last part of the written name, the stem of the xml, and the image's name on disk or ""."""
    images, files = data.table("images"), data.table("sources")["file"]
    written = [name.replace("\\", "/").rpartition("/")[2] for name in images["file_name"][rows].tolist()]
    stems = [PurePosixPath(file).stem for file in files[images["source"][rows]].tolist()]
    actual = [path.replace("\\", "/").rpartition("/")[2] for path in data.image_paths[rows].tolist()]
    return written, stems, actual


def mismatch(written: str, stem: str, actual: str) -> str:
    """Say what does not agree, empty if all does. A name without suffix is its own stem."""
    name = written.casefold()
    own, _, suffix = name.rpartition(".")
    if stem.casefold() not in (name, own):
        return f"expected the stem {stem}"
    there = actual.casefold().removeprefix(f"{stem.casefold()}.")
    found_suffix = there if there != actual.casefold() else ""
    same = not found_suffix or (suffix == found_suffix and own == stem.casefold())
    return "" if same else f"the image on disk is {actual}"


def better(data: Dataset, rows: Array) -> Array:
    """Return the file name that would be right: the image on disk, where it has the xml's stem; else
    empty."""
    written, stems, actual = names(data, rows)
    new = np.empty(len(rows), dtype=object)
    for at, name in enumerate(data.table("images")["file_name"][rows].tolist()):
        folder = name[: len(name) - len(written[at])]
        fits = PurePosixPath(actual[at]).stem == stems[at]
        new[at] = folder + actual[at] if actual[at] and fits else ""
    return new
