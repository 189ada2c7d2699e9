"""Patching metadata.jsonl, .csv and the text of .parquet: only the values that an edit changes, in the records it names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.huggingface.parquet import fitting
from annotool.formats.huggingface.records import CATEGORY, LABEL, cell, labels_of, members
from annotool.formats.sheet import Sheet, cells, read_sheet, rewritten

__all__ = ["patch"]

GONE = object()
Fit = Callable[[str, Any], Any]  # of a column and a value: the value as the column holds it, or a ValueError


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes that make the edits hold; nothing for other edits, nor for values that a column cannot hold.

    Edits of tables images (file_name; drop), annotations (category, bbox; drop) and categories (name). Where two edits
    need one value, its splice bears the first.
    """
    asked: dict[tuple[int, int, int], list[tuple[int, str, Any]]] = {}  # by record: edit, what, new
    for edit in range(len(edits)):
        for place, row, what, new in wanted(data, edits, edit):
            asked.setdefault(place, []).append((edit, what if row < 0 else f"{what} {row}", new))
    splices = card_splices(data, edits)
    sheets: dict[int, Sheet] = {}
    columns: dict[int, Fit] = {}
    for (source, start, end), own in asked.items():
        held = bytes(data.source_bytes(source)[start:end])
        if kind(data, source) == ".csv":
            if source not in sheets:
                sheets[source] = read_sheet(bytes(data.source_bytes(source)))
            found = cell_changes(held, own, sheets[source])
        elif data.table("sources")["binary"][source] >= 0:
            if source not in columns:
                columns[source] = fitting(bytes(data.file_bytes(source)))
            found = changes(held, own, columns[source])
        else:
            found = changes(held, own)
        splices += [Splice(source, start + low, start + high, new, own[0][0]) for low, high, new in found]
    return splices


def card_splices(data: Dataset, edits: Edits) -> list[Splice]:
    """Return what has to change in the dataset card, where it names a category that edits rename."""
    categories = data.table("categories")
    asked = (edits["table"] == "categories") & (edits["column"] == "name") & (edits["op"] == Op.SET)
    splices = []
    for edit in np.flatnonzero(asked).tolist():
        row = int(edits["row"][edit])
        source, start, end = (int(categories[name][row]) for name in ("source", "start", "end"))
        if source >= 0 and start >= 0:
            splices.append(Splice(source, start, end, spelled(str(edits["new"][edit])), edit))
    return splices


def spelled(name: str) -> bytes:
    """Return a name as a scalar of yaml: bare, or in quotes where it would be something else."""
    import yaml

    try:
        bare = yaml.safe_load(f"[{name}]") == [name]
    except yaml.YAMLError:
        bare = False
    return (name if bare else json.dumps(name, ensure_ascii=False)).encode()


def kind(data: Dataset, source: int) -> str:
    """Return the suffix of a source, lower case."""
    return os.path.splitext(str(data.table("sources")["file"][source]))[1].lower()


def wanted(data: Dataset, edits: Edits, edit: int) -> Iterator[tuple[tuple[int, int, int], int, str, Any]]:
    """Yield what an edit asks of which record: its source and bytes, which of its labels (-1: none), what, the new value."""
    table, row, column = str(edits["table"][edit]), int(edits["row"][edit]), str(edits["column"][edit])
    drop, new = edits["op"][edit] == Op.DROP, edits["new"][edit]
    rows = data.table("annotations")
    if table == "images" and (drop or column == "file_name"):
        mine = [("images", row, -1, "drop" if drop else "file_name", new)]
    elif table == "annotations" and (drop or column in ("category", "bbox")):
        mine = [("annotations", row, ordinal(data, row), "drop" if drop else column, new)]
        if column == "category" and not drop:
            mine = [("annotations", row, ordinal(data, row), "name", meant(data, int(new)))]
    elif table == "categories" and column == "name" and not drop:
        bearers = np.flatnonzero(rows["category"] == row).tolist()
        # A number stays: the card says what it means.
        number = (
            int(data.table("categories")["id"][row]) if data.table("categories")["source"][row] >= 0 else -1
        )
        mine = [("annotations", each, ordinal(data, each), "name", (new, number)) for each in bearers]
    else:
        mine = []
    for where, at, which, what, value in mine:
        source, start, end = (int(data.table(where)[name][at]) for name in ("source", "start", "end"))
        if source < 0 or kind(data, source) not in (".jsonl", ".csv", ".parquet"):
            continue
        yield (source, start, end), which, what, value


def meant(data: Dataset, category: int) -> tuple[str, int]:
    """Return the name of a category, and its number; -1 where neither the card nor the name says it: it is our own."""
    categories = data.table("categories")
    name, number = str(categories["name"][category]), int(categories["id"][category])
    return name, number if categories["source"][category] >= 0 or name == str(number) else -1


def ordinal(data: Dataset, row: int) -> int:
    """Return which of its record's labels an annotation is, counting those that were kept."""
    rows = data.table("annotations")
    same = (rows["source"] == rows["source"][row]) & (rows["start"] == rows["start"][row])
    return int(np.flatnonzero(same).searchsorted(row))


def changes(
    held: bytes, asked: list[tuple[int, str, Any]], fit: Fit | None = None
) -> Iterator[tuple[int, int, bytes]]:
    """Yield the bytes of a record to replace, and what by; none where a new value does not fit."""
    if any(what == "drop" for _, what, _ in asked):
        yield 0, len(held), b""
        return
    text = held.decode("utf-8", "surrogateescape")
    head = 1 if text.startswith("\ufeff") else 0
    record, places = json.loads(text[head:]), members(text[head:])
    new = changed(record, asked)
    anew = {key for key in places if json.dumps(new[key]) != json.dumps(record[key])}  # NaN is not NaN
    try:
        new = {key: fit(key, new[key]) if fit and key in anew else new[key] for key in places}
    except ValueError:
        return
    for key, (start, end) in places.items():
        if key in anew and json.dumps(new[key]) != json.dumps(record[key]):
            low, high = (len(text[: head + at].encode("utf-8", "surrogateescape")) for at in (start, end))
            yield low, high, json.dumps(new[key], ensure_ascii=False).encode("utf-8", "surrogateescape")


def cell_changes(
    held: bytes, asked: list[tuple[int, str, Any]], sheet: Sheet
) -> Iterator[tuple[int, int, bytes]]:
    """Yield the bytes of a row of metadata.csv to replace, and what by."""
    if any(what == "drop" for _, what, _ in asked):
        yield 0, len(held), b""
        return
    row = read_sheet(held, sheet.spelling.without_head()).rows[0]
    record = {name: cell(text) for name, text in zip(sheet.rows[0], row, strict=True)}
    new = changed(record, asked)
    spots = cells(held, sheet.spelling.delimiter)
    for (key, old), (low, high) in zip(record.items(), spots, strict=True):
        if new[key] != old:
            text = json.dumps(new[key], ensure_ascii=False) if isinstance(new[key], list | dict) else new[key]
            yield low, high, rewritten(text or "", held[low:high], sheet.spelling)


def changed(record: dict[str, Any], asked: list[tuple[int, str, Any]]) -> dict[str, Any]:
    """Return a record after its edits. Labels that could not be read keep their place."""
    new: dict[str, Any] = json.loads(json.dumps(record))
    kept = [at for at, found in enumerate(labels_of(record)) if not found.wrong]
    key = next((key for key in LABEL if key in record), "")
    whole = record.get(key)
    own = [
        each for each in (whole if isinstance(whole, list) else [whole]) if each is not None and each != ""
    ]
    gone: list[int] = []
    for _, what, value in asked:
        word, _, number = what.partition(" ")
        if word == "file_name":
            bare = os.path.splitext(str(value))[0] == record["file_name"]  # it was written without its suffix
            new["file_name"] = record["file_name"] if bare else str(value)
        elif number and int(number) < len(kept):
            at = kept[int(number)]
            if word == "drop":
                gone.append(at)
            elif at < len(own):
                set_label(new, key, at, named(own[at], word, value))
            else:
                set_object(new["objects"], at - len(own), word, value)
    for at in sorted(gone, reverse=True):
        if at < len(own):
            set_label(new, key, at, GONE)
        else:
            drop_object(new["objects"], at - len(own))
    return new


def named(old: Any, word: str, value: Any) -> Any:
    """Return a category as its record spells them: a number where it had one."""
    name, number = value if word == "name" else (value, -1)
    if number >= 0 and isinstance(old, str) and old.isdecimal():
        return str(number)
    return number if number >= 0 and isinstance(old, int) else name


def set_label(record: dict[str, Any], key: str, at: int, value: Any) -> None:
    if not isinstance(record[key], list):
        record[key] = None if value is GONE else value
        return
    there = [place for place, each in enumerate(record[key]) if each is not None and each != ""]
    if value is GONE:
        del record[key][there[at]]
    else:
        record[key][there[at]] = value


def set_object(objects: Any, at: int, word: str, value: Any) -> None:
    """Put a category or a box into one object, in lists or in a record of its own."""
    held = objects[at] if isinstance(objects, list) else objects
    key = "bbox" if "bbox" in held else "bboxes"
    if word != "bbox":
        key = next(each for each in CATEGORY if each in held)
        value = named(held[key] if isinstance(objects, list) else held[key][at], word, value)
    else:
        value = [int(side) if float(side).is_integer() else float(side) for side in value]
    if isinstance(objects, list):
        held[key] = value
    else:
        held[key][at] = value


def drop_object(objects: Any, at: int) -> None:
    """Take one object out, from every list that is as long as that of the boxes."""
    if isinstance(objects, list):
        del objects[at]
        return
    count = len(objects.get("bbox", objects.get("bboxes", [])))
    for each in objects.values():
        if isinstance(each, list) and len(each) == count:
            del each[at]
