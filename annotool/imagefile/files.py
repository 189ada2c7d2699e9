"""What image files say of themselves, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from annotool.table import Table

__all__ = ["ImageFile", "ImageFiles"]

Ints = NDArray[np.int64]
DTYPES = ("bool", "i8", "f8", "f8", "U8", "U8", "i1", "i1", "i1", "U4", "O")


class ImageFile(NamedTuple):
    """One row of `ImageFiles`."""

    exists: bool = False
    bytes: int = -1
    width: float = float("nan")
    height: float = float("nan")
    mode: str = ""
    format: str = ""
    exif: int = 0
    end_marker: int = -1
    decodes: int = -1
    pointer: str = ""
    error: str = ""


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """What image files say of themselves: columns, one row a path."""

    exists: NDArray[np.bool_]  # something has that name, be it a folder
    bytes: Ints  # -1 unknown
    width: NDArray[np.float64]  # as stored: EXIF not applied; NaN unknown
    height: NDArray[np.float64]
    mode: NDArray[np.str_]  # Pillow's: "RGB", "L", "CMYK" ...
    format: NDArray[np.str_]  # Pillow's: "JPEG", "PNG" ... by content, not by suffix
    exif: NDArray[np.int8]  # orientation, tag 274; 0 absent
    end_marker: NDArray[np.int8]  # JPEG's FF D9 found 1, not found 0, no JPEG -1
    decodes: NDArray[np.int8]  # 1 yes, 0 no, -1 not tried
    pointer: NDArray[np.str_]  # "lfs": a git-lfs pointer stands in place of the image
    error: NDArray[np.object_]  # why it is no readable image, "" where it is one or where nothing is

    def __len__(self) -> int:
        return len(self.exists)

    @classmethod
    def of(cls, rows: Sequence[ImageFile]) -> Self:
        """The columns of these rows."""
        columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(DTYPES)
        return cls(*(np.array(column, dtype=dtype) for column, dtype in zip(columns, DTYPES, strict=True)))

    def take(self, rows: NDArray[Any]) -> Self:
        """The rows named by an index or boolean array, in that order."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, in their order."""
        if not parts:
            return cls.of(())
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def decoded(self, pixels: Table) -> Self:
        """The same files after their pixels were read: `decodes` known, and `error` where that failed."""
        tried = pixels["decodes"] >= 0
        error = np.where(tried & (pixels["decodes"] == 0), pixels["error"], self.error)
        return replace(self, decodes=np.where(tried, pixels["decodes"], self.decodes), error=error)
