"""What the columns of a sheet mean: which names the image, which its labels, its split; found by names and by content."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import msgspec

from annotool.formats.images import SUFFIXES

__all__ = ["FALSE", "MARKS", "TRUE", "Columns", "boolean", "columns_of", "divided", "is_image"]

FILES = ("file_name", "filename", "file", "fname", "image", "images", "img", "image_name", "img_name", "image_path", "img_path",
         "file_path", "filepath", "imagepath", "path", "image_file", "image_id", "img_id", "id", "name")  # fmt: skip
PLURALS = ("labels", "tags", "categories", "classes", "targets")
SINGLES = ("label_name", "class_name", "category_name", "label", "class", "category", "tag", "target", "species", "breed",
           "diagnosis", "dx", "y", "label_id", "class_id", "category_id")  # fmt: skip
SPLITS = ("split", "subset", "set", "partition", "phase", "data_split", "dataset_split", "usage", "data_set")
VALIDS = ("is_valid", "valid", "isvalid", "is_val", "val", "is_validation")
BOXES = re.compile(r"(x|y|box|bbox_?)?_?(min|max)_?(x|y)?|x1|y1|x2|y2|x0|y0|bbox(es)?|bndbox|box(es)?|bbox_(x|y|w|h|width|height)|xc|yc|x_center|y_center|cx|cy|encodedpixels|rle|segmentation")  # fmt: skip
SCORES = ("score", "scores", "confidence", "conf", "probability", "prob", "predicted", "prediction", "pred")
INDEX = re.compile(
    r"(unnamed:?_[\d_]+)?"
)  # what pandas calls the column of its index, once written and once more
NUMBERED = re.compile(r"(label|class|category|tag)_?(\d+)")
SEPARATORS = "|;, "
MARKS = {
    "1": True,
    "1.0": True,
    "true": True,
    "0": False,
    "0.0": False,
    "false": False,
    "": False,
}  # pandas writes each
TRUE, FALSE = ("1", "1.0", "true", "t", "yes"), ("0", "0.0", "false", "f", "no")
ENOUGH = 0.95  # of the cells of a column of marks are 0, 1, True, False or empty
SAMPLE = 2000  # rows by which columns are judged


class Columns(msgspec.Struct, frozen=True):
    """What the columns mean, each by its number. form: one (a label a row), several (columns of labels), divided (labels
    in one cell, between `separator`), or marks (a column of 0 and 1 a category).
    """

    header: bool
    file: int
    labels: tuple[int, ...]
    form: str
    separator: str = ""
    split: int = -1
    valid: int = -1


def columns_of(rows: Sequence[Sequence[str]], named: bool = False, several: bool = False) -> Columns | str:
    """Return what the columns mean, or in a few words why these are no images with labels. `named`: names need no
    suffix of an image, for the files were found; `several`: the user says that images have several labels.
    """
    if not rows or len(rows[0]) < 2:
        return "fewer than two columns"
    if any(is_image(cell) for cell in rows[0]):
        return bare(rows[:SAMPLE])
    head = [re.sub(r"[\s.-]+", "_", cell.strip().lower()) for cell in rows[0]]
    body = [row for row in rows[1 : SAMPLE + 1] if len(row) == len(head)]
    file = next((head.index(name) for name in FILES if name in head), -1)
    if file < 0:
        return f"no column names images ({', '.join(rows[0][:4])})"
    if any(BOXES.fullmatch(name) for name in head):
        return "boxes in columns are not read; only labels of whole images are"
    if found := next((name for name in head if name in SCORES), ""):
        return f"the column {found} makes them predictions"
    if {"rule", "severity"} <= set(head):
        return "a report of findings"
    if not named and not mostly_images([row[file] for row in body]):
        return f"the column {rows[0][file]} names no images"
    split = next((head.index(name) for name in SPLITS if name in head), -1)
    valid = next((at for at, name in enumerate(head) if name in VALIDS and flags(body, at)), -1)
    return with_labels(head, body, Columns(True, file, (), "one", "", split, valid), several)


def with_labels(
    head: Sequence[str], body: Sequence[Sequence[str]], found: Columns, several_said: bool
) -> Columns | str:
    """Return the columns with those that hold labels."""
    taken = {found.file, found.split, found.valid}
    free = [at for at in range(len(head)) if at not in taken]
    some = [name for name in (*PLURALS, *SINGLES) if name in head and head.index(name) in free]
    several = [at for at in free if NUMBERED.fullmatch(head[at])]
    if some:
        at = head.index(some[0])
        separator = separator_of([row[at] for row in body], some[0] in PLURALS, several_said)
        form = "divided" if separator else "one"
        return Columns(True, found.file, (at,), form, separator, found.split, found.valid)
    if several:
        return Columns(True, found.file, tuple(several), "several", "", found.split, found.valid)
    free = [at for at in free if not INDEX.fullmatch(head[at])]
    odd = [head[at] for at in free if not marks(body, at)]
    if len(free) > 1 and body and not odd:
        return Columns(True, found.file, tuple(free), "marks", "", found.split, found.valid)
    if 0 < len(odd) < len(free) - 1:
        return f"no column holds labels: others are of 0 and 1, but not {', '.join(odd[:4])}"
    return "no column holds labels"


def bare(rows: Sequence[Sequence[str]]) -> Columns | str:
    """Return what the columns of a sheet without a header mean: the image, then its labels."""
    file = next(at for at, cell in enumerate(rows[0]) if is_image(cell))
    free = [at for at in range(len(rows[0])) if at != file]
    body = [row for row in rows if len(row) == len(rows[0])]
    if not mostly_images([row[file] for row in body]):
        return "no header, and names of images in the first line only"
    if len(free) > 1 and any(all(number(row[at]) for row in body) for at in free):
        return "no header, and numbers beside the names"
    if len(free) == 1 and any("." in row[free[0]] and number(row[free[0]]) for row in body):
        return "no header, and numbers with a fraction beside the names"
    if len(free) == 1:
        separator = separator_of([row[free[0]] for row in body], plural=False)
        return Columns(False, file, tuple(free), "divided" if separator else "one", separator)
    return Columns(False, file, tuple(free), "several")


def is_image(cell: str) -> bool:
    """Whether a cell names a file with the suffix of an image."""
    return os.path.splitext(cell.strip())[1].lower() in SUFFIXES


def mostly_images(cells: Sequence[str]) -> bool:
    return 2 * sum(map(is_image, cells)) >= len(cells) > 0


def number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def boolean(cell: str) -> bool | None:
    """Return what a cell says, yes or no; None for something else."""
    text = cell.strip().lower()
    return True if text in TRUE else False if text in FALSE else None


def flags(body: Sequence[Sequence[str]], at: int) -> bool:
    """Whether a column says yes or no, and nothing else."""
    return bool(body) and all(boolean(row[at]) is not None for row in body if row[at].strip())


def marks(body: Sequence[Sequence[str]], at: int) -> bool:
    """Whether nearly all cells of a column are marks or empty, and some are not."""
    cells = [row[at].strip() for row in body]
    known = sum(cell.lower() in MARKS for cell in cells)
    return known >= ENOUGH * len(cells) and any(cells)


def divided(cell: str, separator: str) -> list[str]:
    """Return the labels in one cell."""
    parts = cell.split(separator) if separator else [cell]
    return [part.strip() for part in parts if part.strip()]


def separator_of(cells: Sequence[str], plural: bool, said: bool = False) -> str:
    """Return what stands between the labels of a cell; empty: each cell is one label. It is a sign that cuts the cells
    into fewer different labels than there are different cells; a comma or a blank only where the column's name is a
    plural, for names hold these too. Where such a column is `said` to hold several, any sign that stands there will do.
    """
    different = {cell.strip() for cell in cells if cell.strip()}

    def repeated(separator: str) -> bool:
        parts = {part for cell in different for part in divided(cell, separator)}
        return any(separator in cell for cell in different) and len(parts) < len(different)

    for signs, sure in (
        ((SEPARATORS[:2], True), (SEPARATORS[2:], said)) if plural else ((SEPARATORS[:2], False),)
    ):
        if found := next(filter(repeated, signs), ""):
            return found
        if sure and (found := next((sign for sign in signs if any(sign in cell for cell in different)), "")):
            return found  # too few rows to tell, but names rarely hold these
    return ""
