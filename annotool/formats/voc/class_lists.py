"""VOC without boxes: the lists of a class in ImageSets/Main (`cat_train.txt`) say which images show it.

Read where a devkit has such lists and no xml file at all; beside xml files they are no labels, for the objects say more. A
line is a stem and 1 (shown), -1 (not shown) or 0 (shown, but hard to see: no label, as in the challenge's evaluation, and
counted in a note). `train.txt` and its like name images that may show nothing; splits are train, val, test, trainval and
others that have such a list. `cat_trainval.txt` is left out where `cat_train.txt` and `cat_val.txt` are there. Lists of
`all`, `default` and `none` are of no split. A class whose lists show it nowhere is one without annotations.

Written are such lists for a dataset whose annotations all label whole images: 1 or -1 for each class and image; from lists
that were read, the same lines, so that a 0 stays one and what says nothing of an image still does not.
"""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Claim, ReadOptions, Splice, load
from annotool.formats.labelled import Gathered, Span
from annotool.formats.listing import Listing
from annotool.formats.voc.lists import lines
from annotool.wording import plural

__all__ = ["FLAG", "NO_SPLIT", "claims", "find_lists", "patch", "read"]

FLAG = re.compile(r"(.*\S)\s+(-1|0|1)\s*")
PLAIN = ("train", "val", "test", "trainval")
NO_SPLIT = ("all", "default", "none")  # lists of images that are in no split
LOOK = 1 << 12


class ClassList(msgspec.Struct, frozen=True):
    """One list: of a class, or of all images of a split (category empty); split as the file's name spells it."""

    path: Path
    category: str
    split: str


def find_lists(folder: Listing) -> list[ClassList]:
    """Return the lists of a devkit without xml files, by name; none where no list is of a class."""
    sets = folder.folder("ImageSets")
    main = sets.folder("Main") if sets else None
    if main is None:
        return []
    files = {name[: -len(".txt")]: main.path / name for name in main.with_suffix(".txt")}
    there = {stem.lower() for stem in files}
    flags = {stem for stem, path in files.items() if stem.lower() not in PLAIN and flagged(path)}
    splits = {*PLAIN, *NO_SPLIT, *(there - {stem.lower() for stem in flags})}
    found, named = [], {*PLAIN}
    for stem in flags:
        split = max((each for each in splits if stem.lower().endswith(f"_{each}")), key=len, default="")
        category = stem[: len(stem) - len(split) - 1]
        named.add(split)
        if split and category and not parted(split, f"{category.lower()}_", there):
            found.append(ClassList(files[stem], category, stem[-len(split) :]))
    if not found:
        return []
    found += [
        ClassList(files[stem], "", stem)
        for stem in files.keys() - flags
        if stem.lower() in named and not parted(stem.lower(), "", there)
    ]
    return sorted(found, key=lambda each: each.path.name)


def parted(split: str, before: str, there: Container[str]) -> bool:
    """Whether a list of trainval has its parts beside it, which say the same."""
    return split == "trainval" and all(before + part in there for part in ("train", "val"))


def flagged(path: Path) -> bool:
    """Whether the first line of a list says -1, 0 or 1 of its image."""
    try:
        with path.open("rb") as file:
            first = next(iter(lines(file.read(LOOK))), None)
    except OSError:
        return False
    return first is not None and FLAG.fullmatch(first.stem) is not None


def claims(folder: Listing) -> list[Claim]:
    """Return the dataset whose devkit `folder` is; none where it has no lists of classes."""
    found = find_lists(folder)
    count = len({each.category for each in found} - {""})
    said = f"ImageSets/Main with lists of {plural(count, 'class')}, no xml files"
    return [Claim("voc", folder.path, said)] if found else []


def read(path: Path, options: ReadOptions) -> Dataset | None:
    """Read the dataset of a devkit without xml files; None where it has no lists of classes."""
    found = find_lists(Listing(path)) if path.is_dir() else []
    gathered = Gathered("voc", path, options)
    hard, sources = 0, dict[int, int]()
    for at, each in enumerate(found):
        held = load(each.path, options)
        if held is None:
            continue
        source = gathered.file(each.path, held, "" if each.split.lower() in NO_SPLIT else each.split)
        sources[at] = source
        if gathered.text(each.path, source, held):
            hard += take_up(gathered, each, source, held)
    if not found:
        return None
    shown = {each.name for each in gathered.labels}
    for at, each in enumerate(found):
        if at in sources and each.category and each.category not in shown:
            shown.add(each.category)
            gathered.declared.append((each.category, Span(sources[at], -1, -1, 0, len(gathered.declared))))
    gathered.facts |= {
        "declared_categories": False,
        "class_lists": sorted({each.category for each in found} - {""}),
    }
    count = len(gathered.facts["class_lists"])
    gathered.notes.append(f"no xml files: labels are those of {plural(count, 'class')} in ImageSets/Main")
    if hard:
        gathered.notes.append(f"entries of 0 (hard to see) in lists of a class are no labels: {hard:,}")
    return gathered.dataset()


def take_up(gathered: Gathered, each: ClassList, source: int, held: bytes) -> int:
    """Take up the lines of one list; return how many say 0."""
    hard, folder = 0, str(gathered.root)
    for at, line in enumerate(lines(held)):
        span = Span(source, line.start, line.end, line.line, at)
        match = FLAG.fullmatch(line.stem)
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
    """Return the bytes that make the edits hold: a label that is dropped says -1, one that becomes another says -1 here and 1
    in the list of the other, and an image that is dropped loses its lines. Nothing else can be said in these lists.
    """
    rows, splices = data.table("annotations"), list[Splice]()
    dropped = edits["op"] == Op.DROP
    gone = edits["row"][dropped & (edits["table"] == "images")]
    left = ~np.isin(data.image_rows(rows["image"]), gone)  # the labels of those go with their lines
    for edit in np.flatnonzero(dropped).tolist():
        row = int(edits["row"][edit])
        if edits["table"][edit] == "annotations" and left[row]:
            source, start, end = (int(rows[name][row]) for name in ("source", "start", "end"))
            splices.append(flagged_anew(data, source, start, end, b"-1", edit))
        elif edits["table"][edit] == "images":
            splices += without(data, row, edit)
    labels = (edits["table"] == "annotations") & (edits["column"] == "category") & (edits["op"] == Op.SET)
    for edit in np.flatnonzero(labels).tolist():
        taken = {(each.source, each.start) for each in splices}
        made = moved(data, int(edits["row"][edit]), int(edits["new"][edit]), edit)
        splices += made if taken.isdisjoint((each.source, each.start) for each in made) else []
    for edit in np.flatnonzero(edits["table"] == "sources").tolist():
        source, start, end = (int(edits[name][edit]) for name in ("row", "start", "end"))
        splices.append(Splice(source, start, end, str(edits["new"][edit]).encode(), edit))
    return splices


def moved(data: Dataset, row: int, category: int, edit: int) -> list[Splice]:
    """Return the splices that make a label one of another category; none where the list of that one, of the same split,
    does not name the image, or says 1 already.
    """
    rows, sources, names = data.table("annotations"), data.table("sources"), data.table("categories")["name"]
    source, start, end = (int(rows[name][row]) for name in ("source", "start", "end"))
    own = FLAG.fullmatch(lines(bytes(data.source_bytes(source)[start:end]))[0].stem)
    folder, slash, file = str(sources["file"][source]).rpartition("/")
    other = folder + slash + str(names[category]) + file.removeprefix(str(names[rows["category"][row]]))
    for at in np.flatnonzero(sources["file"] == other).tolist():
        held = bytes(data.source_bytes(at))
        for line in lines(held):
            match = FLAG.fullmatch(line.stem)
            if own and match and match[1] == own[1] and match[2] != "1":
                return [
                    flagged_anew(data, source, start, end, b"-1", edit),
                    flagged_anew(data, at, line.start, line.end, b"1", edit),
                ]
    return []


def flagged_anew(data: Dataset, source: int, start: int, end: int, flag: bytes, edit: int) -> Splice:
    """Return the splice that gives a line another flag."""
    text = bytes(data.source_bytes(source)[start:end]).rstrip()
    old = text.split()[-1]
    return Splice(source, start + len(text) - len(old), start + len(text), flag, edit)


def without(data: Dataset, image: int, edit: int) -> list[Splice]:
    """Return the splices that take an image's lines out of all lists."""
    name = str(data.table("images")["file_name"][image])
    names = {name, name.rpartition(".")[0]}
    found = []
    for source in range(len(data.table("sources"))):
        for line in lines(bytes(data.source_bytes(source))):
            match = FLAG.fullmatch(line.stem)
            if (match[1] if match else line.stem.strip()) in names:
                found.append(Splice(source, line.start, line.end, b"", edit))
    return found
