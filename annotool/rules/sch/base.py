"""What rules of this family share: free ids, label files of no image, splits without image files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from annotool.dataset import Dataset
from annotool.schema import NO_ID
from annotool.table import Array, Table

__all__ = [
    "LEADS_OUT",
    "Counts",
    "Explained",
    "bare_splits",
    "columns",
    "explained",
    "free_ids",
    "image_counts",
    "orphans",
    "summed",
    "unmappable",
]

Counts = dict[str, tuple[int, int]]
"""Images, and those with a file on disk, of each split; "" for images of no split."""

Explained = frozenset[int] | None
"""Image keys whose labels FMT005 found in another place; None: it speaks of all."""

LEADS_OUT = re.compile(r"(^|[/\\])\.\.([/\\]|$)")
"""A path that goes up a folder."""

LARGEST_ID = 1 << 53  # beyond, readers that take numbers as doubles make two ids one


def free_ids(taken: Array, count: int, skip: int = 0) -> Array:
    """Return `count` ids in use nowhere: from the largest one on, `skip` left out; the lowest free ones from
    1 where that would be beyond 2^53."""
    known = taken[taken != NO_ID]
    first = max(int(known.max(initial=0)), 0) + 1 + skip
    if first + count < LARGEST_ID:
        return np.arange(first, first + count)
    wanted = np.arange(1, len(known) + skip + count + 1)
    return np.setdiff1d(wanted, known)[skip : skip + count]


def columns(rows: Table, names: Iterable[str]) -> Table:
    """Return some columns of a table, not copied."""
    return Table({name: rows[name] for name in names})


def orphans(data: Dataset) -> Array:
    """Return which images are only a label file: no image on disk, and no list names one (bool).

    A YOLO label file is one unless a list names its image; a VOC xml only if there are lists and none names
    it.
    """
    images, sources = data.table("images"), data.table("sources")
    kind = sources["format"].tolist()
    lists = sources["role"] == "split"
    judged = {"yolo", *(name for name in np.array(kind, dtype=object)[lists].tolist() if name == "voc")}
    may_be = np.array([name in judged for name in kind] + [False], dtype=bool)
    may_be[:-1] &= sources["role"] == "labels"
    splits = data.table("splits")
    listed = np.append(lists, False)[splits["source"]]
    named = np.zeros(len(images) + 1, dtype=bool)
    named[data.image_rows(splits["image"][listed])] = True
    only_labels: Array = (images["path"] == "") & may_be[images["source"]] & ~named[:-1]
    return only_labels


def image_counts(data: Dataset) -> Counts:
    """Count images, and those on disk, of each split."""
    there = data.table("images")["path"] != ""
    found = Counter(data.image_splits[there].tolist())
    return {name: (count, found[name]) for name, count in Counter(data.image_splits.tolist()).items()}


def summed(parts: Iterable[Counts]) -> Counts:
    """Add the counts of several parts."""
    total: Counts = {}
    for part in parts:
        for name, (every, there) in part.items():
            before = total.get(name, (0, 0))
            total[name] = before[0] + every, before[1] + there
    return dict(sorted(total.items()))


def bare_splits(counts: Counts) -> set[str]:
    """Return the splits without any image on disk; images of no split count as one where no other split has
    any."""
    some = any(found for _, found in counts.values())
    return {name for name, (_, found) in counts.items() if not found and (name or not some)}


def unmappable(data: Dataset) -> Explained:
    """Return what FMT005 explains."""
    images = data.problems.of("FMT005").column("image")
    return None if (images < 0).any() else frozenset(images.tolist())


def explained(parts: Iterable[Explained]) -> Explained:
    """Return what FMT005 explains in several parts together."""
    keys: set[int] = set()
    for part in parts:
        if part is None:
            return None
        keys |= part
    return frozenset(keys)
