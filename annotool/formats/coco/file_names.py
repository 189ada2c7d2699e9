"""What an image is called in a file we write, and so where below images/ it goes."""

from __future__ import annotations

import os
import re

import numpy as np

from annotool.dataset import Dataset

__all__ = ["file_names"]

UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
LONGEST = 200  # bytes of a name's part; file systems hold 255
LAYOUT = ("images", "jpegimages")  # folders of other formats that our images/ stands for


def file_names(data: Dataset) -> list[str]:
    """Return each image's path below images/: its file name, made safe. Of two different images of one name, case
    aside, the second gets its split in front, or a number behind."""
    images = data.table("images")
    coco = np.append(data.table("sources")["format"] == "coco", False)
    columns = (images[name].tolist() for name in ("file_name", "path", "source"))
    taken: dict[str, tuple[str, int]] = {}
    found = []
    for (name, path, source), split in zip(
        zip(*columns, strict=True), data.image_splits.tolist(), strict=True
    ):
        wanted = safe(name, path)
        folder, _, rest = wanted.partition("/")
        if rest and not coco[source] and folder.lower() in LAYOUT:
            wanted = rest
        stem, suffix = os.path.splitext(wanted)
        file = (path, -1 if path else source)
        place, number = wanted, 1
        while taken.setdefault(place.casefold(), file) != file:
            place = (
                f"{safe_part(split.replace('/', '_'))}/{wanted}"
                if number == 1 and split
                else f"{stem}-{number}{suffix}"
            )
            number += 1
        found.append(place)
    return found


def safe(name: str, path: str) -> str:
    """Return a file name with its folders, and with nothing that leads out of a folder."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if name.startswith(("/", "\\")) or any(part == ".." or part[1:] == ":" for part in parts):
        parts = [part for part in parts if part != ".."][-1:]
    place = "/".join(map(safe_part, parts or [os.path.basename(path) or "image"]))
    return place if os.path.splitext(place)[1] else place + os.path.splitext(path)[1]


def safe_part(part: str) -> str:
    """Return a file's or folder's name that every file system holds."""
    clean = UNSAFE.sub("_", part)
    if len(clean.encode()) <= LONGEST:
        return clean
    stem, suffix = os.path.splitext(clean)
    return stem.encode()[: LONGEST - len(suffix.encode())].decode("utf-8", "ignore") + suffix
