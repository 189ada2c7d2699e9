"""Edits as bytes: only the numbers that change, only the lines that go."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, NewBox, Op
from annotool.formats.base import Splice
from annotool.formats.sidefile import side_splices
from annotool.formats.yolo.lists import entries
from annotool.formats.yolo.odd import line_span, numeric
from annotool.formats.yolo.redrawn import redrawn
from annotool.formats.yolo.renaming import renamed
from annotool.imagefile.suffix import alike
from annotool.schema import Kind

__all__ = ["patch"]

LEAST = 9  # decimals of a number that changes: 3e-6 px at 6000 px
PLAIN = 6  # decimals of which zeros at the end stay
SAME = 1e-12  # a number that moves by less stays as it is written


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes to change in label files and lists so that the edits hold.

    A label file that loses its last row stays, empty: it says that its image is a background. A category that is
    renamed is so in every list that names it; what the side file says of an image follows the image.
    """
    splices: list[Splice] = []
    done: set[tuple[int, int]] = set()
    named: dict[int, tuple[int, str]] = {}
    new_boxes: dict[int, list[tuple[int, int, NewBox]]] = {}  # by source: edit, image, box
    columns = (edits[name].tolist() for name in ("op", "table", "row", "column", "start", "end", "new"))
    for edit, (op, table, row, column, start, end, new) in enumerate(zip(*columns, strict=True)):
        if op == Op.BYTES:
            splices.append(Splice(row, start, end, new.encode("utf-8", "surrogateescape"), edit))
        elif op == Op.ADD:
            new_boxes.setdefault(int(data.table("images")["source"][row]), []).append((edit, row, new))
        elif op == Op.DROP or column == "rings":  # a row has one ring
            for each in gone(data, table, row):
                if (each.source, each.start) not in done:
                    done.add((each.source, each.start))
                    splices.append(each._replace(edit=edit))
        elif table == "annotations":
            splices += [each._replace(edit=edit) for each in changed(data, row, column, new)]
        elif table == "images" and column == "file_name":
            named[row] = (edit, str(new))
        elif table == "categories" and column == "name":
            splices += [each._replace(edit=edit) for each in renamed(data, row, str(new))]
    for source, asked in new_boxes.items():
        splices += additions(data, source, asked)
    return [*splices, *relisted(data, named), *side_splices(data, edits, "yolo")]


def additions(data: Dataset, source: int, asked: Sequence[tuple[int, int, NewBox]]) -> Iterator[Splice]:
    """Yield the lines of new boxes, at the end of their file."""
    held = bytes(data.source_bytes(source))
    line = "\r\n" if b"\r\n" in held else "\n"
    before = "" if not held or held.endswith(b"\n") else line
    for edit, image, (category, (x, y, w, h)) in asked:
        width, height = sides(data, image)
        parts = ((x + w / 2) / width, (y + h / 2) / height, w / width, h / height)
        index = int(data.table("categories")["id"][category])
        text = f"{before}{index} " + " ".join(f"{part:.{PLAIN}f}" for part in parts) + line
        yield Splice(source, len(held), len(held), text.encode(), edit)
        before = ""


def gone(data: Dataset, table: str, row: int) -> Iterator[Splice]:
    """Yield what goes with a record: an annotation's line; an image's label file and its lines in lists."""
    rows, sources = data.table(table), data.table("sources")
    if table == "annotations":
        source = int(rows["source"][row])
        held = bytes(data.source_bytes(source))
        yield Splice(source, *line_span(held, int(rows["start"][row]), int(rows["end"][row])), b"", 0)
    elif table == "images":
        source = int(rows["source"][row])
        if source >= 0 and sources["role"][source] == "labels":
            yield Splice(source, 0, len(data.source_bytes(source)), None, 0)
        splits = data.table("splits")
        for at in np.flatnonzero(splits["image"] == row).tolist():
            yield from listed(data, int(splits["source"][at]), int(splits["line"][at]))
    elif table == "splits":
        yield from listed(data, int(rows["source"][row]), int(rows["line"][row]))


def listed(data: Dataset, source: int, line: int) -> Iterator[Splice]:
    """Yield a line of a list of images; nothing where the split is a folder's."""
    if source >= 0 and line > 0 and data.table("sources")["role"][source] == "split":
        lines = bytes(data.source_bytes(source)).splitlines(keepends=True)
        start = sum(map(len, lines[: line - 1]))
        yield Splice(source, start, start + len(lines[line - 1]), b"", 0)


def relisted(data: Dataset, named: Mapping[int, tuple[int, str]]) -> Iterator[Splice]:
    """Yield the lines of lists that name images, by their row, anew: with another suffix where nothing else of the name
    changes, else as a path below the list's folder; each with its edit. Lists of one folder name an image alike, however
    often.
    """
    splits, sources, names = data.table("splits"), data.table("sources"), data.table("images")["file_name"]
    lists = (
        np.flatnonzero((sources["role"] == "split") & (sources["format"] == "yolo"))
        if named
        else splits["source"][:0]
    )
    lines: dict[
        tuple[int, int], tuple[int, int, tuple[int, str, bytes]]
    ] = {}  # by list and line: its place, and how it names
    for source in lists.tolist():
        folder, held = sources["file"][source].rpartition("/")[0], bytes(data.source_bytes(source))
        for _, line, start, end in entries(held):
            lines[source, line] = start, end, (int(sources["path"][source]), folder, held[start:end])
    rows = np.flatnonzero(np.isin(splits["image"], list(named)) & np.isin(splits["source"], lists))
    places = zip(*(splits[name][rows].tolist() for name in ("source", "line", "image")), strict=True)
    images = {lines[source, line][2]: image for source, line, image in places if (source, line) in lines}
    for (source, _), (start, end, spelled) in lines.items():
        if spelled in images:
            edit, new = named[images[spelled]]
            told = alike(spelled[2].decode("utf-8", "surrogateescape"), names[images[spelled]], new)
            text = (f"./{new}" if told is None else told).encode("utf-8", "surrogateescape")
            if text != spelled[2]:
                yield Splice(source, start, end, text, edit)


def changed(data: Dataset, row: int, column: str, new: object) -> list[Splice]:
    """Return the bytes of one cell of an annotation: bbox (pixels, fractions where no size is known) or category."""
    rows = data.table("annotations")
    source, start = int(rows["source"][row]), int(rows["start"][row])
    text = bytes(data.source_bytes(source)[start : int(rows["end"][row])])
    words = [(match.start() + start, match.end() + start) for match in re.finditer(rb"\S+", text)]
    if not all(map(numeric, text.split())):
        return []  # commas or a class name: FMT002 has to be mended first
    if column in ("category", "category_id") and isinstance(new, int | np.integer):
        index = int(data.table("categories")["id"][new]) if column == "category" else int(new)
        return [Splice(source, *words[0], str(index).encode(), 0)]
    if column == "segmentation" and rows["kind"][row] == Kind.POLYGON and isinstance(new, Sequence):
        first, last = words[1][0], words[-1][1]
        old = text[first - start : last - start]
        new_words = redrawn(new, side(data, row), old.split(), spelled)
        return [Splice(source, first, last, b" ".join(new_words), 0)]
    boxed = rows["kind"][row] in (Kind.BOX, Kind.KEYPOINTS)
    if column != "bbox" or not isinstance(new, Sequence) or not boxed or len(words) < 5:
        return []
    width, height = side(data, row)
    x, y, w, h = (float(value) for value in new)
    fractions = ((x + w / 2) / width, (y + h / 2) / height, w / width, h / height)
    return [
        Splice(source, first, last, spelled(value, text[first - start : last - start]), 0)
        for value, (first, last) in zip(fractions, words[1:5], strict=True)
        if not abs(value - number(text[first - start : last - start])) <= SAME
    ]


def side(data: Dataset, row: int) -> tuple[float, float]:
    """Width and height of an annotation's image, 1 where they are not known."""
    return sides(data, int(data.image_rows(data.table("annotations")["image"][row : row + 1])[0]))


def sides(data: Dataset, at: int) -> tuple[float, float]:
    """Width and height of an image, 1 where they are not known."""
    images = data.table("images")
    width, height = (float(images[name][at]) if at >= 0 else math.nan for name in ("width", "height"))
    return (width, height) if width > 0 and height > 0 else (1.0, 1.0)


def number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def spelled(value: float, old: bytes) -> bytes:
    """Return a fraction with at least as many decimals as the old one had, and enough for a thousandth of a pixel."""
    written = len(old.partition(b".")[2]) if re.fullmatch(rb"[+-]?\d*\.\d+", old) else 0
    text = f"{value:.{max(written, LEAST)}f}"
    least = max(written, PLAIN)
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals[:least]}{decimals[least:].rstrip('0')}".encode()
