"""CLS007."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import counted
from annotool.rules.base import DatasetRule, Edits, Findings, Fix, Op, Severity, found, mendable
from annotool.rules.cls.base import folded
from annotool.table import Array

FORMATS = ("voc",)
LIST = "labels.txt"  # what annotool writes beside Annotations


class Read(msgspec.Struct, frozen=True):
    """Which labels stand in each part that may be read alone, by path and split (bool arrays), and the names.

    fixable: a list of them can be written.
    """

    parts: dict[tuple[int, str], Array]
    labels: tuple[str, ...]
    fixable: bool


class UnpinnedClassOrder(DatasetRule[Read]):
    """No class list pins the numbers of the classes, and they differ with what is read.

    What: VOC files without labels.txt, of which a split (or another path given) lacks classes that others have; for class
    folders see LBL004. One finding a dataset. Where every split has all classes, their sorted names are the same list
    everywhere, and nothing is said.

    Why: a loader that numbers the classes it meets gives them other numbers in each split: right boxes under wrong
    names (ultralytics/ultralytics#13936). Some number them in the order of a set, which changes from run to run
    (supervision's pascal_voc.py).

    Bad: train with cat, cow and dog, val with cat and dog, and no list: dog is 2 here and 1 there.

    Good: the same with a labels.txt beside Annotations: cat, cow, dog.

    Fix: safe in VOC: labels.txt is written where the dataset begins, with the sorted names, the order that annotool
    goes by already. None where another path has a list of its own; or where a name is blank or holds a line break.

    Source: ultralytics/ultralytics#13936; roboflow/supervision, dataset/formats/pascal_voc.py.
    """

    code = "CLS007"
    slug = "unpinned-class-order"
    severities = (Severity.INFO,)
    verdict = ("no list pins the order of classes", "no list pins the order of classes")
    fixes = (Fix.SAFE,)
    formats = FORMATS
    silenced_by = ("SCH001",)

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Read:
        return Read(parts(shard), shard.labels, fixable(shard))

    def merge(self, states: Sequence[Read]) -> Read:
        parts: dict[tuple[int, str], Array] = {}
        for state in states:
            for key, own in state.parts.items():
                parts[key] = parts[key] | own if key in parts else own
        return Read(dict(sorted(parts.items())), states[0].labels, all(each.fixable for each in states))

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
            fix=Fix.SAFE if state.fixable else Fix.NONE,
            values={
                "part": key[1] or f"path {key[0] + 1}",
                "lacking": len(missing),
                "classes": int(every.sum()),
                "example": missing[0],
                "parts": len(parts),
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, _, _ = mendable(findings)  # one, or none
        if not len(finding):
            return Edits.make(0)
        paths = np.unique(data.table("sources")["path"][unlisted(data)])
        return Edits.make(
            len(paths),
            op=Op.CREATE,
            table="sources",
            row=paths,
            column=LIST,
            new="".join(f"{name}\n" for name in names_in_use(data)),
            finding=finding.repeat(len(paths)),
            rule=self.code,
        )


def unlisted(data: Dataset) -> Array:
    """Return which sources no class list is given for (bool)."""
    sources = data.table("sources")
    listed = np.unique(sources["path"][sources["role"] == "classes"])
    return np.isin(sources["format"], FORMATS) & ~np.isin(sources["path"], listed)


def names_in_use(data: Dataset) -> list[str]:
    """Return the names that annotations have, sorted as a reader does that knows no list."""
    used = np.unique(data.table("annotations")["category"])
    return sorted(set(data.names_of(used[used >= 0]).tolist()))


def fixable(data: Dataset) -> bool:
    """Whether a list of the names can be written: all files are VOC's, none has a list, each name is a line."""
    return (
        bool(unlisted(data).all())
        and data.formats == {"voc"}
        and all(name.strip() and not set(name) & set("\r\n") for name in names_in_use(data))
    )


def parts(data: Dataset) -> dict[tuple[int, str], Array]:
    """Return which labels stand in each split of each path that has no class list."""
    sources, images = data.table("sources"), data.table("images")
    path = np.where(np.append(unlisted(data), False), np.append(sources["path"], -1), -1)[images["source"]]
    _, image, label = counted(data)
    found: dict[tuple[int, str], Array] = {}
    names, split = np.unique(data.image_splits.astype(str), return_inverse=True)
    part = path.astype(np.int64) * max(len(names), 1) + split
    for each in np.unique(part[path >= 0]).tolist():
        own = np.zeros(len(data.labels), dtype=bool)
        own[label[part[image] == each]] = True
        found[each // len(names), str(names[each % len(names)])] = own
    return found
