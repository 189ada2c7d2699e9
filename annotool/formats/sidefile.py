"""Patching `annotool-names.csv`, the side file that our writers leave: one row an image, named by its stem."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice

__all__ = ["NAMES_FILE", "side_splices"]

NAMES_FILE = "annotool-names.csv"
COLUMNS = ("file_name", "width", "height")


def side_splices(data: Dataset, edits: Edits, format_name: str) -> Iterator[Splice]:
    """Yield what edits of images (file_name, width, height; drop) change in the side files of one format.

    A row is known by the image's name; nothing is done where two rows have it. Of several edits of one row the
    splice bears the first.
    """
    asked: dict[int, list[int]] = {}
    for edit in np.flatnonzero(edits["table"] == "images").tolist():
        if edits["op"][edit] == Op.DROP or edits["column"][edit] in COLUMNS:
            asked.setdefault(int(edits["row"][edit]), []).append(edit)
    sources, images = data.table("sources"), data.table("images")
    files = np.array([file.rpartition("/")[2] == NAMES_FILE for file in sources["file"].tolist()], dtype=bool)
    for source in np.flatnonzero(files & (sources["format"] == format_name)).tolist() if asked else ():
        head, *rows = list(records(bytes(data.source_bytes(source)))) or [(0, 0, [])]
        if "file_name" not in head[2]:
            continue
        named: dict[str, list[tuple[int, int, list[str]]]] = {}
        for row in rows:
            named.setdefault(dict(zip(head[2], row[2], strict=False)).get("file_name", ""), []).append(row)
        for image, own in asked.items():
            of = int(images["source"][image])
            if of >= 0 and sources["path"][of] != sources["path"][source]:
                continue
            for start, end, fields in named.get(images["file_name"][image], [])[:2]:
                if len(named[images["file_name"][image]]) == 1:
                    held = bytes(data.source_bytes(source)[start:end])
                    yield Splice(source, start, end, changed(edits, own, head[2], fields, held), own[0])


def changed(edits: Edits, own: list[int], head: list[str], fields: list[str], held: bytes) -> bytes:
    """Return the text of a row after its edits; nothing where it goes."""
    row = dict(zip(head, fields, strict=False))
    for edit in own:
        if edits["op"][edit] == Op.DROP:
            return b""
        new = edits["new"][edit]
        if edits["column"][edit] in row:
            row[edits["column"][edit]] = new if isinstance(new, str) else f"{float(new):.15g}"
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(row.values())
    return text.getvalue().encode("utf-8", "replace") + held[len(held.rstrip(b"\r\n")) :]


def records(held: bytes) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the records of a csv file: first byte, byte after the line end, fields."""
    start = at = 0
    for line in held.splitlines(keepends=True):
        at += len(line)
        if held.count(b'"', start, at) % 2 == 0:  # else a line break inside quotes
            text = held[start:at].decode("utf-8-sig", "replace")
            yield (
                start,
                at,
                next(
                    csv.reader([text.rstrip("\r\n")] if "\n" not in text[:-2] else text.splitlines(True)), []
                ),
            )
            start = at
