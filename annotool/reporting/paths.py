"""One image a line, each once: what a script hands to an image viewer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.reporting.told import Told

__all__ = ["lines"]


def lines(told: Told) -> Iterator[str]:
    """Yield the images that new findings name: the file on disk where there is one, else the name as written."""
    images = told.data.table("images")
    found = told.data.image_rows(np.unique(told.findings.new.column("image")))
    for row in found[found >= 0].tolist():
        yield images["path"][row] or images["file_name"][row]
