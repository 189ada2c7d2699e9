"""Reading metadata files: a record an image, each with its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotool.dataset import Dataset
from annotool.errors import NoDatasetError
from annotool.findings import Fix, Severity
from annotool.formats.base import ReadOptions, load
from annotool.formats.huggingface.layout import CARD, SPLITS, find
from annotool.formats.huggingface.parquet import is_parquet, unpacked
from annotool.formats.huggingface.records import card_names, cell, labels_of, spare
from annotool.formats.labelled import Gathered, Span
from annotool.formats.sheet import read_sheet

__all__ = ["read"]

JSON = msgspec.json.Decoder()
Record = tuple[Mapping[str, Any] | None, Span, str]  # what a line says, or why it is no record


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the dataset at a claimed path. Raises NoDatasetError where there is none, MissingExtraError for parquet
    without pyarrow.
    """
    files = find(path, options)
    if not files and not options.overlay:
        raise NoDatasetError(f"{path}: no metadata.jsonl, .csv or .parquet with file_name and labels")
    gathered = Gathered("huggingface", path, options)
    names = declared(gathered, path)
    for each in files:
        held, binary = contents(each.path, options)
        source = gathered.file(each.path, held, each.split, binary)
        for record, span, wrong in records(gathered, each.path, source, held):
            if record is None:
                gathered.bad("SCH001", "{wrong}", span, kept=False, wrong=wrong)
            else:
                take_up(gathered, str(each.path.parent), record, span, names)
    gathered.facts["declared_categories"] = bool(names)
    return gathered.dataset()


def declared(gathered: Gathered, path: Path) -> list[str]:
    """Return the class names of the dataset card, and take the card up as their source."""
    card = (path if path.is_dir() else path.parent) / CARD
    held = load(card, gathered.options)
    names = card_names(held) if held else []
    if names:
        source = gathered.file(card, held)
        gathered.card = source
        gathered.declared += [
            (each.text, Span(source, each.start, each.end, each.line, at)) for at, each in enumerate(names)
        ]
        gathered.notes.append(f"{len(names)} class names from the dataset card {CARD}")
    return [each.text for each in names]


def contents(path: Path, options: ReadOptions) -> tuple[bytes, bytes | None]:
    """Return the text of a metadata file, and the file's own bytes where it is none. Raises MissingExtraError."""
    held = load(path, options) or b""
    if path.suffix.lower() != ".parquet":
        return held, None
    if path in options.overlay and not is_parquet(held):  # a fix is proven: its text
        return held, path.read_bytes()
    try:
        return unpacked(held), held
    except (OSError, ValueError):  # no parquet file
        return held, None


def records(gathered: Gathered, path: Path, source: int, held: bytes) -> Iterator[Record]:
    """Yield the records of one file."""
    if source in gathered.binary:
        yield from of_rows(source, held)
        return
    if path.suffix.lower() == ".parquet":
        yield None, Span(source, 0, len(held), 0, -1), "no parquet file, or it cannot be read as one"
        return
    if not gathered.text(path, source, held):
        return
    if held.startswith(b"\xef\xbb\xbf"):
        gathered.problems.add("SCH001", "the file begins with a byte order mark", source=source, line=1, start=0, end=3,
                              severity=Severity.WARNING, fix=Fix.SAFE, new="")  # fmt: skip
    yield from of_csv(source, held) if path.suffix.lower() == ".csv" else of_lines(source, held)


def of_lines(source: int, held: bytes) -> Iterator[Record]:
    start = 0
    for number, line in enumerate(held.splitlines(keepends=True), 1):
        span = Span(source, start, start + len(line), number, number - 1)
        start += len(line)
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            record = JSON.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield None, span, f"no JSON record: {error}"
            continue
        if isinstance(record, dict):
            yield record, span, ""
        else:
            yield None, span, "no JSON object"


def of_csv(source: int, held: bytes) -> Iterator[Record]:
    """Yield the rows of a metadata.csv; a cell that is a JSON list or object is read as such."""
    sheet = read_sheet(held)
    spans = zip(sheet.start.tolist(), sheet.end.tolist(), sheet.line.tolist(), strict=True)
    for at, (row, (start, end, line)) in enumerate(zip(sheet.rows, spans, strict=True)):
        span = Span(source, start, end, line, at - 1)
        if at == sheet.unclosed:
            yield None, span, "a quote opens here and never closes: the rest of the file is one record"
        elif at and len(row) != len(sheet.rows[0]):
            yield None, span, f"expected {len(sheet.rows[0])} cells, got {len(row)}"
        elif at:
            yield dict(zip(sheet.rows[0], map(cell, row), strict=True)), span, ""


def of_rows(source: int, text: bytes) -> Iterator[Record]:
    """Yield the rows of a parquet file, written out as text; of a blank line the row is gone."""
    start = 0
    for at, line in enumerate(text.split(b"\n")):
        if line:
            span = Span(source, start, start + len(line), at + 1, at)
            yield json.loads(line.decode("utf-8", "surrogateescape")), span, ""
        start += len(line) + 1


def take_up(gathered: Gathered, folder: str, record: Mapping[str, Any], span: Span, names: list[str]) -> None:
    """Take up the image of a record and its labels."""
    name = record.get("file_name")
    if not isinstance(name, str) or not name.strip():
        gathered.bad("SCH002", "no file_name", span, kept=False)
        return
    first = name.partition("/")[0] if "/" in name else ""
    below = (
        first.lower() in SPLITS and not gathered.files[span.source][2]
    )  # the metadata's own folder goes first
    image = gathered.image(folder, name, span, first if below else "")
    if spare(record):
        gathered.extra.add(image)
    for found in labels_of(record):
        if found.wrong:
            gathered.bad("SCH002", "{wrong}", span, kept=False, image=image, wrong=found.wrong)
            continue
        own = found.value
        number = own if isinstance(own, int) else int(own) if own.isdecimal() and len(own) < 10 else -1
        named = names[number] if 0 <= number < len(names) and own not in names else str(own)
        gathered.label(image, named, span, found.box)
