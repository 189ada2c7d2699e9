"""What a model said, as its files have it: before it is known which images and categories of a dataset it speaks of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset, Decoder
from annotool.findings import Findings, Severity
from annotool.formats.base import Problems
from annotool.schema import NO_ID, make
from annotool.table import Array, Table

__all__ = ["CODE", "References", "Results", "fault_rows", "file_beside"]

CODE = "PRD005"


@dataclass(frozen=True)
class References:
    """What rows call their images, or their categories, by: a number, a name, or both.

    ids: int64, NO_ID where there is none; names: name_of: int64, each row's place in `names`, -1 for none; own: the ids
    are the file's own, which its names explain.
    """

    ids: Array
    names: tuple[str, ...] = ()
    name_of: Array | None = None
    own: bool = False

    @property
    def bare(self) -> Array:
        """The ids of rows that have no name beside, else NO_ID."""
        return self.ids if self.name_of is None else np.where(self.name_of < 0, self.ids, NO_ID)


@dataclass(frozen=True)
class Results:
    """Predictions read. rows: a table `predictions` without images and categories; sources, and those of rows and
    faults, count from 0; probabilities: float64 (images named, categories named), for a form that has these alone.
    """

    form: str  # how a user would call it
    rows: Table
    images: References
    categories: References
    sources: Table
    buffers: tuple[Any, ...]
    faults: Findings
    decoders: Mapping[str, Decoder] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()  # how the form was recognised, where that is not plain
    probabilities: Array | None = None


NOTHING = make("predictions", 0)


def fault_rows(
    problems: Problems,
    rows: Table,
    which: Array,
    message: str,
    severity: Severity = Severity.ERROR,
    *,
    pointer: str = "",
    **values: Any,
) -> None:
    """File a fault of each of these rows (positions) of predictions; pointer: where records stand, before their index."""
    part = rows.take(which)
    pointers = np.full(len(part), "", dtype=object)
    if pointer:
        pointers[:] = [f"{pointer}{index}" for index in part["index"].tolist()]
    places = {name: part[name] for name in ("source", "line", "start", "end", "image", "category")}
    problems.add_many(
        CODE, message, len(part), values=values, severity=int(severity), pointer=pointers, **places
    )


def file_beside(data: Dataset, path: Path) -> str:
    """Return how a source names a file: its path from the folder of the dataset's first path, with forward slashes."""
    first = data.paths[0] if data.paths else Path()
    folder = first if first.is_dir() else first.parent
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()
