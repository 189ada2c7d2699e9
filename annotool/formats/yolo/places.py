"""Where ultralytics looks for a label, and where a path that leads nowhere may have meant."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["found_tail", "image_folder", "label_folder", "parts_of", "without_part"]


def label_folder(folder: str) -> str:
    """Return the folder ultralytics reads the labels of images in `folder` from: the last /images/ is /labels/."""
    return replaced(folder, "images", "labels")


def image_folder(folder: str) -> str:
    """Return the folder whose images have their labels in `folder`."""
    return replaced(folder, "labels", "images")


def replaced(folder: str, old: str, new: str) -> str:
    head, found, tail = f"{os.sep}{folder}{os.sep}".rpartition(f"{os.sep}{old}{os.sep}")
    return f"{head}{os.sep}{new}{os.sep}{tail}"[1:].rstrip(os.sep) if found else folder


def without_part(path: str, part: str) -> str:
    """Return a path with forward slashes without the last folder of that name."""
    head, found, tail = f"/{path}".rpartition(f"/{part}/")
    return f"{head}/{tail}"[1:] if found else path


def parts_of(text: str) -> list[str]:
    """Return the parts of a written path: any slashes, without drive, `.` and `..`."""
    parts = text.replace("\\", "/").replace("\0", "").split("/")
    return [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]


def found_tail(parts: Sequence[str], least: int, folder: Path) -> Path | None:
    """Return what lies below `folder` at the longest tail of a path, of at least `least` parts, in any case.

    A folder of images counts as found where the labels are, for labels may be kept without their images.
    """
    for first in range(len(parts) - least + 1):
        tail = parts[first:]
        if there := in_any_case(folder, tail):
            return there
        if os.path.isdir(label_folder(str(folder.joinpath(*tail)))):
            return folder.joinpath(*tail)
    return None


def in_any_case(folder: Path, parts: Sequence[str]) -> Path | None:
    exact = folder.joinpath(*parts)
    if os.path.exists(exact):
        return exact
    here = folder
    for part in parts:
        try:
            names = {name.lower(): name for name in sorted(os.listdir(here), reverse=True)}
        except (OSError, ValueError):
            return None
        if part.lower() not in names:
            return None
        here /= part if os.path.exists(here / part) else names[part.lower()]
    return here
