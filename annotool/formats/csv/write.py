"""Writing labels.csv: a row an image, in the order of the dataset; an image in two splits has a row in each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from annotool.dataset import Dataset
from annotool.formats.base import Written
from annotool.formats.labelled import image_labels, splits_of, unlabelled
from annotool.formats.naming import image_names
from annotool.formats.sheet import Spelling, row_bytes

__all__ = ["places", "write"]

NAME = "labels.csv"
BETWEEN = "|"
SIGNS = "|;"  # which the reader may take for what stands between labels; where it sees none of them, a comma and a blank too


def places(data: Dataset) -> list[str]:
    """Return where each image lies: images/ and its file name."""
    return image_names(data, ["images"] * len(data.table("images")))


def write(data: Dataset, out: Path) -> Written:
    """Write a dataset into the empty folder `out`."""
    rows, skipped = unlabelled(data)
    owner = image_labels(data, rows)
    with (out / NAME).open("wb") as file:
        file.writelines(lines(data, owner))
    return Written((NAME,), len(owner), len(rows), tuple(skipped))


def lines(data: Dataset, labels: list[list[str]]) -> Iterator[bytes]:
    """Yield the header and a record for each image and split.

    One column `label`, or `labels` with bars between them; where a name holds a bar or a semicolon, begins or ends with a
    blank, a column for each: label1, label2 ...
    """
    how = Spelling(",", "\n", False, 0)
    most = max(map(len, labels), default=0)
    names = {name for own in labels for name in own}
    kind = data.facts.get("labels", {}).get("kind", "single" if most < 2 else "multi")
    signs = {*SIGNS, *(", " if kind == "multi" and most < 2 else "")}
    plain = not any(set(name) & signs or name != name.strip() for name in names)
    numbered = not plain or (most > 1 and kind == "single")
    head = (
        [f"label{at + 1}" for at in range(max(most, 1))]
        if numbered
        else ["labels" if kind == "multi" else "label"]
    )
    splits = splits_of(data)
    several = any(splits)
    yield row_bytes(["file_name", *head, *(["split"] if several else [])], how)
    for place, own, parts in zip(places(data), labels, splits, strict=True):
        cells = [*own, *[""] * (len(head) - len(own))] if numbered else [BETWEEN.join(own)]
        for split in parts or [""]:
            yield row_bytes([place, *cells, *([split] if several else [])], how)
