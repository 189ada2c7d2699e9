"""Writing class folders: which folder each image goes to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.formats.base import WriteOptions, Written, left_out
from annotool.formats.imagefolder.read import NO_CLASS, SPLITS
from annotool.formats.labelled import image_labels, splits_of, unlabelled
from annotool.formats.naming import image_names, safe_part
from annotool.table import Array

__all__ = ["places", "write"]


def write(data: Dataset, out: Path, options: WriteOptions) -> Written:
    """Make the folders in `out`, and say what does not fit in them. Raises UsageError where no images are to be placed."""
    if options.image_files == "none":
        raise UsageError("class folders are made of the image files: --image-files link or copy")
    rows, skipped = unlabelled(data)
    first = firsts(data, rows)
    paths = data.table("images")["path"]
    owner = data.image_rows(data.table("annotations")["image"])
    reasons = {
        "a class folder holds one label an image": np.setdiff1d(rows, first),
        "its image file was not found, and class folders are made of these": first[paths[owner[first]] == ""],
    }
    skipped += [left_out(data, row, why) for why, own in reasons.items() for row in own.tolist()]
    written = first[paths[owner[first]] != ""]
    bare = np.setdiff1d(np.arange(len(paths)), owner[rows])
    names = data.table("images")["file_name"][bare].tolist()
    skipped += [{"table": "images", "image": name, "why": "it has no label"} for name in names]
    for place in places(data):
        if place:
            (out / place).parent.mkdir(parents=True, exist_ok=True)
    return Written((), len(written), len(written), tuple(skipped), tuple(notes(data)))


def places(data: Dataset) -> list[str]:
    """Return SPLIT/CLASS/NAME of each image; empty for one without a label or a file."""
    rows, _ = unlabelled(data)
    labels = image_labels(data, firsts(data, rows))
    known = folders({name for own in labels for name in own})
    splits = [word(own[0]) if own else "" for own in splits_of(data)]
    usual = "train" if any(splits) else ""
    found = [
        "/".join(filter(None, [split or usual, known[own[0]]])) if own else ""
        for own, split in zip(labels, splits, strict=True)
    ]
    there = data.table("images")["path"].tolist()
    names = image_names(data, found, flat=True)
    return [name if folder and path else "" for name, folder, path in zip(names, found, there, strict=True)]


def firsts(data: Dataset, rows: Array) -> Array:
    """Return the first annotation of each image."""
    image = data.image_rows(data.table("annotations")["image"])[rows]
    return rows[np.sort(np.unique(image, return_index=True)[1])]


def folders(names: set[str]) -> dict[str, str]:
    """Return the folder of each category: its name, made safe, and no other's."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda each: (safe(each) != each, each)):  # what need not change, first
        wanted, number = safe(name), 1
        while wanted in found.values():
            number += 1
            wanted = f"{safe(name)}-{number}"
        found[name] = wanted
    return found


def safe(name: str) -> str:
    """Return what a class folder of that name can be called, and is read as one again."""
    clean = safe_part(name)
    clean = f"_{clean}" if clean.startswith(".") else clean
    return f"{clean}_" if NO_CLASS.fullmatch(clean) or clean.lower() in SPLITS else clean


def word(split: str) -> str:
    """Return the folder for a split: its name, if class folders are looked for there, else the word in it, else train."""
    if split.lower() in SPLITS:
        return split
    return next((each for each in SPLITS if split.lower().startswith(each)), "train")


def notes(data: Dataset) -> list[str]:
    """Say which names changed and which splits were decided."""
    known = folders({name for own in image_labels(data, unlabelled(data)[0]) for name in own})
    said = [
        f"class {name!r} is written as folder {folder!r}" for name, folder in known.items() if name != folder
    ]
    splits = splits_of(data)
    counts = Counter(len(own) for own in splits)
    if any(splits) and counts[0]:
        said.append(f"images of no split go to train: {counts[0]:,}")
    if several := sum(count for own, count in counts.items() if own > 1):
        said.append(f"images in several splits, of which the first counts: {several:,}")
    changed = {name: word(name) for own in splits for name in own if word(name) != name}
    return said + [f"split {name!r} is written as {new!r}" for name, new in changed.items()]
