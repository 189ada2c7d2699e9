"""Listing: a folder's entries, each folder scanned once and only when asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

__all__ = ["Listing", "scanned"]


class Listing:
    """The files and sub-folders of one folder. What cannot be listed is empty, and `error` says why."""

    def __init__(self, path: Path, above: tuple[str, ...] = ()) -> None:
        self.path = path
        self.error = ""
        self._above = above

    @cached_property
    def entries(self) -> tuple[dict[str, str], dict[str, Listing]]:
        """File names (by name, sorted; the value is the lower-case suffix) and sub-folders (by name, sorted)."""
        files: list[str] = []
        folders: list[str] = []
        try:
            files, folders = scanned(self.path)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in a name that labels speak of
            self.error = getattr(error, "strerror", None) or str(error)
        here = (*self._above, str(self.path.resolve())) if folders else self._above
        below = {name: Listing(self.path / name, here) for name in sorted(folders)}
        # A link that leads back up would be walked for ever.
        below = {
            k: v for k, v in below.items() if not (v.path.is_symlink() and str(v.path.resolve()) in here)
        }
        return {name: os.path.splitext(name)[1].lower() for name in sorted(files)}, below

    @property
    def files(self) -> dict[str, str]:
        """File names, sorted, each with its suffix in lower case."""
        return self.entries[0]

    @property
    def folders(self) -> dict[str, Listing]:
        """Sub-folders by name, sorted."""
        return self.entries[1]

    def with_suffix(self, *suffixes: str) -> list[str]:
        """Return the names of files with one of these suffixes (lower case, with the dot)."""
        return [name for name, suffix in self.files.items() if suffix in suffixes]

    def folder(self, *names: str) -> Listing | None:
        """Return the first sub-folder whose name equals one of `names` but for case."""
        lower = {name.lower(): each for name, each in self.folders.items()}
        return next((lower[name.lower()] for name in names if name.lower() in lower), None)

    def file(self, *names: str) -> Path | None:
        """Return the path of the first file whose name equals one of `names` but for case."""
        lower = {name.lower(): name for name in self.files}
        return next((self.path / lower[name.lower()] for name in names if name.lower() in lower), None)

    def walk(self, depth: int = 4) -> Iterator[Listing]:
        """Yield this folder and those below it, parents first, hidden ones left out."""
        yield self
        if depth:
            for name, each in self.folders.items():
                if not name.startswith("."):
                    yield from each.walk(depth - 1)


def scanned(folder: str | Path) -> tuple[list[str], list[str]]:
    """Return the names of the files and of the folders in a folder, in no order. Raises OSError, and ValueError for a
    path with a zero byte.

    Left out is what no dataset is made of: pipes, sockets and devices, which could be waited on for ever, links that
    lead back to themselves, and macOS's `._` companions. A link to nothing is a file.
    """
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith("._"):
                continue
            try:
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path)):
                    files.append(entry.name)
            except OSError:  # a loop of links
                continue
    return files, folders
