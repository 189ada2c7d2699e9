"""Text files beside the xml: the lists of ImageSets/Main, class lists, and the side file of names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

import msgspec

__all__ = ["Entry", "SplitList", "read_classes", "read_list", "read_names", "unions"]

OF_CLASS = re.compile(r"(.*\S)\s+(?:-1|0|1)")
SUFFIX = re.compile(r"\.[A-Za-z0-9]{3,4}")
WHOLE = ("trainval", "train_val", "all", "default")


class Entry(NamedTuple):
    """One line of a list: the stem it names, its line from 1, its bytes with the line end."""

    stem: str
    line: int
    start: int
    end: int


class SplitList(msgspec.Struct, frozen=True):
    """One list. of_class: it says which images show a class (`aeroplane_train.txt`), and is no split."""

    name: str
    entries: tuple[Entry, ...]
    of_class: bool = False


def lines(data: bytes) -> list[Entry]:
    """Cut a text file into its lines, blank ones left out; the text without the line end and a byte order mark."""
    found, at = [], 0
    for number, raw in enumerate(data.splitlines(keepends=True), 1):
        text = raw.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        if text.strip():
            found.append(Entry(text, number, at, at + len(raw)))
        at += len(raw)
    return found


def read_list(name: str, data: bytes, known: Container[str]) -> SplitList:
    """Read one list. known: the stems of the dataset's files; they may hold spaces and dots, so they are asked first."""
    found = lines(data)
    classed = [OF_CLASS.fullmatch(each.stem) for each in found if each.stem not in known]
    of_class = bool(classed) and all(classed) and len(classed) == len(found)
    entries = []
    for each in found:
        match = OF_CLASS.fullmatch(each.stem) if of_class else None
        entries.append(each._replace(stem=stem_of(match[1] if match else each.stem, known)))
    return SplitList(name, tuple(entries), of_class)


def stem_of(text: str, known: Container[str]) -> str:
    """Return the stem a line means: as it stands, or without spaces around, suffix, or folders."""
    short = text.strip()
    for tried in (text, short):
        if tried in known:
            return tried
    path = short.replace("\\", "/")
    bare = (
        path[: path.rfind(".")] if SUFFIX.fullmatch(path[path.rfind(".") :] if "." in path else "") else path
    )
    tails = [part for text in (path, bare) for part in tail_ends(text)]
    return next((each for each in tails if each in known), short)


def tail_ends(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return ["/".join(parts[at:]) for at in range(len(parts))]


def unions(members: Mapping[str, frozenset[int]]) -> list[str]:
    """Return the lists that are no split of their own: exactly the union of other, smaller ones; or called trainval
    (or all) and holding another list whole."""
    found = []
    for name, own in members.items():
        parts = [other for key, other in members.items() if key != name and other and other < own]
        exact = len(parts) > 1 and frozenset().union(*parts) == own
        if exact or (parts and name.lower() in WHOLE):
            found.append(name)
    return found


def read_classes(file: str, data: bytes, used: Container[str]) -> list[Entry]:
    """Read a class list: a name a line, or a label map (`name:colour:parts:actions` after a comment line).

    A label map's `background` is the zero of its masks, not a class, unless an object bears the name. A line break is
    spelled `\\n`, as our writer does it, where objects bear a name with one.
    """
    found = [
        each if (name := broken(each.stem)) not in used else each._replace(stem=name) for each in lines(data)
    ]
    mapped = file.lower() == "labelmap.txt"
    if mapped:
        found = [
            each._replace(stem=each.stem.split(":")[0]) for each in found if not each.stem.startswith("#")
        ]
        found = [each for each in found if each.stem != "background" or each.stem in used]
    return [each if each.stem in used else each._replace(stem=each.stem.strip()) for each in found]


def broken(text: str) -> str:
    """Return a line of a class list with its spelled line breaks as such."""
    return text.replace("\\r", "\r").replace("\\n", "\n")


def read_names(data: bytes) -> dict[str, str]:
    """Read the side file our writer leaves: the stem of each label file and the image name it stands for."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    return {row["stem"]: row["file_name"] for row in rows if row.get("stem") and row.get("file_name")}


def names_text(rows: Sequence[tuple[str, str, float, float]]) -> bytes:
    """Return the text of the side file: columns stem, file_name, width, height."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("stem", "file_name", "width", "height"))
    for stem, file_name, width, height in rows:
        writer.writerow(
            (stem, file_name, *("" if side != side else f"{side:.15g}" for side in (width, height)))
        )
    return text.getvalue().encode("utf-8", "replace")
