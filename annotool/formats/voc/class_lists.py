"""VOC without boxes: the lists of a class in ImageSets/Main (`cat_train.txt`) say which images show it.

Read where a devkit has such lists and no xml file at all; beside xml files they are no labels, for the objects say more. A
line is a stem and 1 (shown), -1 (not shown) or 0 (shown, but hard to see: no label, as in the challenge's evaluation, and
counted in a note). `train.txt` and its like name images that may show nothing. `cat_trainval.txt` is left out where
`cat_train.txt` and `cat_val.txt` are there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Claim, ReadOptions, Splice, load
from annotool.formats.labelled import Gathered, Span
from annotool.formats.listing import Listing
from annotool.formats.voc.lists import lines

__all__ = ["claims", "find_lists", "patch", "read"]

NAME = re.compile(r"(.+)_(train|val|test|trainval)\.txt", re.IGNORECASE)
LINE = re.compile(r"(.*\S)\s+(-1|0|1)\s*")
PLAIN = ("train", "val", "test", "trainval")
LOOK = 1 << 12


@dataclass(frozen=True)
class ClassList:
    """One list: of a class, or of all images of a split (category empty)."""

    path: Path
    category: str
    split: str


def find_lists(folder: Listing) -> list[ClassList]:
    """Return the lists of a devkit without xml files; none where no list is of a class."""
    sets = folder.folder("ImageSets")
    main = sets.folder("Main") if sets else None
    if main is None:
        return []
    names = {name.lower() for name in main.files}
    found, classed = [], False
    for name in main.with_suffix(".txt"):
        match, stem = NAME.fullmatch(name), name[: -len(".txt")].lower()
        of_class = match is not None and flagged(main.path / name)
        if match is not None and of_class:
            category, split = match[1], match[2].lower()
            classed = True
            whole = {f"{category.lower()}_{part}.txt" for part in ("train", "val")} <= names
        elif stem in PLAIN:
            category, split, whole = "", stem, {"train.txt", "val.txt"} <= names
        else:
            continue
        if not (split == "trainval" and whole):
            found.append(ClassList(main.path / name, category, split))
    return found if classed else []


def flagged(path: Path) -> bool:
    """Whether the first line of a list says -1, 0 or 1 of its image."""
    try:
        with path.open("rb") as file:
            first = next(iter(lines(file.read(LOOK))), None)
    except OSError:
        return False
    return first is not None and LINE.fullmatch(first.stem) is not None


def claims(folder: Listing) -> list[Claim]:
    """Return the dataset whose devkit `folder` is; none where it has no lists of classes."""
    found = find_lists(folder)
    count = len({each.category for each in found} - {""})
    said = f"ImageSets/Main with lists of {count:,} {'class' if count == 1 else 'classes'}, no xml files"
    return [Claim("voc", folder.path, said)] if found else []


def read(path: Path, options: ReadOptions) -> Dataset | None:
    """Read the dataset of a devkit without xml files; None where it has no lists of classes."""
    found = find_lists(Listing(path)) if path.is_dir() else []
    gathered = Gathered("voc", path, options)
    hard = 0
    for each in found:
        held = load(each.path, options)
        if held is None:
            continue
        source = gathered.file(each.path, held, each.split)
        if gathered.text(each.path, source, held):
            hard += take_up(gathered, each, source, held)
    if not found:
        return None
    gathered.facts |= {
        "declared_categories": False,
        "class_lists": sorted({each.category for each in found} - {""}),
    }
    gathered.notes.append(
        f"no xml files: labels are those of {len(gathered.facts['class_lists']):,} classes in ImageSets/Main"
    )
    if hard:
        gathered.notes.append(f"entries of 0 (hard to see) in lists of a class are no labels: {hard:,}")
    return gathered.dataset()


def take_up(gathered: Gathered, each: ClassList, source: int, held: bytes) -> int:
    """Take up the lines of one list; return how many say 0."""
    hard, folder = 0, str(gathered.root)
    for at, line in enumerate(lines(held)):
        span = Span(source, line.start, line.end, line.line, at)
        match = LINE.fullmatch(line.stem)
        if not each.category:
            gathered.image(folder, line.stem.strip(), span)
        elif match is None:
            gathered.bad(
                "SCH002",
                "expected the name of an image and -1, 0 or 1, got {got!r}",
                span,
                kept=False,
                got=line.stem[:40],
            )
        else:
            image = gathered.image(folder, match[1], span)
            hard += match[2] == "0"
            if match[2] == "1":
                gathered.label(image, each.category, span)
    return hard


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes that make the edits hold: a label that is dropped says -1, an image that is dropped loses its
    lines. Nothing else can be said in these lists.
    """
    rows, splices = data.table("annotations"), list[Splice]()
    for edit in np.flatnonzero(edits["op"] == Op.DROP).tolist():
        row = int(edits["row"][edit])
        if edits["table"][edit] == "annotations":
            source, start, end = (int(rows[name][row]) for name in ("source", "start", "end"))
            text = bytes(data.source_bytes(source)[start:end]).rstrip()
            at = start + len(text) - 1
            splices.append(Splice(source, at, at + 1, b"-1", edit))
        elif edits["table"][edit] == "images":
            splices += without(data, row, edit)
    for edit in np.flatnonzero(edits["table"] == "sources").tolist():
        source, start, end = (int(edits[name][edit]) for name in ("row", "start", "end"))
        splices.append(Splice(source, start, end, str(edits["new"][edit]).encode(), edit))
    return splices


def without(data: Dataset, image: int, edit: int) -> list[Splice]:
    """Return the splices that take an image's lines out of all lists."""
    name = str(data.table("images")["file_name"][image])
    names = {name, name.rpartition(".")[0]}
    found = []
    for source in range(len(data.table("sources"))):
        for line in lines(bytes(data.source_bytes(source))):
            match = LINE.fullmatch(line.stem)
            if (match[1] if match else line.stem.strip()) in names:
                found.append(Splice(source, line.start, line.end, b"", edit))
    return found
