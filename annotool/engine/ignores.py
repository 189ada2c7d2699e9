"""What the settings leave out: findings in a split, a file or a category of some name or glob."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Findings, Ignored
from annotool.table import Array

__all__ = ["left_out"]

Ignores = Mapping[str, Mapping[str, frozenset[str]]]


def left_out(
    data: Dataset, findings: Findings, code: str, ignores: Ignores
) -> tuple[Findings, tuple[Ignored, ...]]:
    """Return one rule's findings without those that the settings ignore, and how many these are, each counted once."""
    told: list[Ignored] = []
    for by, table in ignores.items():
        for name, codes in table.items():
            if code not in codes or not len(findings):
                continue
            keep = [~MATCHES[by](data, part, name) for part in findings.blocks]
            count = sum(int((~each).sum()) for each in keep)
            if count:
                parts = [part.take(each) for part, each in zip(findings.blocks, keep, strict=True)]
                findings = Findings(tuple(part for part in parts if len(part)), findings.skipped)
                told.append(Ignored(by, name, code, count))
    return findings, tuple(told)


def in_split(data: Dataset, part: Block, name: str) -> Array:
    """Findings of images that are in splits of this name only, or that speak of such a split."""
    splits = data.table("splits")
    rows = data.image_rows(splits["image"])
    other = ~np.array([fnmatchcase(each, name) for each in splits["split"].tolist()], dtype=bool)
    images = len(data.table("images"))
    inside = np.bincount(rows, minlength=images) > 0
    inside &= np.bincount(rows, weights=other, minlength=images) == 0
    of_images = np.append(inside, False)[data.image_rows(part.columns["image"])]
    of_sources = [each == name or fnmatchcase(each, name) for each in data.table("sources")["split"].tolist()]
    spoken = equal(part, "split", lambda text: fnmatchcase(text, name))
    by_source = np.append(np.array(of_sources, dtype=bool), False)[part.columns["source"]]
    nameless = part.columns["image"] < 0
    return np.asarray(of_images | (nameless & (spoken | by_source)))


def in_file(data: Dataset, part: Block, name: str) -> Array:
    """Findings of images whose file_name matches; of those that name no image, of label files that do."""
    rows = data.image_rows(part.columns["image"])
    names, sources = data.table("images")["file_name"], data.table("sources")["file"]
    nameless = rows < 0
    return np.asarray(
        matched(names, rows, name)
        | (nameless & matched(sources, part.columns["source"], name))
        | (nameless & equal(part, "file", lambda text: in_path(name, text)))
    )


def in_category(data: Dataset, part: Block, name: str) -> Array:
    """Findings of a category of this name, or that speak of it."""
    labels = data.table("categories")["name"]
    hits = np.append(np.array([fnmatchcase(each, name) for each in labels.tolist()], dtype=bool), False)
    return np.asarray(hits[part.columns["category"]])


MATCHES = {"split": in_split, "file": in_file, "category": in_category}


def matched(texts: Array, rows: Array, name: str) -> Array:
    """Which rows (positions in texts, -1: none) hold a path that matches; each path is looked at once."""
    hits = np.zeros(len(texts) + 1, dtype=bool)
    used = np.unique(rows[rows >= 0])
    hits[used] = [in_path(name, text) for text in texts[used].tolist()]
    return np.asarray(hits[rows])


def equal(part: Block, value: str, matches: Callable[[str], bool]) -> Array:
    """Which findings have a text of this name among their values that matches."""
    held: Iterable[object] = part.values[value].tolist() if value in part.values else [None] * len(part)
    return np.array([isinstance(each, str) and matches(each) for each in held], dtype=bool)


def in_path(name: str, path: str) -> bool:
    """Whether a glob matches a path or a tail of it that begins at a folder: `batch_3/**` is found below images/."""
    return pattern(name).search(path.replace("\\", "/")) is not None


@cache
def pattern(name: str) -> re.Pattern[str]:
    """`*` and `?` stay inside a folder, `**` does not; a folder's name alone means all in it."""
    text = ""
    for each in re.split(r"(\*\*/?|\*|\?|\[!?[^\]]+\])", name.rstrip("/")):
        if each in ("**", "**/"):
            text += r"(?:.*/)?" if each == "**/" else ".*"
        elif each == "*":
            text += "[^/]*"
        elif each == "?":
            text += "[^/]"
        elif each.startswith("[") and each.endswith("]") and len(each) > 2:
            text += each.replace("[!", "[^")
        else:
            text += re.escape(each)
    try:
        return re.compile(rf"(?:^|/){text}(?:/|$)")
    except re.error:  # a range that is none, as [z-a]: it means itself
        return re.compile(rf"(?:^|/){re.escape(name)}(?:/|$)")
