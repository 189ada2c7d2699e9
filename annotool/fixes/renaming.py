"""Image files that take another name. They stand as they are: readers find them by their new paths (ReadOptions.renamed)
until the mended copy is written, where they have them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.fixes.changes import of_files
from annotool.formats.base import objects
from annotool.imagefile.suffix import alike
from annotool.table import Array, Table

__all__ = ["COLUMN", "asked", "described", "lost", "moved", "names", "place"]

COLUMN = "path"  # of the table images; an edit of it renames a file


def asked(edits: Edits | Table) -> Array:
    """Return which edits rename a file, bool."""
    named = (edits["table"] == "images") & (edits["column"] == COLUMN) & (edits["op"] == Op.SET)
    return np.asarray(named, dtype=bool)


def moved(data: Dataset, edits: Edits) -> Array:
    """Return, for each edit, the path of the image file that it renames, empty for none (object)."""
    paths = np.append(data.table("images")["path"], "")
    return np.asarray(paths[np.where(asked(edits), edits["row"], -1)], dtype=object)


def names(data: Dataset, edits: Edits) -> dict[str, str]:
    """Return the new path of each image file that edits rename, by its path."""
    rows = np.flatnonzero(asked(edits))
    return dict(zip(moved(data, edits)[rows].tolist(), edits["new"][rows].tolist(), strict=True))


def place(name: str, path: str, new: str) -> str:
    """Return where a file that is to stand at `name` in a copy stands there when it is called `new` instead of `path`."""
    folder, slash, _ = name.rpartition("/")
    return alike(name, path, new) or folder + slash + os.path.basename(new)


def described(data: Dataset, prints: Array, edits: Edits, number: int) -> Table:
    """Return what a round renames, a row a file, columns as of changes.described; for values the names of the file in its
    folder. `edits` count over findings whose fingerprints are `prints`.
    """
    paths = moved(data, edits)
    named, first = np.unique(paths.astype(str), return_index=True)
    rows = np.sort(first[named != ""])
    mine, files = edits.take(rows), paths[rows].tolist()
    changes = of_files(
        number,
        Op.SET,
        [(Path(each), 0, None, None) for each in files],
        rule=mine["rule"].tolist(),
        fingerprint=prints[mine["finding"]].tolist(),
        edit=rows.tolist(),
        line=[0] * len(rows),
    )
    return changes.with_columns(
        table=mine["table"],
        column=mine["column"],
        safe=mine["safe"],
        image=data.table("images")["file_name"][mine["row"]],
        image_path=objects(files),
        old_value=objects([os.path.basename(each) for each in files]),
        new_value=objects([os.path.basename(each) for each in mine["new"].tolist()]),
    )


def lost(before: Dataset, after: Dataset, paths: Array, gone: Collection[str]) -> Array:
    """Return which of the files renamed, by their paths (empty: none), fewer images have than did, though their records
    stay: something that names them could not be changed. Where an image is without a file now, that may be any.
    """
    if not (paths != "").any():
        return np.zeros(len(paths), dtype=bool)
    had, have = (Counter(each.table("images")["path"].tolist()) for each in (before, after))
    if have[""] > had[""]:
        return np.asarray(paths != "", dtype=bool)
    fewer = [have[path] < had[path] and path not in gone for path in paths.tolist()]
    return np.asarray(np.array(fewer, dtype=bool) & (paths != ""), dtype=bool)
