"""Which sheets make a dataset: one, or one a split (train.csv and test.csv, or train/x.csv and test/x.csv)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from annotool.formats.base import Claim, ReadOptions, load
from annotool.formats.csv.columns import FILES, columns_of
from annotool.formats.images import SUFFIXES, roots_beside
from annotool.formats.listing import Listing
from annotool.formats.sheet import read_sheet

__all__ = ["File", "claim_file", "claims", "find", "judged"]

WORDS = {"train": "train", "training": "train", "val": "val", "valid": "valid", "validation": "validation", "dev": "dev",
         "test": "test", "testing": "test"}  # fmt: skip
NEVER = re.compile(r"(submission|predictions?|results|annotool-.*|metadata$)")
LOOK = 1 << 16  # bytes by which a file is judged when it is claimed
MOST = 50  # sheets of a folder that are looked into


class File(msgspec.Struct, frozen=True):
    """One sheet of a dataset and the split its name, or its folder's, speaks of; empty: none."""

    path: Path
    split: str = ""


def split_of(name: str) -> str:
    """Return the split a name speaks of, empty for none."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((WORDS[word] for word in words if word in WORDS), "")


def judged(path: Path, held: bytes | None = None) -> str:
    """Return why a file holds no images with labels; empty: it does."""
    if held is None:
        try:
            with path.open("rb") as file:
                held = file.read(LOOK)
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if len(held) == LOOK:
            held = held[: held.rfind(b"\n") + 1] or held
    if held.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16, which is not read: save it as UTF-8"
    if b"\0" in held:
        return "no text"
    rows = read_sheet(held).rows
    found = columns_of(rows)
    if isinstance(found, str) and found.endswith("names no images") and files_are_there(rows, path.parent):
        found = columns_of(rows, named=True)
    return found if isinstance(found, str) else ""


def files_are_there(rows: Sequence[Sequence[str]], folder: Path) -> bool:
    """Whether images have the names of a column without their suffix, as in ISIC's sheets."""
    head = [cell.strip().lower() for cell in rows[0]]
    at = next((head.index(name) for name in FILES if name in head), -1)
    names = {row[at].strip() for row in rows[1:] if len(row) == len(head)} if at >= 0 else set()
    for root in roots_beside(folder) if names else ():
        stems = {os.path.splitext(name)[0] for name in Listing(root).with_suffix(*SUFFIXES)}
        if 2 * len(names & stems) >= len(names):
            return True
    return False


def sheets(folder: Listing) -> dict[str, str]:
    """Return the csv and tsv files of a folder, each with why it is none of labels; empty: it is."""
    found = {}
    for name in folder.with_suffix(".csv", ".tsv")[:MOST]:
        stem = os.path.splitext(name)[0].lower()
        unfit = name.startswith((".", "~$")) or NEVER.search(stem)
        found[name] = "named as what is no dataset" if unfit else judged(folder.path / name)
    return found


def fitting(folder: Listing) -> list[str]:
    return [name for name, why in sheets(folder).items() if not why]


def in_splits(folder: Listing) -> list[File]:
    """Return the sheets of train/, val/ ..., where each such folder holds one at most."""
    found = []
    for name, below in folder.folders.items():
        if name.lower() in WORDS:
            own = fitting(below)
            if len(own) > 1:
                return []
            found += [File(below.path / each, name) for each in own]
    return found


def claims(folder: Listing) -> list[Claim] | str:
    """Return the datasets whose top `folder` is, or why there are none."""
    judgements = sheets(folder)
    own = [name for name, why in judgements.items() if not why]
    parts = [name for name in own if split_of(os.path.splitext(name)[0])]
    rest = [name for name in own if name not in parts]
    found = [Claim("csv", folder.path / name, name) for name in rest]
    if parts:
        found.insert(0, Claim("csv", folder.path, ", ".join(parts)))
    elif not rest and (files := in_splits(folder)):
        said = ", ".join(f"{each.path.parent.name}/{each.path.name}" for each in files)
        found.append(Claim("csv", folder.path, said))
    if len(found) == 1 and len(own) == 1:  # a file of its own; beside it others may come to lie
        found = [Claim("csv", folder.path, own[0])]
    if found:
        return found
    name, why = next(iter(judgements.items()), ("", "no csv files"))
    return f"{name}: {why}" if name else why


def claim_file(path: Path) -> Claim | str:
    """Return a claim for one sheet the user names, or why not."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        return "no .csv or .tsv file"
    why = judged(path)
    return why or Claim("csv", path, "images and their labels")


def find(path: Path, options: ReadOptions) -> list[File]:
    """Return the sheets of the dataset at a claimed path; those that the overlay says are gone are left out."""
    if path.is_file():
        return [File(path, split_of(path.stem))]
    folder = Listing(path)
    own = fitting(folder)
    parts = [File(path / name, split_of(os.path.splitext(name)[0])) for name in own]
    named = [each for each in parts if each.split]
    files = named or parts[:1] or in_splits(folder)
    return [each for each in files if load(each.path, options) is not None]
