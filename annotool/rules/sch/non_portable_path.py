"""SCH013: image paths that only work on one machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    WARNING,
    Edits,
    Findings,
    Fix,
    ImageRule,
    found,
    mendable,
    together,
    written_in,
)
from annotool.rules.sch.base import LEADS_OUT
from annotool.table import Array

KINDS = {  # what is odd about a path, by the first that fits
    "leads up with `..`": LEADS_OUT,
    "names a drive": re.compile(r"^[A-Za-z]:"),
    "is absolute": re.compile(r"^[/\\]"),
    "has a backslash": re.compile(r"\\"),
}
ODD = re.compile("|".join(pattern.pattern for pattern in KINDS.values()))
FORMATS = ("coco", "voc", "yolo")
CASE = "differs in case from the file on disk"


class NonPortablePath(ImageRule):
    """The path of an image works on one machine only.

    What: a file name that is absolute, names a drive, has a backslash, leads up with `..`, or is spelled in
    another case than the file on disk. A path that leads out of the dataset is never opened: the image counts
    as missing.

    Why: on the next machine the image is not found, and many loaders then leave it out in silence; a
    backslash is a part of the name on Linux (VisDrone/DroneVehicle#49: "local Windows paths"). A path with
    `..` can name any file.

    Bad: `"file_name": "C:\\\\data\\\\images\\\\a.jpg"`

    Good: `"file_name": "a.jpg"`

    Fix: safe where the file was found: in COCO and VOC the path from the image folder to it is written, in a YOLO list the
    one from the list's folder, begun with `./`, as ultralytics reads it. None where it does not lie below that folder.

    Source: https://github.com/VisDrone/DroneVehicle/issues/49
    """

    code = "SCH013"
    slug = "non-portable-path"
    severities = (WARNING,)
    verdict = ("1 path holds on this machine only", "{n} paths hold on this machine only")
    fixes = (Fix.SAFE,)

    def check(self, data: Dataset) -> Findings:
        images = data.table("images")
        names, paths = images["file_name"].tolist(), data.image_paths.tolist()
        judged = suspects(names, paths)
        kinds = np.array([kind(names[row], paths[row].replace(os.sep, "/")) for row in judged], dtype=object)
        rows, kinds = np.array(judged, dtype=np.int64)[kinds != ""], kinds[kinds != ""]
        able = (portable(data, rows) != "") & written_in(data, images.take(rows), FORMATS)
        there = images["path"][rows] != ""
        message = "{file_name} {odd}"
        parts = []
        for text, which in ((message, there), (f"{message}, and no such image lies in the dataset", ~there)):
            values = {"file_name": images["file_name"][rows[which]], "odd": kinds[which]}
            fix = np.where(able[which], Fix.SAFE, Fix.NONE)
            place = where_written(data, rows[which])
            parts.append(found(self, text, images, take=rows[which], fix=fix, values=values, **place))
        return together(parts)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings, "image")
        new = portable(data, keys)
        return Edits.make(
            len(at), table="images", column="file_name", row=keys, new=new, finding=at, rule=self.code
        )


def suspects(names: list[str], paths: list[str]) -> list[int]:
    """Return the rows worth a closer look, quickly: mostly there is none."""
    text = "\n".join(["", *names])
    if any(mark in text for mark in ("\\", "..", ":", "\n/")):
        return list(range(len(names)))
    return [row for row, path in enumerate(paths) if path and not path.endswith(names[row])]


def kind(name: str, path: str) -> str:
    """Return what is odd about a file name, empty if nothing is; `path` is that of its file, with forward
    slashes."""
    if ODD.search(name) and "://" not in name:
        return next(text for text, pattern in KINDS.items() if pattern.search(name))
    other_case = not path.endswith(name) and path.casefold().endswith(name.casefold())
    return CASE if other_case else ""


def portable(data: Dataset, rows: Array) -> Array:
    """Return for each image its path below the image folder with forward slashes, of YOLO below the folder of its lists;
    empty where none was found.

    Without a known image folder: the longest end of the path on disk that the written name agrees with.
    """
    images, root = data.table("images"), data.facts.get("image_root")
    folder = str(root).replace(os.sep, "/").rstrip("/") + "/" if root else "\n"
    better = np.empty(len(rows), dtype=object)
    for at, row in enumerate(rows.tolist()):
        path = data.image_paths[row].replace(os.sep, "/")
        inside = path.startswith(folder)
        better[at] = path[len(folder) :] if inside else common_end(images["file_name"][row], path)
    of_yolo, below = written_in(data, images.take(rows), ("yolo",)), below_lists(data, rows)
    better[of_yolo] = [below.get(row, "") for row in rows[of_yolo].tolist()]
    return better


def list_lines(data: Dataset, rows: Array) -> dict[int, list[tuple[int, int]]]:
    """Return source and line of the YOLO lists that name these images, by the image's position; none: not in it."""
    splits, sources, images = data.table("splits"), data.table("sources"), data.table("images")
    wanted = rows[written_in(data, images.take(rows), ("yolo",))]
    position = dict(zip(images["image"][wanted].tolist(), wanted.tolist(), strict=True))
    mine = np.flatnonzero(np.isin(splits["image"], list(position)) & (splits["line"] > 0))
    columns = (splits[name][mine].tolist() for name in ("image", "source", "line"))
    found: dict[int, list[tuple[int, int]]] = {}
    for image, source, line in sorted(set(zip(*columns, strict=True))):
        if sources["role"][source] == "split":
            found.setdefault(position[image], []).append((source, line))
    return found


def below_lists(data: Dataset, rows: Array) -> dict[int, str]:
    """Return the paths of YOLO's images (by position) below the folder of the lists that name them; those that have
    one."""
    sources, paths = data.table("sources"), data.image_paths
    found: dict[int, str] = {}
    for row, held in list_lines(data, rows).items():
        folders = {folder_of(data.paths[sources["path"][at]], sources["file"][at]) for at, _ in held}
        below = os.path.relpath(paths[row], folders.pop()) if paths[row] else ".."
        if not folders and not below.startswith(".."):
            found[row] = below.replace(os.sep, "/")
    return found


def folder_of(given: Path, file: str) -> Path:
    """Return the folder of a source file, `given` being the path it was read from."""
    return ((given if given.is_dir() else given.parent) / file).parent


def where_written(data: Dataset, rows: Array) -> dict[str, Any]:
    """Return source, line, start and end of the records that name these images: of YOLO, the line of the first list."""
    images, lists = data.table("images"), list_lines(data, rows)
    place = {name: np.array(images[name][rows]) for name in ("source", "line", "start", "end")}
    for at, row in enumerate(rows.tolist()):
        if row in lists:
            (place["source"][at], place["line"][at]), *_ = lists[row]
            place["start"][at] = place["end"][at] = -1
    return place


def common_end(name: str, path: str) -> str:
    """Return the longest end of `path` whose parts equal the last ones of `name` but for case."""
    written, actual = re.split(r"[/\\]", name.casefold())[::-1], path.casefold().split("/")[::-1]
    agree = next(
        (n for n, pair in enumerate(zip(written, actual, strict=False)) if pair[0] != pair[1]), len(written)
    )
    return "/".join(path.split("/")[-agree:]) if agree else ""
