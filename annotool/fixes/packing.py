"""Binary files: fixes are worked out in the text of their rows, and made in the files themselves at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from annotool.errors import AnnotoolError
from annotool.fixes.places import source_path
from annotool.fixes.rounds import Proposal
from annotool.formats import packed as file_of
from annotool.formats.base import objects
from annotool.table import Table

__all__ = ["packed"]


def packed(made: Proposal) -> Proposal:
    """Return the proposal with the files themselves in place of their text. Of each, the first change bears all bytes that
    differ, the others none; what changed in the text becomes their old and new value. Raises AnnotoolError.
    """
    sources, overlay, changes = made.data.table("sources"), dict(made.overlay), made.changes
    for source in np.flatnonzero(sources["binary"] >= 0).tolist():
        path = source_path(made.data, source)
        text = overlay.get(path)
        if text is not None:
            held = bytes(made.data.file_bytes(source))
            try:
                new = overlay[path] = file_of(str(sources["format"][source]), held, text)
            except AnnotoolError as error:
                raise AnnotoolError(f"{path}: {error}") from error
            changes = in_bytes(changes, path, held, new)
    return replace(made, overlay=overlay, changes=changes)


def in_bytes(changes: Table, path: Path, held: bytes, new: bytes) -> Table:
    """Return the changes with those of a file in its bytes."""
    rows = np.array([at for at, each in enumerate(changes["path"].tolist()) if each == path], dtype=np.int64)
    start = alike(held, new)
    end = alike(held[start:][::-1], new[start:][::-1])
    columns = {name: np.array(changes[name]) for name in ("offset", "old", "new", "old_value", "new_value")}
    for name, whole in (("old", held), ("new", new)):
        columns[f"{name}_value"][rows] = objects(
            [each.decode("utf-8", "replace") for each in columns[name][rows]]
        )
        columns[name][rows] = objects([whole[start : len(whole) - end], *([b""] * (len(rows) - 1))])
    columns["offset"][rows] = [start] * min(len(rows), 1) + [0] * (len(rows) - 1)
    return changes.with_columns(**columns)


def alike(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with in common."""
    size = min(len(one), len(other))
    differ = np.frombuffer(one, np.uint8, size) != np.frombuffer(other, np.uint8, size)
    return int(np.argmax(differ)) if differ.any() else size
