"""Writing metadata.jsonl: a record an image, one file in each split's folder, the images beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.base import Written
from annotool.formats.huggingface import layout
from annotool.formats.labelled import splits_of, unlabelled
from annotool.formats.naming import image_names
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["places", "write"]

NAME = "metadata.jsonl"
SPLITS = {
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "testing": "test",
}


def folders(data: Dataset) -> list[str]:
    """Return the folder of each image: that of its first split, in Hugging Face's words; images for none."""
    return [word(own[0]) if own else "" for own in splits_of(data)]


def word(split: str) -> str:
    """Return the folder for a split: its name, if metadata is looked for there, else the word it begins with, else train."""
    name = split.lower()
    if name not in layout.SPLITS:
        name = next((each for each in layout.SPLITS if name.startswith(each)), "train")
        return SPLITS.get(name, name)
    return SPLITS.get(name, split)


def places(data: Dataset) -> list[str]:
    """Return where each image lies, beside its metadata file."""
    return image_names(data, folders(data))


def write(data: Dataset, out: Path) -> Written:
    """Write a dataset into the empty folder `out`."""
    rows, skipped = unlabelled(data, boxes=True)
    own = folders(data)
    names = list(dict.fromkeys(own))
    lines = [*records(data, rows)]
    files = []
    for folder in names:
        (out / folder).mkdir(parents=True, exist_ok=True)
        file = f"{folder}/{NAME}" if folder else NAME
        (out / file).write_bytes(
            b"".join(line for line, place in zip(lines, own, strict=True) if place == folder)
        )
        files.append(file)
    several = sum(len(each) > 1 for each in splits_of(data))
    notes = [f"images in several splits, of which the first counts: {several:,}"] if several else []
    notes += [
        f"split {name!r} is written as {word(name)!r}"
        for name in data.split_names
        if name.lower() not in layout.SPLITS
    ]
    return Written(tuple(files), len(lines), len(rows), tuple(skipped), tuple(notes))


def records(data: Dataset, rows: Array) -> Iterator[bytes]:
    """Yield the line of each image: `label`, or `labels` of a multi-label dataset; `objects` where there are boxes."""
    table = data.table("annotations")
    whole = table["kind"][rows] == Kind.IMAGE
    owner, names = data.image_rows(table["image"][rows]), data.names_of(table["category"][rows])
    boxes = np.stack([table[side][rows] for side in "xywh"], axis=1)
    labels: list[list[str]] = [[] for _ in range(len(data.table("images")))]
    objects: list[list[tuple[list[float], str]]] = [[] for _ in labels]
    for image, name, box, of_image in zip(
        owner.tolist(), names.tolist(), boxes.tolist(), whole.tolist(), strict=True
    ):
        if of_image:
            labels[image].append(name)
        else:
            objects[image].append((box, name))
    multi = data.facts.get("labels", {}).get("kind") == "multi" or max(map(len, labels), default=0) > 1
    for place, folder, own, drawn in zip(places(data), folders(data), labels, objects, strict=True):
        record: dict[str, Any] = {"file_name": place.removeprefix(f"{folder}/" if folder else "")}
        if multi:
            record["labels"] = own
        elif whole.any():
            record["label"] = own[0] if own else None
        if not whole.all():
            record["objects"] = {"bbox": [box for box, _ in drawn], "categories": [name for _, name in drawn]}
        yield json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
