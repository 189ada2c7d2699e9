"""A csv with what a classifier says of whole images: `file` and a column a class, or `file,label,score`.

Delimiter and header are inferred. Without a header the columns behind the file are the classes in their order. Of a class
without a column, or a label without a row, the score is 0 where the image has others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from annotool.findings import Severity
from annotool.formats.base import Problems, objects
from annotool.formats.coco.jsontext import Buffer
from annotool.formats.sheet import Sheet, read_sheet
from annotool.predictions.results import CODE, References, Results
from annotool.schema import NO_ID, make
from annotool.table import Array, Table

__all__ = ["looks_like_scores", "read_scores"]

FILE = ("file", "file_name", "filename", "image", "image_id", "img", "path", "filepath", "id", "name")
LABEL = ("label", "class", "category", "prediction", "predicted", "class_name")
SCORE = ("score", "probability", "prob", "confidence", "conf")
HEAD = 1 << 12
BOM = b"\xef\xbb\xbf"
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def looks_like_scores(held: Buffer) -> bool:
    """Whether a text has rows of two cells or more, and is no JSON."""
    head = bytes(held[:HEAD]).removeprefix(BOM)
    if not head.strip() or head.lstrip()[:1] in b'{["' or b"\0" in head:
        return head.lstrip()[:1] == b'"' and b'","' in head
    sheet = read_sheet(head[: head.rfind(b"\n") + 1] or head)
    return bool(sheet.rows) and len(sheet.rows[0]) > 1


def read_scores(held: Buffer, file: str) -> Results:
    """Read one file; `file` is how a source names it. Never raises: what is wrong is in `faults`."""
    text = bytes(held)
    sheet, problems = read_sheet(text), Problems()
    header = sheet.rows[0] if sheet.rows and is_header(sheet.rows) else []
    first = 1 if header else 0
    names = [cell.strip().lower() for cell in header]
    long = (any(each in LABEL for each in names) and any(each in SCORE for each in names)) or (
        not header and bool(sheet.rows) and len(sheet.rows[0]) == 3 and number(sheet.rows[0][1]) is None
    )
    width = len(sheet.rows[0]) if sheet.rows else 0
    whole = [at for at in range(first, len(sheet.rows)) if len(sheet.rows[at]) == width]
    for at in sorted({*range(first, len(sheet.rows))} - {*whole}):
        message = "{got} cells where the first row has {expected}"
        place(problems, sheet, at, message, kept=False, got=len(sheet.rows[at]), expected=width)
    if sheet.unclosed >= 0:
        place(problems, sheet, sheet.unclosed, "a quote is never closed, so the rest of the file is one cell")
    columns = [names.index(each) for each in FILE if each in names]
    at_file = columns[0] if columns else 0
    read = (
        listed(problems, sheet, whole, names, at_file)
        if long
        else spread(problems, sheet, whole, header, at_file)
    )
    rows, probabilities, images, categories = read
    sources = make(
        "sources", 1, file=objects([file]), format=objects(["csv"]), role=objects(["predictions"]),
        buffer=np.array([0]), start=np.array([0]), end=np.array([len(text)]),
        records=np.array([max(0, len(sheet.rows) - first)]),
    )  # fmt: skip
    delimiter = NAMES.get(sheet.spelling.delimiter, repr(sheet.spelling.delimiter))
    told = {"delimiter": sheet.spelling.delimiter, "header": bool(header), "classes": "scores"}
    form = f"csv with {'label and score' if long else 'a column a class'} ({delimiter}, {'a' if header else 'no'} header)"
    return Results(
        form, rows, images, categories, sources, (text,), problems.findings(), facts=told, probabilities=probabilities
    )  # fmt: skip


def number(cell: str) -> float | None:
    """Read a number, with a point or a decimal comma; None for what is none."""
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 else cell) if "_" not in cell else None
    except ValueError:
        return None


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: no cell but the first is a number, or the last is none where others have one; or
    all but the first count the classes."""
    head = rows[0]
    numbers = [int(cell) for cell in head[1:] if cell.strip().isdecimal() and len(cell) < 10]
    called = head[0].strip().lower() in ("", *FILE) and len(numbers) > 1
    if (
        called
        and len(numbers) == len(head) - 1
        and sorted(numbers) in ([*range(len(numbers))], [*range(1, len(numbers) + 1)])
    ):
        return True
    if any(cell.strip().lower() in (*FILE, *SCORE) for cell in head):
        return number(head[-1]) is None
    return number(head[-1]) is None and len(rows) > 1 and number(rows[1][-1]) is not None


def place(problems: Problems, sheet: Sheet, at: int, message: str, kept: bool = True,
          severity: Severity = Severity.ERROR, **values: Any) -> None:  # fmt: skip
    problems.add(
        CODE, message, source=0, line=int(sheet.line[at]), start=int(sheet.start[at]), end=int(sheet.end[at]),
        kept=kept, severity=severity, **values,
    )  # fmt: skip


Made = tuple[Table, Array, References, References]


def score(problems: Problems, sheet: Sheet, at: int, cell: str) -> float:
    """Read one cell, with a fault where it is no score; only cells that are not plain numbers come here."""
    value = number(cell)
    if value is None or not np.isfinite(value):
        place(problems, sheet, at, "score {cell!r} is no finite number", cell=cell[:40])
        return np.nan
    if not 0 <= value <= 1:
        place(problems, sheet, at, "score {value:g} is not between 0 and 1", value=value)
    return value


def spread(problems: Problems, sheet: Sheet, whole: list[int], header: list[str], at_file: int) -> Made:
    """Read `file` and a column a class."""
    width = len(sheet.rows[0]) if sheet.rows else 0
    if header:  # the columns that are numbers are classes, others are notes
        numeric = [
            at for at in range(width)
            if at != at_file and (at or header[0].strip()) and any(number(sheet.rows[row][at]) is not None for row in whole[:50])
        ]  # fmt: skip
    else:
        numeric = [at for at in range(width) if at != at_file]
    if whole and not numeric:
        message = (
            "no column holds scores: expected one of numbers for each class, or columns file, label, score"
        )
        place(problems, sheet, 0, message)
    cells = [[sheet.rows[row][at] for at in numeric] for row in whole]
    try:
        matrix = np.array(cells, dtype=np.float64).reshape(len(whole), len(numeric))
    except ValueError:
        values = [[number(cell) for cell in row] for row in cells]
        matrix = np.array([[np.nan if v is None else v for v in row] for row in values], dtype=np.float64)
    odd = ~((matrix >= 0) & (matrix <= 1))
    for row, column in np.argwhere(odd).tolist():
        matrix[row, column] = score(problems, sheet, whole[row], cells[row][column])
    stems = [sheet.rows[row][at_file].strip() for row in whole]
    images = References(own_ids(stems), tuple(stems), np.arange(len(whole)))
    ids, columns = np.arange(len(numeric)), tuple(header[at].strip() for at in numeric) if header else ()
    categories = References(ids, columns, ids if header else None)
    return table(sheet, whole), matrix, images, categories


def own_ids(stems: Sequence[str]) -> Array:
    """What images are called by where that may be an id: int64, NO_ID for others."""
    return np.array([int(each) if each.isdecimal() and str(int(each)) == each and len(each) < 19 else NO_ID for each in stems],
                    dtype=np.int64)  # fmt: skip


def listed(problems: Problems, sheet: Sheet, whole: list[int], names: list[str], at_file: int) -> Made:
    """Read `file,label,score`."""
    at_label = next((at for at, name in enumerate(names) if name in LABEL), 1)
    at_score = next((at for at, name in enumerate(names) if name in SCORE), 2)
    stems: dict[str, int] = {}
    labels: dict[str, int] = {}
    held: dict[tuple[int, int], float] = {}
    firsts: list[int] = []
    for row in whole:
        cells = sheet.rows[row]
        stem, label = cells[at_file].strip(), cells[at_label].strip()
        if stem not in stems:
            firsts.append(row)
        key = (stems.setdefault(stem, len(stems)), labels.setdefault(label, len(labels)))
        value = number(cells[at_score])
        if value is None or not 0 <= value <= 1:
            value = score(problems, sheet, row, cells[at_score])
        if key in held:
            message = "a second score of {label!r} for {stem!r}; the first counts"
            place(problems, sheet, row, message, severity=Severity.WARNING, label=label, stem=stem)
        held.setdefault(key, value)
    matrix = np.zeros((len(stems), len(labels)))
    if held:
        at = np.array(list(held), dtype=np.int64)
        matrix[at[:, 0], at[:, 1]] = list(held.values())
    images = References(own_ids([*stems]), tuple(stems), np.arange(len(stems)))
    return (
        table(sheet, firsts),
        matrix,
        images,
        References(np.arange(len(labels)), tuple(labels), np.arange(len(labels))),
    )


def table(sheet: Sheet, rows: list[int]) -> Table:
    """A row of the table `predictions` for each image named, to say where it stands."""
    at = np.array(rows, dtype=np.int64)
    return make(
        "predictions", len(at), source=np.zeros(len(at)), line=sheet.line[at], start=sheet.start[at],
        end=sheet.end[at], index=np.arange(len(at)), score=np.zeros(len(at)),
    )  # fmt: skip
