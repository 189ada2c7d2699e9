"""What makes two findings the same one, in another format, another folder, another run."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.geometry.groups import group_starts
from annotool.table import Array

__all__ = ["alike", "fingerprints", "image_names", "ordinals", "plain", "rows_of"]

FOLDERS = {"images", "jpegimages", "labels", "annotations", "img", "imgs", "obj_train_data", "data"}
SPLITS = {"train", "val", "valid", "validation", "test"}


def image_names(data: Dataset) -> Array:
    """Return each image's name without format folders, split and suffix (object array): equal over formats, and as the file is
    called before a fix moves it.
    """
    names = [plain(name) for name in data.first_names.tolist()]
    column = np.empty(len(names), dtype=object)
    column[:] = names
    return column


def plain(name: str) -> str:
    """Return a file's name without format folders, split and suffix."""
    folders, _, last = name.replace("\\", "/").rpartition("/")
    return told_folders(folders) + (last.rsplit(".", 1)[0] if "." in last[1:] else last)


@lru_cache(maxsize=4096)
def told_folders(folders: str) -> str:
    """The folders that say more than format and split, each with its slash."""
    parts = [part for part in folders.split("/") if part not in ("", ".", "..")]
    return "".join(f"{part}/" for part in parts if part.lower() not in FOLDERS and not is_split(part))


def is_split(part: str) -> bool:
    return re.sub(r"\d+$", "", part.lower()) in SPLITS


def fingerprints(data: Dataset, findings: Findings) -> Array:
    """Return one 16-digit hex text a finding, in block order (object array).

    A hash of the rule, the image's plain name, the category's name, the box at half a pixel (a ten-thousandth where
    only fractions are known), and the ordinal among findings that are equal in all these.
    """
    mixed = hashes(data, findings)
    mixed = mix(mixed, ordinals(mixed))
    out = np.empty(len(mixed), dtype=object)
    out[:] = [f"{each:016x}" for each in mixed.tolist()]
    return out


def alike(data: Dataset, findings: Findings) -> Array:
    """Return how many findings are equal to each in all but the ordinal, itself among them, int64."""
    _, place, many = np.unique(hashes(data, findings), return_inverse=True, return_counts=True)
    return np.asarray(many[place.reshape(-1)], dtype=np.int64)


def hashes(data: Dataset, findings: Findings) -> Array:
    """What a fingerprint is made of but the ordinal, uint64."""
    names = np.append(image_names(data), np.array([""], dtype=object))
    categories = np.append(data.table("categories")["name"], np.array([""], dtype=object))
    mixed = np.repeat(digests([part.rule for part in findings.blocks]), [len(p) for p in findings.blocks])
    for column in (
        digests(names.tolist())[data.image_rows(findings.column("image"))],
        digests(categories.tolist())[findings.column("category")],
        *places(data, findings.column("annotation")),
    ):
        mixed = mix(mixed, column)
    return mixed


def digests(texts: list[str]) -> Array:
    """A 64-bit hash of each text, uint64."""
    raw = b"".join(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(raw, dtype="<u8").astype(np.uint64)


def mix(hashes: Array, column: Array) -> Array:
    """Hashes that depend on another 64-bit column too, and on the order of columns (the finisher of splitmix64)."""
    mixed: Array = (hashes ^ column.astype(np.int64).view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def ordinals(group: Array) -> Array:
    """Return the place of each row among those of equal value, int64 from 0."""
    order = np.argsort(group, kind="stable")
    starts = group_starts(group[order])
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - np.repeat(starts[:-1], np.diff(starts))
    return place


def rows_of(data: Dataset, annotations: Array) -> tuple[Array, Array]:
    """Return the row of each annotation key, 0 where there is none, and which name one (int64, bool)."""
    keys = data.table("annotations")["annotation"]
    named = (annotations >= 0) & (len(keys) > 0)
    return np.where(named, np.searchsorted(keys, np.maximum(annotations, 0)), 0), named


def places(data: Dataset, annotations: Array) -> list[Array]:
    """Each annotation's box as four columns, rounded, and whether there is one; zeros for findings of no annotation."""
    rows, named = rows_of(data, annotations)
    if not named.any():
        return [np.zeros(len(rows), dtype=np.int64)] * 5
    step = np.where(data.boxes.fraction, 10_000.0, 2.0)[rows, None]
    with np.errstate(over="ignore"):
        boxes = np.rint(np.nan_to_num(data.boxes.xywh[rows] * step, nan=-1.0, posinf=-2.0, neginf=-3.0))
    boxes = np.where(named[:, None], boxes.clip(-(2.0**62), 2.0**62), 0)
    return [*boxes.astype(np.int64).T, named]
