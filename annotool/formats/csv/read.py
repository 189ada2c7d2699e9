"""Reading sheets of images and labels: each row with its bytes, each fault with its line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError
from annotool.findings import Fix, Severity
from annotool.formats.base import ReadOptions, load
from annotool.formats.csv.columns import FALSE, MARKS, TRUE, Columns, boolean, columns_of
from annotool.formats.csv.layout import File, find
from annotool.formats.labelled import Gathered, Span
from annotool.formats.sheet import Sheet, cells, read_sheet

__all__ = ["pieces", "read"]

FORMS = {
    "one": "a label in column {labels}",
    "several": "labels in columns {labels}",
    "divided": "labels in column {labels}, divided by {separator!r}",
    "marks": "a column of 0 and 1 for each of {count} categories",
}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the dataset at a claimed path. Raises NoDatasetError where there is none."""
    files = find(path, options)
    gathered = Gathered("csv", path, options)
    parts = []
    for each in files:
        held = load(each.path, options) or b""
        source = gathered.file(each.path, held, each.split)
        if held.startswith(b"\xef\xbb\xbf"):
            gathered.problems.add("SCH001", "the file begins with a byte order mark", source=source, line=1, start=0, end=3,
                                  severity=Severity.WARNING, fix=Fix.SAFE, new="")  # fmt: skip
        if gathered.text(each.path, source, held):
            parts.append(part_of(gathered, each, source, held))
    found = [each for each in parts if each is not None]
    if not files or (parts and not found and len(files) == 1 and not options.overlay):
        raise NoDatasetError(f"{path}: no csv of images and their labels")
    for part in found:
        part.read()
    gathered.facts["declared_categories"] = any(each.columns.form == "marks" for each in found)
    return gathered.dataset()


def part_of(gathered: Gathered, file: File, source: int, held: bytes) -> Part | None:
    """Return a sheet whose columns are known; for one that has none file what is wrong."""
    sheet = read_sheet(held)
    columns = columns_of(sheet.rows, named=True, several=gathered.options.labels == "multi")
    if isinstance(columns, str):
        span = Span(source, 0, len(held), 1, -1)
        gathered.bad("SCH001", "no images with labels: {why}", span, kept=False, why=columns)
        return None
    return Part(gathered, file, source, held, sheet, columns)


@dataclass(frozen=True)
class Part:
    """One sheet that is read."""

    gathered: Gathered
    file: File
    source: int
    held: bytes
    sheet: Sheet
    columns: Columns

    @property
    def head(self) -> list[str]:
        return (
            self.sheet.rows[0]
            if self.columns.header
            else [f"#{at + 1}" for at in range(len(self.sheet.rows[0]))]
        )

    @cached_property
    def spare(self) -> bool:
        """Whether there are columns that say neither image nor label nor split."""
        columns = self.columns
        return bool({*range(len(self.head))} - {columns.file, columns.split, columns.valid, *columns.labels})

    def read(self) -> None:
        """Take up every row."""
        self.tell()
        if self.columns.form == "marks":
            self.declare()
        sheet = self.sheet
        spans = zip(sheet.start.tolist(), sheet.end.tolist(), sheet.line.tolist(), strict=True)
        first = int(self.columns.header)
        for at, (row, (start, end, line)) in enumerate(zip(sheet.rows, spans, strict=True)):
            if at >= first:
                self.record(row, Span(self.source, start, end, line, at - first), at == sheet.unclosed)

    def record(self, row: list[str], span: Span, unclosed: bool) -> None:
        """Take up one row: its image, its labels, its split."""
        gathered, columns = self.gathered, self.columns
        if unclosed:
            said = "a quote opens here and never closes: the rest of the file is one record"
            return gathered.bad("SCH001", said, span, kept=False)
        whole = len(row) == len(self.head)
        if not whole and (len(row) <= max(columns.file, *columns.labels) or columns.form == "marks"):
            said = "expected {expected} cells, got {got}"
            return gathered.bad("SCH002", said, span, kept=False, expected=len(self.head), got=len(row))
        name = row[columns.file].strip()
        if not name:
            return gathered.bad("SCH002", "no name of an image in column {column}", span, kept=False,
                                column=self.head[columns.file])  # fmt: skip
        image = gathered.image(str(self.file.path.parent), name, span, self.split(row, span))
        if self.spare:
            gathered.extra.add(image)
        if not whole:
            said = "expected {expected} cells, got {got}"
            gathered.bad("SCH002", said, span, image=image, expected=len(self.head), got=len(row))
        found = pieces(row, columns, self.head)
        spots = self.spots(found, span) if len(found) > 1 else [(span.start, span.end)]
        for (at, label), (start, end) in zip(found, spots, strict=False):
            if label is None:
                said = "expected 0 or 1 in column {column}, got {got!r}"
                gathered.bad("SCH002", said, span, kept=False, image=image, column=self.head[at], got=row[at])
            else:
                gathered.label(image, label, span._replace(start=start, end=end))
        return None

    def spots(self, found: list[tuple[int, str | None]], span: Span) -> list[tuple[int, int]]:
        """Return first and last byte of each of several labels in a row."""
        record = self.held[span.start : span.end]
        edges = cells(record, self.sheet.spelling.delimiter)
        if self.columns.form == "divided":
            edges = within(record, edges[found[0][0]], self.columns.separator)
        else:
            edges = [edges[at] for at, _ in found if at < len(edges)]
        edges += [(0, len(record))] * (len(found) - len(edges))  # where quotes are odd: the row
        return [(span.start + start, span.start + end) for start, end in edges]

    def split(self, row: list[str], span: Span) -> str:
        """Return the split that a row names; empty for none."""
        columns = self.columns
        if 0 <= columns.split < len(row):
            return row[columns.split].strip()
        if not 0 <= columns.valid < len(row):
            return ""
        said = boolean(row[columns.valid])
        if said is None:
            what = "expected one of {allowed} in column {column}, got {got!r}"
            self.gathered.bad("SCH002", what, span, allowed=f"{TRUE[2]}, {FALSE[2]}, 1, 0",
                              column=self.head[columns.valid], got=row[columns.valid])  # fmt: skip
            return ""
        return "val" if said else "train"

    def declare(self) -> None:
        """Take up the categories that the header names."""
        start, end, line = (int(column[0]) for column in (self.sheet.start, self.sheet.end, self.sheet.line))
        spots = cells(self.held[start:end], self.sheet.spelling.delimiter)
        for ordinal, at in enumerate(self.columns.labels):
            span = Span(self.source, start + spots[at][0], start + spots[at][1], line, ordinal)
            self.gathered.declared.append((self.head[at].strip(), span))

    def tell(self) -> None:
        """Say how the sheet is spelled and what its columns mean."""
        how, columns, head = self.sheet.spelling, self.columns, self.head
        labels = [head[at] for at in columns.labels]
        used = {columns.file, *columns.labels, columns.split, columns.valid}
        unread = [name for at, name in enumerate(head) if at not in used]
        form = FORMS[columns.form].format(
            labels=", ".join(labels[:5]), separator=columns.separator, count=len(labels)
        )
        fact = {
            "delimiter": how.delimiter, "line_end": ENDS[how.line_end], "bom": how.bom, "header": columns.header,
            "file": head[columns.file], "labels": labels, "form": columns.form, "separator": columns.separator,
            "split": next((head[at] for at in (columns.split, columns.valid) if at >= 0), ""), "unread": unread,
        }  # fmt: skip
        self.gathered.facts.setdefault("csv", {})[self.file.path.name] = fact
        parts = [
            f"{self.file.path.name}: {DELIMITERS.get(how.delimiter, repr(how.delimiter))}, {ENDS[how.line_end]}",
            f"with{'' if columns.header else 'out'} a header",
            f"images in column {head[columns.file]}, {form}",
            f"splits in column {fact['split']}" if fact["split"] else "",
            f"not read: {', '.join(unread[:5])}" if unread else "",
        ]
        self.gathered.notes.append(", ".join(filter(None, parts)))


def within(record: bytes, cell: tuple[int, int], separator: str) -> list[tuple[int, int]]:
    """Return first and last byte of each label in a cell of several, without quotes and blanks."""
    found, at = [], cell[0]
    for part in record[slice(*cell)].split(separator.encode()):
        if bare := part.strip(b' "'):
            start = at + part.index(bare)
            found.append((start, start + len(bare)))
        at += len(part) + len(separator.encode())
    return found


def pieces(row: list[str], columns: Columns, head: list[str]) -> list[tuple[int, str | None]]:
    """Return the labels of a row, each with its column; None for a mark that is neither yes nor no."""
    found: list[tuple[int, str | None]] = []
    for at in columns.labels:
        cell = row[at] if at < len(row) else ""
        if columns.form == "marks":
            mark = MARKS.get(cell.strip().lower())
            if mark is not False:
                found.append((at, head[at].strip() if mark else None))
        elif columns.form == "divided":
            found += [(at, part.strip()) for part in cell.split(columns.separator) if part.strip()]
        elif cell:
            found.append((at, cell))
    return found
