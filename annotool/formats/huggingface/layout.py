"""Which metadata files make a dataset: one beside the images, or one in each folder of a split."""

from __future__ import annotations

from pathlib import Path

import msgspec

from annotool.formats.base import Claim, ReadOptions, load
from annotool.formats.listing import Listing

__all__ = ["CARD", "SPLITS", "File", "claim_file", "claims", "find"]

NAMES = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
SPLITS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval")
CARD = "README.md"
LOOK = 1 << 14
KEYS = (b'"file_name"', b"file_name")  # in jsonl and parquet, in csv
LABELS = (b"label", b"objects", b"categor", b"PAR1")


class File(msgspec.Struct, frozen=True):
    """One metadata file, and the split its folder is called by; empty: none."""

    path: Path
    split: str = ""


def judged(path: Path) -> str:
    """Return why a metadata file says nothing of labels; empty: it does."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOK)
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror})"
    if head.startswith(b"PAR1"):
        return ""
    if b"file_name" not in head:
        return f"{path.name} has no file_name"
    return (
        "" if any(word in head for word in LABELS) else f"{path.name} has neither label, labels nor objects"
    )


def files(folder: Listing) -> list[File] | str:
    """Return the metadata files of a folder and of its splits, or why there are none."""
    own = [path for name in NAMES if (path := folder.file(name))][:1]
    found = [File(path) for path in own]
    for name, below in folder.folders.items():
        if name.lower() in SPLITS:
            found += [File(path, name) for each in NAMES if (path := below.file(each))][:1]
    if not found:
        return "no metadata.jsonl, metadata.csv or metadata.parquet"
    wrong = [judged(each.path) for each in found]
    return wrong[0] if all(wrong) else [each for each, why in zip(found, wrong, strict=True) if not why]


def claims(folder: Listing) -> list[Claim] | str:
    """Return the dataset whose top `folder` is, or why there is none."""
    found = files(folder)
    if isinstance(found, str):
        return found
    said = ", ".join(each.path.relative_to(folder.path).as_posix() for each in found)
    return [Claim("huggingface", folder.path, said)]


def claim_file(path: Path) -> Claim | str:
    """Return a claim for one metadata file the user names, or why not."""
    if path.name.lower() not in NAMES:
        return "not called metadata.jsonl, .csv or .parquet"
    return judged(path) or Claim("huggingface", path, path.name)


def find(path: Path, options: ReadOptions) -> list[File]:
    """Return the metadata files of the dataset at a claimed path, without those that the overlay says are gone."""
    if path.is_file():
        name = path.absolute().parent.name
        return [File(path, name if name.lower() in SPLITS else "")]
    found = files(Listing(path))
    return [each for each in found if load(each.path, options) is not None] if isinstance(found, list) else []
