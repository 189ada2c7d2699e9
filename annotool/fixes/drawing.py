"""The text of boxes that a reviewer drew, and where it goes: a record more in the file that has the image's labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from annotool.dataset import Dataset
from annotool.fixes.decisions import Decision
from annotool.schema import NO_ID

__all__ = ["Drawn", "added", "home_of"]

Drawn = tuple[Decision, int, int]  # the decision, its image's row, its category's row
FORMATS = ("coco", "voc", "yolo")
CORNERS = {
    "1-inclusive": (1, 0),
    "0-exclusive": (0, 0),
    "0-inclusive": (0, -1),
}  # added to low and high corners


def home_of(data: Dataset, image: int) -> int:
    """Return the source that a new box of an image goes to; -1: there is none that could take it."""
    source = int(data.table("images")["source"][image])
    if source < 0 or data.table("sources")["format"][source] not in FORMATS:
        return -1
    form = data.table("sources")["format"][source]
    if form == "yolo" and dict(data.facts.get("task", {})).get("task", "detect") != "detect":
        return -1
    rows = data.table("annotations")
    if form == "coco" and not ((rows["source"] == source) & (rows["start"] >= 0)).any():
        return -1
    return source


def added(data: Dataset, source: int, drawn: Sequence[Drawn]) -> tuple[int, str]:
    """Return the byte at which the boxes drawn in one source are added, and their text."""
    form = data.table("sources")["format"][source]
    return {"coco": coco, "voc": voc, "yolo": yolo}[form](data, source, drawn)


def coco(data: Dataset, source: int, drawn: Sequence[Drawn]) -> tuple[int, str]:
    """Behind the last annotation, set off as it is from the one before."""
    rows, held = data.table("annotations"), data.source_bytes(source)
    mine = np.flatnonzero((rows["source"] == source) & (rows["start"] >= 0))
    mine = mine[np.argsort(rows["start"][mine])]
    ids = rows["id"][mine]
    first = max(int(ids[ids != NO_ID].max(initial=0)) + 1, 1)
    between = ", "
    if len(mine) > 1:
        gap = bytes(held[int(rows["end"][mine[-2]]) : int(rows["start"][mine[-1]])]).decode(
            "utf-8", "replace"
        )
        between = gap if gap.strip() == "," else between
    text = ""
    for number, (said, image, category) in enumerate(drawn):
        box = place(said)
        record = {
            "id": first + number,
            "image_id": int(data.table("images")["id"][image]),
            "category_id": int(data.table("categories")["id"][category]),
            "bbox": [short(side) for side in box],
            "area": short(box[2] * box[3]),
            "iscrowd": 0,
        }
        text += between + json.dumps(record)
    return int(rows["end"][mine[-1]]), text


def voc(data: Dataset, source: int, drawn: Sequence[Drawn]) -> tuple[int, str]:
    """Before the end of the document, indented as it is."""
    held = bytes(data.source_bytes(source))
    end = held.rfind(b"</annotation>")
    start = held.rfind(b"\n", 0, end) + 1
    at = start if not held[start:end].strip() else end
    line = "\r\n" if b"\r\n" in held else "\n"
    tab = "\t" if b"\n\t<" in held else "  " if b"\n  <" in held and b"\n    <" in held else "    "
    base = dict(data.facts.get("voc_base", {})).get("base", "1-inclusive")
    low, high = CORNERS.get(str(base), (1, 0))
    text = ""
    for said, _, category in drawn:
        x, y, w, h = place(said)
        corners = {
            "xmin": round(x) + low, "ymin": round(y) + low, "xmax": round(x + w) + high, "ymax": round(y + h) + high,
        }  # fmt: skip
        name = escape(str(data.table("categories")["name"][category]), quote=False)
        inner = [f"{tab * 3}<{side}>{value}</{side}>" for side, value in corners.items()]
        flags = ("<pose>Unspecified</pose>", "<truncated>0</truncated>", "<difficult>0</difficult>")
        lines = [f"{tab}<object>", f"{tab * 2}<name>{name}</name>", *(tab * 2 + flag for flag in flags)]
        lines += [f"{tab * 2}<bndbox>", *inner, f"{tab * 2}</bndbox>", f"{tab}</object>"]
        text += "".join(each + line for each in lines)
    return at, text


def yolo(data: Dataset, source: int, drawn: Sequence[Drawn]) -> tuple[int, str]:
    """At the end of the file, a line each."""
    held = bytes(data.source_bytes(source))
    line = "\r\n" if b"\r\n" in held else "\n"
    text = "" if not held or held.endswith(b"\n") else line
    for said, image, category in drawn:
        x, y, w, h = place(said)
        size = [float(data.table("images")[side][image]) for side in ("width", "height")]
        parts = ((x + w / 2) / size[0], (y + h / 2) / size[1], w / size[0], h / size[1])
        index = int(data.table("categories")["id"][category])
        text += f"{index} " + " ".join(f"{part:.6f}" for part in parts) + line
    return len(held), text


def place(said: Decision) -> tuple[float, float, float, float]:
    assert said.new is not None and said.new.box is not None
    return said.new.box


def short(value: float) -> float | int:
    value = round(value, 4)
    return int(value) if value == int(value) else value
