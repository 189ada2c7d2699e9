"""Class lists: which name each class index has, by data.yaml, a text file, notes.json, or nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from annotool.findings import Fix, Severity
from annotool.formats.base import objects, unified
from annotool.formats.yolo.config import Place, Told
from annotool.formats.yolo.gathering import Gathering, Taken
from annotool.formats.yolo.odd import BOM, numeric
from annotool.schema import make
from annotool.table import Array, Table

__all__ = [
    "NAMES",
    "ClassList",
    "categories",
    "choose",
    "is_class_list",
    "names_in",
    "read_list",
    "read_notes",
]

NAMES = ("classes.txt", "labels.txt", "obj.names", "class_names.txt", "names.txt", "predefined_classes.txt")


class ClassList(msgspec.Struct, frozen=True):
    """Names by class index, and the file that says so."""

    taken: Taken
    names: Mapping[int, Place]

    @property
    def texts(self) -> dict[int, str]:
        """The names alone."""
        return {index: place.text for index, place in self.names.items()}


def is_class_list(name: str, held: bytes) -> bool:
    """Return whether a text file among labels is a class list: by its name, and no row of five numbers in it."""
    if name.lower() not in NAMES:
        return False
    rows = [line.split() for line in held.splitlines() if line.strip()]
    return not any(len(row) >= 5 and all(map(numeric, row)) for row in rows)


def read_list(gathering: Gathering, taken: Taken) -> ClassList:
    """Read a class list: one name a line, the index counts from 0; blank lines at the end are none."""
    names, faults = names_in(taken.held)
    gathering.file(taken.source, faults)
    return ClassList(taken, names)


def names_in(held: bytes) -> tuple[dict[int, Place], list[Told]]:
    """Return the names of a class list by index, and what is wrong with it."""
    names: dict[int, Place] = {}
    start = 0
    faults: list[Told] = []
    if held.startswith(BOM):
        start = len(BOM)
        place = Place("", 0, start, 1)
        message = "the file begins with a byte order mark"
        faults.append(Told("SCH001", message, {"new": ""}, place, Severity.WARNING, Fix.SAFE))
    end = len(held.rstrip())
    for index, line in enumerate(held[start:end].split(b"\n") if end > start else ()):
        text = line.removesuffix(b"\r")
        try:
            name = text.decode("utf-8")
        except UnicodeDecodeError:
            name = text.decode("latin-1")
            place = Place(name, start, start + len(text), index + 1)
            faults.append(Told("SCH001", "class name {name!r} is not UTF-8", {"name": name}, place))
        names[index] = Place(name, start, start + len(text), index + 1)
        start += len(line) + 1
    return names, faults


def read_notes(gathering: Gathering, taken: Taken) -> ClassList | None:
    """Read the categories of Label Studio's notes.json; None where it has none."""
    try:
        listed = json.loads(taken.held)["categories"]
        names = {int(each["id"]): Place(str(each["name"]), 0, 0, 0) for each in listed}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        gathering.file(
            taken.source, [Told("SCH001", "no notes of Label Studio: {why}", {"why": str(error)[:80]})]
        )
        return None
    return ClassList(taken, names) if names else None


def choose(gathering: Gathering, lists: Sequence[ClassList]) -> list[ClassList]:
    """Return the lists that differ, the one that counts first, and say which that is."""
    different: list[ClassList] = []
    for each in lists:
        if each.names and each.texts not in [other.texts for other in different]:
            different.append(each)
    gathering.facts["declared_categories"] = bool(different)
    if different:
        first, *others = (each.taken.path.name for each in different)
        gathering.facts["yolo_names"] = {"from": first, "classes": len(different[0].names), "differ": others}
        if others:
            gathering.notes.append(
                f"Class names are {first}'s; {', '.join(others)} differ{'s' * (len(others) == 1)}."
            )
    else:
        gathering.facts["yolo_names"] = {"from": None}
        gathering.notes.append("No class list was found: categories are named by their index.")
    return different


def categories(lists: Sequence[ClassList], used: Array) -> tuple[Table, Array]:
    """Return the table and the row of each class index in `used` (-1: not declared).

    Without a list each index in use is a category that nobody declared, named by its number.
    """
    if not lists:
        indices = np.unique(used[used >= 0])
        names = [str(index) for index in indices.tolist()]
        table = make("categories", len(indices), id=indices, name=objects(names), label=unified(names))
        rows = np.searchsorted(indices, used)
        return table, np.where(used >= 0, rows, -1)
    flat = [
        (each.taken.source, index, *place_of(each, index)) for each in lists for index in sorted(each.names)
    ]
    source, index, name, start, end, line = zip(*flat, strict=True)
    table = make(
        "categories",
        len(flat),
        source=np.array(source),
        id=np.array(index),
        name=objects(name),
        label=unified(name),
        start=np.array(start),
        end=np.array(end),
        line=np.array(line),
        index=np.concatenate([np.arange(len(each.names)) for each in lists]),
    )
    known = np.array(sorted(lists[0].names), dtype=np.int64)
    rows = np.minimum(np.searchsorted(known, used), len(known) - 1)
    return table, np.where(known[rows] == used, rows, -1)


def place_of(each: ClassList, index: int) -> tuple[str, int, int, int]:
    place = each.names[index]
    bare = place.end <= place.start
    return place.text, -1 if bare else place.start, -1 if bare else place.end, place.line
