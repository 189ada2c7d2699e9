"""What the rules on categories share: when two names differ in spelling only, and how two become one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import partial

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import Edits, Op, Rule
from annotool.table import Array, Table

__all__ = ["Named", "added", "folded", "merged", "named", "per_name"]

UNDECLARED = ("yolo", "imagefolder", "csv", "huggingface")  # formats of names that only uses tell, before VOC
RENAMED = (
    "csv",
    "huggingface",
    "imagefolder",
)  # formats in which such a name is what is written wherever it is used


def folded(name: str) -> str:
    """Return what is left of a name without case, width of letters, outer blanks and the kind of separator.

    A single letter keeps its case: where letters are read, `a` and `A` are two classes.
    """
    bare = re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", name)).strip()
    return bare if len(bare) == 1 else bare.casefold()


class Named(msgspec.Struct, frozen=True):
    """The rows of `categories`, how many annotations each has, and the format each is of."""

    rows: Table
    counts: Array
    format_of: Array


def named(shard: Dataset) -> Named:
    """Return what a shard knows of the categories; a name that no file declares is a class folder's, or of the cells of a
    csv or the records of Hugging Face, else VOC's. Of YOLO it has no format: its classes are numbers.
    """
    rows = shard.table("categories")
    category = shard.table("annotations")["category"]
    counts = np.bincount(category[category >= 0], minlength=len(rows))
    undeclared = next((name for name in UNDECLARED if name in shard.formats), "voc").replace("yolo", "")
    return Named(rows, counts, np.append(shard.table("sources")["format"], undeclared)[rows["source"]])


def added(states: Sequence[Named]) -> Named:
    """Return the state of the shards together."""
    counts = np.sum([each.counts for each in states], axis=0)
    return Named(states[0].rows, counts, states[0].format_of)


def per_name(state: Named) -> dict[str, tuple[int, int]]:
    """Return, by name in the order of the table, its first row and its annotations over all files."""
    found: dict[str, tuple[int, int]] = {}
    for row, (name, own) in enumerate(zip(state.rows["name"].tolist(), state.counts.tolist(), strict=True)):
        first, before = found.get(name, (row, 0))
        found[name] = first, before + own
    return found


def merged(rule: Rule, data: Dataset, state: Named, finding: int, name: str, other: str) -> list[Edits]:
    """Return the edits that turn one name into another wherever it stands.

    In a file that has the other name too the annotations move, and the category goes; a line of a YOLO class list
    stays, since later classes would change their numbers. Elsewhere, in VOC, and where names are written out, the category
    is renamed.
    """
    rows, edits = state.rows, list[Edits]()
    make = partial(Edits.make, finding=finding, safe=False, rule=rule.code)
    for row in np.flatnonzero(rows["name"] == name).tolist():
        target = np.flatnonzero((rows["name"] == other) & (rows["source"] == rows["source"][row]))
        spelled_out = state.format_of[row] in RENAMED and rows["source"][row] < 0
        if spelled_out or state.format_of[row] == "voc" or not len(target):
            edits.append(make(1, table="categories", column="name", row=row, new=[other]))
            continue
        moved = np.flatnonzero(data.table("annotations")["category"] == row)
        edits.append(make(len(moved), table="annotations", column="category", row=moved, new=int(target[0])))
        if state.format_of[row] != "yolo":
            edits.append(make(1, op=Op.DROP, table="categories", row=row))
    return edits
