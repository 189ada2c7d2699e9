"""Files that fixes add: they say what stands when nothing else is left to mend, so they are made in a round of
their own.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Op
from annotool.fixes import proof
from annotool.fixes.changes import of_files
from annotool.fixes.proof import State
from annotool.table import Array, Table

__all__ = ["NewFile", "files", "noted"]


class NewFile(NamedTuple):
    """A file to add; `edit` is the edit's row."""

    path: Path
    new: bytes
    edit: int


def files(data: Dataset, edits: Edits, known: Collection[Path]) -> list[NewFile]:
    """Return the files that edits ask for, sorted by path; the first of those of one path. What is on the disk, or
    among the `known`, is never replaced."""
    made: dict[Path, NewFile] = {}
    for edit in np.flatnonzero(edits["op"] == Op.CREATE).tolist():
        given = data.paths[int(edits["row"][edit])]
        path = (given if given.is_dir() else given.parent) / edits["column"][edit]
        if path not in known and not os.path.lexists(path):
            new = str(edits["new"][edit]).encode("utf-8", "surrogateescape")
            made.setdefault(path, NewFile(path, new, edit))
    return [made[path] for path in sorted(made)]


def noted(
    before: State,
    after: State,
    asked: tuple[Edits, Findings, Array, Array],
    made: Sequence[NewFile],
    number: int,
) -> tuple[Table, Table]:
    """What is to be kept of a round that added files: its changes, and what has to be proven of them (see
    changes.described and proof.made). `asked` are edits, the findings that ask for them, their keys and fingerprints.

    No record was touched: whatever as severe came up anywhere is of these files, and then none of them holds.
    """
    edits, findings, keys, prints = asked
    edit = [each.edit for each in made]
    mine = edits.take(np.array(edit, dtype=np.int64))
    changes = of_files(
        number,
        Op.CREATE,
        [(each.path, 0, None, each.new) for each in made],
        rule=mine["rule"].tolist(),
        fingerprint=prints[mine["finding"]].tolist(),
        edit=edit,
        line=[0] * len(made),
    )
    proven = proof.made(before, findings, keys, mine, number)
    worse = proof.worst(before, after) >= proven["severity"]
    return changes, proven.with_columns(left=np.where(worse, -1, proven["left"]))
