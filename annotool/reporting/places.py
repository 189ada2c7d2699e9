"""Where a finding's file lies, as seen from the working folder: what CI systems hang their marks on."""

from __future__ import annotations

from pathlib import Path

from annotool.dataset import Dataset
from annotool.reporting.rows import Row

__all__ = ["Places"]


class Places:
    """The files of a dataset by their path from the working folder, with forward slashes."""

    def __init__(self, data: Dataset) -> None:
        self.roots = [path if path.is_dir() else path.parent for path in data.paths]
        self.whole = data.paths[0] if data.paths else Path()
        self.here = Path.cwd()

    def of(self, row: Row) -> str:
        """Return the file of a finding; its image where no label file says it; else what was read first."""
        if not self.roots or not (row.file or row.image):
            return self.told(self.whole)
        return self.told(self.roots[row.path] / (row.file or row.image))

    def told(self, path: Path) -> str:
        """Return the path from the working folder; an absolute one when it lies elsewhere."""
        whole = self.here / path
        return (whole.relative_to(self.here) if whole.is_relative_to(self.here) else whole).as_posix()
