"""Names of image files in datasets we write: safe on every file system, and each given once."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from annotool.dataset import Dataset

__all__ = ["image_names", "safe_part"]

UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
LONGEST = 200  # bytes of a name's part; file systems hold 255
LAYOUT = ("images", "jpegimages", "labels")  # folders of other formats


def image_names(data: Dataset, folders: Sequence[str], flat: bool = False) -> list[str]:
    """Return a path for each image below its folder of `folders` (safe names, no end slash; empty: the top). Sub-folders of
    the file name stay, unless `flat`; of two different images of one path, case aside, the second gets a number.
    """
    images = data.table("images")
    taken: dict[str, tuple[str, int]] = {}
    found = []
    columns = (images[name].tolist() for name in ("file_name", "path"))
    for row, (name, path, folder) in enumerate(zip(*columns, folders, strict=True)):
        parts = below(name, path, folder)
        wanted = "/".join(filter(None, [folder, *(parts[-1:] if flat else parts)]))
        stem, suffix = os.path.splitext(wanted)
        file, place, number = (path, -1 if path else row), wanted, 1
        while taken.setdefault(place.casefold(), file) != file:
            place, number = f"{stem}-{number}{suffix}", number + 1
        found.append(place)
    return found


def below(name: str, path: str, folder: str) -> list[str]:
    """Return the parts of a file name that are worth keeping below a folder: none that leads out of it, is a layout's, or
    is the folder again.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if name.startswith(("/", "\\")) or any(part == ".." or part[1:] == ":" for part in parts):
        parts = [part for part in parts if part != ".."][-1:]
    parts = parts or [os.path.basename(path) or "image"]
    if len(parts) > 1 and parts[0].lower() in LAYOUT:
        parts = parts[1:]
    if len(parts) > 1 and folder and parts[0] == folder.rpartition("/")[2]:
        parts = parts[1:]
    clean = [safe_part(part) for part in parts]
    if not os.path.splitext(clean[-1])[1]:
        clean[-1] += os.path.splitext(path)[1]
    return clean


def safe_part(part: str) -> str:
    """Return the name of a file or folder that every file system holds."""
    clean = UNSAFE.sub("_", part).replace("/", "_")
    if clean in (".", ".."):
        clean = "_" * len(clean)
    if len(clean.encode()) <= LONGEST:
        return clean
    stem, suffix = os.path.splitext(clean)
    return stem.encode()[: LONGEST - len(suffix.encode())].decode("utf-8", "ignore") + suffix
