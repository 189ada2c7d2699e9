"""CLS007."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import counted
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.rules.cls.base import folded
from annotool.table import Array

FORMATS = ("voc", "imagefolder")


@dataclass(frozen=True)
class Read:
    """Which labels stand in each part that may be read alone, by path and split (bool arrays), and the names."""

    parts: dict[tuple[int, str], Array]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class UnpinnedClassOrder(DatasetRule[Read]):
    """No class list pins the numbers of the classes, and they differ with what is read.

    What: VOC files without labels.txt, or class folders, of which a split (or another path given) lacks classes that
    others have. One finding a dataset. Where every split has all classes, their sorted names are the same list
    everywhere, and nothing is said.

    Why: a loader that numbers the classes it meets gives them other numbers in each split: right boxes under wrong
    names (ultralytics/ultralytics#13936). Some number them in the order of a set, which changes from run to run
    (supervision's pascal_voc.py).

    Bad: train with cat, cow and dog, val with cat and dog, and no list: dog is 2 here and 1 there.

    Good: the same with a labels.txt beside Annotations: cat, cow, dog.

    Fix: none: no file is there to mend. `annotool convert --to voc` writes the list.

    Source: ultralytics/ultralytics#13936; roboflow/supervision, dataset/formats/pascal_voc.py.
    """

    code = "CLS007"
    slug = "unpinned-class-order"
    severities = (Severity.INFO,)
    formats = FORMATS
    silenced_by = ("SCH001",)

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Read:
        return Read(parts(shard), shard.labels)

    def merge(self, states: Sequence[Read]) -> Read:
        parts: dict[tuple[int, str], Array] = {}
        for state in states:
            for key, own in state.parts.items():
                parts[key] = parts[key] | own if key in parts else own
        return Read(dict(sorted(parts.items())), states[0].labels)

    def finish(self, state: Read) -> Findings:
        keys: dict[str, int] = {}  # names that differ in spelling only (CLS003) count as one
        group = np.array([keys.setdefault(folded(name), len(keys)) for name in state.labels], dtype=np.int64)
        parts = {
            key: np.bincount(group[own], minlength=len(keys)) > 0
            for key, own in state.parts.items()
            if own.any()
        }
        split = {path for path, name in parts if name}
        parts = {key: own for key, own in parts.items() if key[1] or key[0] not in split}
        every = np.logical_or.reduce(list(parts.values())) if parts else np.zeros(0, dtype=bool)
        lacking = {key: np.flatnonzero(every & ~own) for key, own in parts.items()}
        key = max(lacking, key=lambda each: len(lacking[each]), default=None)
        if key is None or not len(lacking[key]):
            return Findings()
        missing = [state.labels[int(np.argmax(group == each))] for each in lacking[key].tolist()]
        return found(
            self,
            "no class list, and {part} lacks {lacking} of {classes} classes ({example!r}): numbers given while reading "
            "differ from split to split",
            values={
                "part": key[1] or f"path {key[0] + 1}",
                "lacking": len(missing),
                "classes": int(every.sum()),
                "example": missing[0],
                "parts": len(parts),
            },
        )


def parts(data: Dataset) -> dict[tuple[int, str], Array]:
    """Return which labels stand in each split of each path that has no class list."""
    sources, images = data.table("sources"), data.table("images")
    listed = np.unique(sources["path"][sources["role"] == "classes"])
    open_ = np.isin(sources["format"], FORMATS) & ~np.isin(sources["path"], listed)
    path = np.where(np.append(open_, False), np.append(sources["path"], -1), -1)[images["source"]]
    _, image, label = counted(data)
    found: dict[tuple[int, str], Array] = {}
    names, split = np.unique(data.image_splits.astype(str), return_inverse=True)
    part = path.astype(np.int64) * max(len(names), 1) + split
    for each in np.unique(part[path >= 0]).tolist():
        own = np.zeros(len(data.labels), dtype=bool)
        own[label[part[image] == each]] = True
        found[each // len(names), str(names[each % len(names)])] = own
    return found
