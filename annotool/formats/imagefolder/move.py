"""Mending class folders: which folder, and which name, each image file gets."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Move
from annotool.formats.imagefolder.read import FEWEST
from annotool.formats.imagefolder.write import safe
from annotool.table import Array

__all__ = ["moves"]


def moves(data: Dataset, edits: Edits) -> list[Move]:
    """Return where image files go so that the edits hold; an image of several edits once for each, with the same path.

    Edits of tables images (path, of which the name counts; drop), annotations (category; drop) and categories (name). An
    image's own category goes before the new name of the one it had; a drop before both.
    """
    sources = np.append(data.table("sources")["format"] == "imagefolder", False)
    images = data.table("images")
    own = sources[images["source"]] & (images["path"] != "")
    if not own.any() or not len(edits):
        return []
    plan = Plan(data, own)
    for edit in range(len(edits)):
        plan.take_up(edits, edit)
    if not plan.is_readable():
        plan = Plan(data, own, named=plan.named)
    return list(plan.moves())


@dataclass
class Plan:
    """What becomes of the image files `own` (bool, one a row): by row the edits that ask for it, and what they ask for."""

    data: Dataset
    own: Array
    named: dict[int, tuple[int, str]] = field(default_factory=dict)  # the edit, the new name
    sorted_to: dict[int, tuple[int, str]] = field(default_factory=dict)  # the edit, the new class
    gone: dict[int, int] = field(default_factory=dict)  # the edit

    def __post_init__(self) -> None:
        table = self.data.table("annotations")
        self.image_of = self.data.image_rows(table["image"])
        self.paths = self.data.table("images")["path"]
        self.places = self.data.image_paths
        self.classes = self.data.table("categories")["name"]
        self.known = set(self.classes.tolist())
        self.relabelled: set[int] = set()

    def take_up(self, edits: Edits, edit: int) -> None:
        """Note what one edit asks for."""
        table, row, column = (edits[name][edit] for name in ("table", "row", "column"))
        op, new = edits["op"][edit], edits["new"][edit]
        if op == Op.DROP and table in ("images", "annotations"):
            for image in self.mine(np.array([row if table == "images" else self.image_of[row]])):
                self.gone.setdefault(image, edit)
        elif op != Op.SET:
            return
        elif (table, column) == ("images", "path"):
            for image in self.mine(np.array([row])):
                self.named.setdefault(image, (edit, os.path.basename(new)))
        elif (table, column) == ("annotations", "category"):
            for image in self.mine(self.image_of[[row]]):
                self.sorted_to[image] = edit, str(self.classes[int(new)])
                self.relabelled.add(image)
        elif (table, column) == ("categories", "name"):
            rows = np.flatnonzero(self.data.table("annotations")["category"] == row)
            for image in self.mine(self.image_of[rows]):
                if image not in self.relabelled:
                    self.sorted_to[image] = edit, str(new)

    def mine(self, rows: Array) -> list[int]:
        """Those of the rows that are files in class folders."""
        found: list[int] = rows[(rows >= 0) & self.own[rows]].tolist()
        return found

    def folder(self, image: int) -> str:
        """The folder an image is to lie in."""
        old = above(self.places[image])
        if image not in self.sorted_to:
            return old
        name = self.sorted_to[image][1]
        return os.path.join(above(old), name if name in self.known else safe(name))

    def is_readable(self) -> bool:
        """Whether as many class folders hold images afterwards as make a dataset, or no fewer than before."""
        rows = np.flatnonzero(self.own).tolist()
        before = {above(self.places[row]) for row in rows}
        after = {self.folder(row) for row in rows if row not in self.gone}
        most = [max(Counter(map(above, each)).values(), default=0) for each in (before, after)]
        return most[1] >= min(FEWEST, most[0])

    def moves(self) -> Iterator[Move]:
        """Yield the moves by row of the image, a name that is taken in its folder with a number."""
        taken = Taken(self.places.tolist())
        for image in sorted({*self.gone, *self.named, *self.sorted_to}):
            if image in self.gone:
                yield Move(image, None, self.gone[image])
                continue
            asked = [each[image] for each in (self.sorted_to, self.named) if image in each]
            name = self.named[image][1] if image in self.named else os.path.basename(self.places[image])
            wanted = os.path.join(self.folder(image), name)
            if wanted != self.places[image]:
                new = taken.free(wanted, self.paths[image], moves=image in self.sorted_to)
                yield from (Move(image, new, edit) for edit, _ in asked)


def above(path: str) -> str:
    """The folder that a path is in."""
    return os.path.split(path)[0]


class Taken:
    """The names that files have in folders, or are about to have, case aside; a name once taken stays so.

    An image that moves takes no name that its new class has in another split either: by class and name, not by split, do
    fingerprints and decisions know it.
    """

    def __init__(self, places: list[str]) -> None:
        self.names: dict[str, set[str]] = {}  # by folder, and by the name of the class
        for place in places:
            self.take(place)
        self.listed: set[str] = set()

    def take(self, place: str) -> None:
        """Note that a file has this path."""
        folder, name = os.path.split(place)
        for key in (folder, os.path.basename(folder)):
            self.names.setdefault(key, set()).add(name.casefold())

    def free(self, wanted: str, own: str, moves: bool) -> str:
        """Return a path that no file has, `wanted` or with a number before its suffix, and take it; a file may have its
        `own` back.
        """
        folder, name = os.path.split(wanted)
        if folder not in self.listed:
            self.listed.add(folder)
            for each in os.listdir(folder) if os.path.isdir(folder) else ():
                self.take(os.path.join(folder, each))
        keys = (folder, os.path.basename(folder)) if moves else (folder,)
        (stem, suffix), number, place = os.path.splitext(name), 1, wanted
        while place != own and any(name.casefold() in self.names.get(key, ()) for key in keys):
            name, number = f"{stem}-{number}{suffix}", number + 1
            place = os.path.join(folder, name)
        self.take(place)
        return place
