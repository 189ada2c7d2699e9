"""Patching sheets: the cells that an edit changes, and the rows that go; every other byte stays."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.csv.columns import MARKS, Columns, columns_of
from annotool.formats.csv.read import pieces
from annotool.formats.sheet import Sheet, cells, read_sheet, rewritten
from annotool.imagefile.suffix import alike

__all__ = ["patch"]


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes that make the edits hold, in sheets; an edit that names nothing in them gives none.

    Edits of tables images (file_name; drop), annotations (category; drop), categories (name) and sources (bytes). Dropping
    an image removes all its rows; dropping a label takes it out of its cell, or removes the row where it is the row's
    only one. Where two edits need one cell, its splice bears the first.
    """
    splices: list[Splice] = []
    for source in np.flatnonzero(data.table("sources")["format"] == "csv").tolist() if len(edits) else ():
        splices += Patch(data, edits, source).run()
    return splices


@dataclass
class Patch:
    """The patching of one sheet."""

    data: Dataset
    edits: Edits
    source: int

    def __post_init__(self) -> None:
        self.gone: dict[int, int] = {}  # by row of the sheet: the edit
        self.texts: dict[tuple[int, int], tuple[int, str]] = {}  # by row and column: the edit, the new text
        self.labels: dict[int, tuple[int, list[tuple[int, str | None]]]] = {}  # by row: the edit, its labels

    @cached_property
    def held(self) -> bytes:
        return bytes(self.data.source_bytes(self.source))

    @cached_property
    def sheet(self) -> Sheet:
        return read_sheet(self.held)

    @cached_property
    def columns(self) -> Columns | None:
        labels = self.data.facts.get("labels", {})
        several = labels.get("from") == "option" and labels["kind"] == "multi"
        found = columns_of(self.sheet.rows, named=True, several=several)
        return None if isinstance(found, str) else found

    def run(self) -> list[Splice]:
        splices = []
        for edit in range(len(self.edits)):
            table, row = str(self.edits["table"][edit]), int(self.edits["row"][edit])
            if table == "sources" and row == self.source and self.edits["op"][edit] == Op.BYTES:
                new = self.edits["new"][edit]
                start, end = int(self.edits["start"][edit]), int(self.edits["end"][edit])
                splices.append(
                    Splice(row, start, end, new if isinstance(new, bytes) else str(new).encode(), edit)
                )
            elif self.columns is not None:
                getattr(self, table, self.nothing)(edit, row)
        return splices + self.cut()

    def nothing(self, edit: int, row: int) -> None:
        """Other tables stand in no sheet."""

    def images(self, edit: int, row: int) -> None:
        """Drop all rows of an image, or write its new name in them."""
        assert self.columns is not None
        drop = self.edits["op"][edit] == Op.DROP
        for at in self.rows_of.get(row, ()) if drop or self.edits["column"][edit] == "file_name" else ():
            if drop:
                self.gone.setdefault(at, edit)
            else:
                new, column = str(self.edits["new"][edit]), self.columns.file
                known = alike(self.sheet.rows[at][column], self.data.table("images")["file_name"][row], new)
                self.texts.setdefault((at, column), (edit, new if known is None else known))

    def annotations(self, edit: int, row: int) -> None:
        """Take a label out of its row, or put another one there."""
        table = self.data.table("annotations")
        if int(table["source"][row]) != self.source:
            return
        if self.edits["op"][edit] == Op.DROP:
            self.relabel(edit, row, None)
        elif self.edits["column"][edit] == "category":
            self.relabel(edit, row, str(self.data.table("categories")["name"][int(self.edits["new"][edit])]))

    def categories(self, edit: int, row: int) -> None:
        """Rename a category: in the header that declares it, else in every row that has it."""
        table, rows = self.data.table("categories"), self.data.table("annotations")
        if self.edits["op"][edit] != Op.SET or self.edits["column"][edit] != "name":
            return
        new = str(self.edits["new"][edit])
        assert self.columns is not None
        if self.columns.form == "marks":
            if int(table["source"][row]) == self.source:
                self.texts.setdefault((0, self.columns.labels[int(table["index"][row])]), (edit, new))
            return
        for annotation in np.flatnonzero(
            (rows["category"] == row) & (rows["source"] == self.source)
        ).tolist():
            self.relabel(edit, annotation, new)

    def relabel(self, edit: int, annotation: int, new: str | None) -> None:
        """Put another name, or None, in place of one label of its row."""
        assert self.columns is not None
        rows = self.data.table("annotations")
        at = self.row_at(int(rows["line"][annotation]))
        first, found = self.labels.get(at, (edit, pieces(self.sheet.rows[at], self.columns, self.head)))
        mine = np.flatnonzero((rows["source"] == self.source) & (rows["line"] == rows["line"][annotation]))
        ordinal = int(np.searchsorted(mine, annotation))
        known = [
            place for place, (_, name) in enumerate(found) if name is not None or (at, place) in self.lost
        ]
        if ordinal < len(known):
            place = known[ordinal]
            found[place] = (found[place][0], new)
            if new is None:
                self.lost.add((at, place))
        self.labels[at] = (first, found)

    @cached_property
    def lost(self) -> set[tuple[int, int]]:
        """Labels taken out, by row and place in it."""
        return set()

    @cached_property
    def head(self) -> list[str]:
        return self.sheet.rows[0]

    @cached_property
    def rows_of(self) -> dict[int, list[int]]:
        """The rows of the sheet by image: those of the image's name in sheets of this folder."""
        assert self.columns is not None
        images, sources = self.data.table("images"), self.data.table("sources")
        folders = [file.rpartition("/")[0] for file in sources["file"].tolist()]
        near = (sources["path"] == sources["path"][self.source]) & (
            np.array(folders, dtype=object) == folders[self.source]
        )
        mine = np.flatnonzero(np.append(near, False)[images["source"]]).tolist()
        first = {images["file_name"][image]: image for image in mine}
        first |= {os.path.splitext(name)[0]: image for name, image in first.items()} | first
        found: dict[int, list[int]] = {}
        for at, row in enumerate(self.sheet.rows):
            if len(row) > self.columns.file and (image := first.get(row[self.columns.file].strip(), -1)) >= 0:
                found.setdefault(image, []).append(at)
        return found

    def row_at(self, line: int) -> int:
        return int(np.searchsorted(self.sheet.line, line))

    def cut(self) -> list[Splice]:
        """Return the splices of rows that go and cells that change."""
        assert self.columns is not None or not (self.gone or self.labels or self.texts)
        for at, (edit, found) in self.labels.items():
            self.settle(at, edit, found)
        splices = [
            Splice(self.source, int(self.sheet.start[at]), int(self.sheet.end[at]), b"", edit)
            for at, edit in self.gone.items()
        ]
        for (at, column), (edit, new) in sorted(self.texts.items()):
            if at in self.gone:
                continue
            start = int(self.sheet.start[at])
            record = self.held[start : int(self.sheet.end[at])]
            spots = cells(record, self.sheet.spelling.delimiter)
            if column < len(spots):
                low, high = spots[column]
                text = rewritten(new, record[low:high], self.sheet.spelling)
                if text != record[low:high]:
                    splices.append(Splice(self.source, start + low, start + high, text, edit))
        return splices

    def settle(self, at: int, edit: int, found: list[tuple[int, Any]]) -> None:
        """Turn a row's labels into the texts of its cells, or let it go where none is left."""
        columns, row = self.columns, self.sheet.rows[at]
        assert columns is not None
        left = [each for each in found if each[1] is not None]
        if not left and columns.form == "one":
            self.gone.setdefault(at, edit)
        elif columns.form == "divided":
            between = columns.separator + " " * (columns.separator + " " in row[columns.labels[0]])
            self.texts[at, columns.labels[0]] = (edit, between.join(name for _, name in left))
        elif columns.form == "marks":
            wanted = {name for _, name in left}
            for column in columns.labels:
                old, name = row[column].strip(), self.head[column].strip()
                if bool(MARKS.get(old.lower())) != (name in wanted):
                    self.texts[at, column] = (edit, mark(name in wanted, old, row))
        else:
            for column, name in found:
                self.texts[at, column] = (edit, name or "")


def mark(on: bool, old: str, row: list[str]) -> str:
    """Return a mark as the old one is spelled, an empty one as the others of its row."""
    model = old or next((cell for cell in map(str.strip, row) if cell and cell.lower() in MARKS), "1")
    if "." in model:
        return "1.0" if on else "0.0"
    if model.lower() in ("true", "false"):
        text = "true" if on else "false"
        return text.upper() if model.isupper() else text if model.islower() else text.title()
    return "1" if on else "0"
