"""Boxes of results that are written in another form than x y w h in pixels; boxes and masks for images of another size."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings, Severity
from annotool.formats.base import Problems
from annotool.geometry import rle
from annotool.predictions.numbering import TIMES, on_objects
from annotool.predictions.results import Results, fault_rows
from annotool.schema import Kind
from annotool.table import Array, Table

__all__ = ["Doubt", "boxes_checked", "masks_checked"]

SIZE = re.compile(rb'"size"\s*+:\s*+\[\s*+([0-9]{1,9})\s*+,\s*+([0-9]{1,9})\s*+\]')

LEAST = 5  # boxes that must tell, and objects that they must find in another form
SLACK = 1.0  # pixels at the image's border that say nothing
MANY, ALL = 0.2, 0.99  # of the boxes: that leave their image; that fit it in another form
FAR = 0.1  # of the image's side by which boxes leave it whose image had another size


class Doubt(NamedTuple):
    """What is wrong with all boxes: an error where none of them is scored, else a warning."""

    wrong: str
    severity: Severity


def boxes_checked(data: Dataset, rows: Table, images: Array) -> tuple[Table, Doubt | None]:
    """Return the predictions, without boxes where their numbers are no x y w h in pixels, and what is wrong with all of
    them, if anything. rows: with the boxes as written; images: the row of each one's image, -1 for none."""
    table = data.table("images")
    width, height = (np.append(table[name], np.nan)[images] for name in ("width", "height"))
    own = ~rows["bbox_derived"] & np.isnan(rows["xn"]) & np.isfinite(rows["x"]) & (width > 0) & (height > 0)
    if own.sum() < LEAST:
        return rows, None
    x, y, w, h = (rows[side][own] for side in "xywh")
    none = rows.with_columns(**{side: np.where(own, np.nan, rows[side]) for side in "xywh"})
    if (np.maximum.reduce([x, y, w, h]) <= 1).all():
        wrong = "are fractions of the image (none is above 1), pixels are expected: not scored"
        return none, Doubt(wrong, Severity.ERROR)
    beyond, far = (
        np.maximum(x + w - width[own] * scale, y + h - height[own] * scale) > SLACK for scale in (1, 1 + FAR)
    )
    fits = (w > x) & (h > y) & (w <= width[own] + SLACK) & (h <= height[own] + SLACK)
    if beyond.mean() >= MANY and fits.mean() >= ALL:
        turned = {"w": rows["w"] - rows["x"], "h": rows["h"] - rows["y"]}
        other = len(on_objects(data, rows.with_columns(**turned))[0])
        if other >= max(LEAST, TIMES * len(on_objects(data, rows)[0])):
            wrong = f"are x1 y1 x2 y2, x y w h is expected (read so, {other:,} objects are found): not scored"
            return none, Doubt(wrong, Severity.ERROR)
    if far.mean() < MANY:
        return rows, None
    wrong = (
        f"leave their image by a tenth of its side ({far.sum():,} of {len(far):,}): was its size another one?"
    )
    return rows, Doubt(wrong, Severity.WARNING)


def masks_checked(data: Dataset, results: Results, rows: Table, images: Array) -> Findings:
    """Return what is wrong with masks of runs: that they are none, or not of their image's size. `images` as above."""
    problems, pointer = Problems(), results.facts.get("pointer", "")
    runs = np.flatnonzero(rows["kind"] == Kind.RLE)
    if not len(runs) or len(results.buffers) != 1:
        return Findings()
    text = results.buffers[0]
    why = {row: reason(text, rows, row) for row in runs[np.isnan(rows["x"][runs])].tolist()}
    broken = np.array([row for row, said in why.items() if said], dtype=np.int64)
    said = [why[row] for row in broken.tolist()]
    fault_rows(problems, rows, broken, "no mask: {why}", pointer=pointer, why=np.array(said, dtype=object))
    found = [(each.start(), int(each[1]), int(each[2])) for each in SIZE.finditer(text)]
    place, height, width = np.array(found, dtype=np.int64).reshape(-1, 3).T
    at = np.searchsorted(rows["seg_start"][runs], place, side="right") - 1
    inside = (at >= 0) & (place < rows["seg_end"][runs][at])
    row, height, width = runs[at[inside]], height[inside], width[inside]
    own = {side: np.append(data.table("images")[side], np.nan)[images][row] for side in ("height", "width")}
    other = (own["height"] > 0) & (own["width"] > 0) & ((height != own["height"]) | (width != own["width"]))
    message = "the mask is {height} x {width} (height x width), its image {image_height:g} x {image_width:g}"
    sizes = {"height": height, "width": width, "image_height": own["height"], "image_width": own["width"]}
    values = {name: each[other] for name, each in sizes.items()}
    fault_rows(problems, rows, row[other], message, pointer=pointer, **values)
    return problems.findings()


def reason(text: bytes, rows: Table, row: int) -> str:
    """Why a mask is none; "" where it is one without a pixel."""
    try:
        value = json.loads(bytes(text[int(rows["seg_start"][row]) : int(rows["seg_end"][row])]))
    except (ValueError, RecursionError):
        return "its text cannot be read"
    return rle.why_invalid(value.get("counts"), value.get("size")) if isinstance(value, dict) else ""
