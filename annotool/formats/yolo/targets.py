"""Where each image and its label go in a written dataset, and which class index each category gets."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import WriteOptions
from annotool.formats.images import SUFFIXES
from annotool.formats.yolo.classes import NAMES
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["Classes", "Place", "class_indices", "places"]

SPLITS = {"training": "train", "valid": "val", "validation": "val", "testing": "test"}
UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
PLAIN = re.compile(
    r"([0-9a-z]{0,99}[0-9][0-9a-z]{0,99})(\.jpg|\.jpeg|\.png)"
)  # what most names are, for speed
LONGEST = 200  # bytes of a name; file systems hold 255
MOST_NUMBERED = 10_000


class Place(NamedTuple):
    """An image's split, its stem below images/SPLIT and labels/SPLIT, its suffix."""

    split: str
    stem: str
    suffix: str

    @property
    def image(self) -> str:
        """The path of its file."""
        return f"images/{self.split}/{self.stem}{self.suffix}"

    @property
    def label(self) -> str:
        """The path of its label file."""
        return f"labels/{self.split}/{self.stem}.txt"


def places(data: Dataset, options: WriteOptions) -> list[Place]:
    """Return where each image goes. Sub-folders stay, but for `images` and `labels`, which ultralytics would take for
    its own; a stem that is taken gets its suffix or a number added; what leads out of the folder goes.
    """
    images = data.table("images")
    names, paths = images["file_name"].tolist(), images["path"].tolist()
    found: list[Place] = []
    taken: set[tuple[str, str]] = set()
    for split, name, path in zip(split_of(data, names, options), names, paths, strict=True):
        stem, suffix = stem_and_suffix(name, path, split)
        tried, number = stem, 1
        while (split, tried.casefold()) in taken:
            tried = f"{stem}_{suffix[1:]}" if number == 1 and suffix else f"{stem}-{number}"
            number += 1
        taken.add((split, tried.casefold()))
        found.append(Place(split, tried, suffix))
    return found


def split_of(data: Dataset, names: Sequence[str], options: WriteOptions) -> list[str]:
    """Return each image's split: ultralytics' word for it; train where it is in none. With one split only, and `val`
    given, that share of the images, chosen by a hash of their names, goes to val.
    """
    words = {
        name: SPLITS.get(name.lower(), safe(name.replace("/", "_")) or "train")
        for name in ("", *data.split_names)
    }
    words[""] = "train"
    splits = [words[name] for name in data.image_splits.tolist()]
    if options.val > 0 and set(splits) <= {"train"}:
        return ["val" if share(name) < options.val else "train" for name in names]
    return splits


def share(name: str) -> float:
    """A number from 0 to 1 that depends on the name alone."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64


def stem_and_suffix(name: str, path: str, split: str) -> tuple[str, str]:
    if match := PLAIN.fullmatch(name):
        return match[1], match[2]
    parts = [
        part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..") and part[1:] != ":"
    ]
    parts = parts or [os.path.basename(path) or "image"]
    stem, suffix = os.path.splitext(parts[-1])
    if suffix.lower() not in SUFFIXES:
        stem, suffix = parts[-1], os.path.splitext(path)[1]
    folders = [part for part in parts[:-1] if part not in ("images", "labels")]
    if folders and SPLITS.get(folders[0].lower(), folders[0]) == split:
        folders = folders[1:]
    stem = safe(stem)
    if f"{stem.lower()}.txt" in NAMES:
        stem += "_"  # labels/train/classes.txt would be taken for a class list
    return "/".join([*map(safe, folders), stem]), safe(suffix) if suffix else ""


def safe(part: str) -> str:
    """Return a name that every file system holds and ultralytics finds: visible, printable, not too long."""
    clean = UNSAFE.sub("_", part).strip() or "_"
    clean = f"_{clean}" if clean.startswith(".") and clean.lower() not in SUFFIXES else clean
    held = clean.encode()
    if len(held) > LONGEST:
        clean = held[: LONGEST - 13].decode("utf-8", "ignore") + "-" + hashlib.sha256(held).hexdigest()[:12]
    return clean


class Classes(msgspec.Struct, frozen=True):
    """names by class index; index: of each label number, -1 for none; grouping: names left out."""

    names: list[str]
    index: Array
    grouping: list[str]


def class_indices(data: Dataset) -> Classes:
    """Return the class index of each category: the rank of its id among those that are no mere groups.

    A group is a category that another one of its file names as supercategory and that owns nothing. Indices that no
    list names stay what they are.
    """
    table = data.table("categories").take(counting(data))
    owned = data.annotation_labels[data.annotation_labels >= 0]
    used = np.bincount(owned, minlength=len(data.labels)).tolist()
    columns = (table[name].tolist() for name in ("source", "label", "id", "name", "supercategory"))
    rows = list(zip(*columns, strict=True))
    groups = {(source, above) for source, _, _, name, above in rows if above and above != name}
    least: dict[int, float] = {}  # lowest id of each label
    for source, label, key, name, _ in rows:
        if used[label] or (source, name) not in groups:
            least[label] = min(least.get(label, math.inf), key if key != NO_ID else math.inf)
    order = sorted(least, key=least.__getitem__)  # equal ids: as declared
    index = np.full(len(data.labels) + 1, -1, dtype=np.int64)
    if order and numbered(data, order) and least[order[-1]] < MOST_NUMBERED:
        index[order] = [int(least[label]) for label in order]
        return Classes([str(at) for at in range(int(least[order[-1]]) + 1)], index, [])
    index[order] = np.arange(len(order))
    grouping = dict.fromkeys(name for _, label, _, name, _ in rows if label not in least)
    return Classes([data.labels[label] for label in order], index, list(grouping))


def counting(data: Dataset) -> Array:
    """Which category rows count: of several class lists beside YOLO labels only the one the labels are read with."""
    table, sources = data.table("categories"), data.table("sources")
    category = data.table("annotations")["category"]
    used = set(table["source"][np.unique(category[category >= 0])].tolist())
    formats = sources["format"]
    lists = [
        source
        for source in dict.fromkeys(table["source"].tolist())
        if source >= 0 and formats[source] == "yolo"
    ]
    kept = used if used & set(lists) else used | set(lists[:1])
    return np.array(
        [source not in lists or source in kept for source in table["source"].tolist()], dtype=bool
    )


def numbered(data: Dataset, labels: Sequence[int]) -> bool:
    """Whether categories have no names but their numbers: YOLO labels without a class list."""
    table = data.table("categories")
    return (
        bool((table["source"] < 0).all())
        and all(data.labels[label].isdigit() for label in labels)
        and bool((table["id"] >= 0).all())
    )
