"""Where each image and its xml go in a written dataset: safe, distinct paths made of the image names."""

from __future__ import annotations

import hashlib
import os
import re

import msgspec

from annotool.dataset import Dataset
from annotool.formats.images import SUFFIXES

__all__ = ["Place", "places", "safe"]

UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LONGEST = 200  # bytes of a name; file systems hold 255


class Place(msgspec.Struct, frozen=True):
    """An image's stem below JPEGImages and Annotations (forward slashes), its suffix, and its name in the dataset."""

    stem: str
    suffix: str
    file_name: str

    @property
    def renamed(self) -> bool:
        """Whether a reader could not tell the image's name from the files alone."""
        return "/" in self.stem or self.stem + self.suffix != self.file_name


def places(data: Dataset) -> list[Place]:
    """Return where each image goes. Sub-folders stay; a stem that is taken gets its suffix or a number added; what
    would lead out of the folder, or is no file name, goes. The answer depends on names and their order alone."""
    images = data.table("images")
    wanted = [
        split_name(name or os.path.basename(path) or f"image-{key}", path)
        for key, name, path in zip(
            images["image"].tolist(), images["file_name"].tolist(), images["path"].tolist(), strict=True
        )
    ]
    taken = {stem.casefold() for stem, _ in wanted}
    first: set[str] = set()
    found = []
    for (stem, suffix), name in zip(wanted, images["file_name"].tolist(), strict=True):
        if stem.casefold() in first:
            tried = [f"{stem}_{suffix[1:]}"] if suffix else []
            number = 2
            while not tried or tried[-1].casefold() in taken:
                tried.append(f"{stem}-{number}")
                number += 1
            stem = tried[-1]
            taken.add(stem.casefold())
        first.add(stem.casefold())
        found.append(Place(stem, suffix, name))
    return found


def split_name(name: str, path: str) -> tuple[str, str]:
    """Return the safe stem, with its folders, and the suffix of the image file."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    leads_out = name.startswith(("/", "\\")) or any(part == ".." or part.endswith(":") for part in parts)
    if leads_out or not parts:
        parts = parts[-1:] if parts and parts[-1] != ".." else ["image"]
    stem, suffix = os.path.splitext(parts[-1])
    if suffix.lower() not in SUFFIXES:
        stem, suffix = parts[-1], os.path.splitext(path)[1]
    return "/".join(safe(part) for part in (*parts[:-1], stem)), safe(suffix) if suffix else ""


def safe(part: str) -> str:
    """Return a name every file system and list can hold: visible, no control characters, no outer spaces, not too long."""
    clean = UNSAFE.sub("_", part).strip() or "_"
    clean = f"_{clean}" if clean.startswith(".") and clean.lower() not in SUFFIXES else clean
    held = clean.encode()
    if len(held) <= LONGEST:
        return clean
    return held[: LONGEST - 13].decode("utf-8", "ignore") + "-" + hashlib.sha256(held).hexdigest()[:12]
