"""Annotations added to COCO files: behind the last record that stays, set off as the records before it are."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import NewBox
from annotool.formats.base import Splice
from annotool.formats.coco.jsontext import Broken, members, skip_blank
from annotool.schema import NO_ID
from annotool.table import Array

__all__ = ["Asked", "additions"]

Asked = tuple[int, int, NewBox]  # the edit, the row of the image, the box
DIGITS = 4  # decimals of a pixel


def additions(data: Dataset, source: int, asked: Sequence[Asked], gone: Collection[int]) -> list[Splice]:
    """Return what adds boxes to one file, whose records starting at `gone` are dropped. Nothing where all of them are:
    the comma that a new one needs is known when they have gone.
    """
    rows, held = data.table("annotations"), data.source_bytes(source)
    mine = np.flatnonzero((rows["source"] == source) & (rows["start"] >= 0))
    mine = mine[np.argsort(rows["start"][mine], kind="stable")]
    stays = mine[~np.isin(rows["start"][mine], list(gone))]
    ids = rows["id"][mine]
    first = max(int(ids[ids != NO_ID].max(initial=0)) + 1, 1)
    texts = [record(data, first + at, image, box) for at, (_, image, box) in enumerate(asked)]
    if len(stays):
        last = int(stays[-1])
        comma = between(bytes(held), rows["end"][mine], rows["start"][mine])
        at, texts = int(rows["end"][last]), [comma + text for text in texts]
    elif len(mine) or (at := opening(bytes(held))) < 0:
        return []
    else:
        before_others = held[skip_blank(held, at)] != ord("]")
        texts = [*(text + ", " for text in texts[:-1]), texts[-1] + ", " * before_others]
    return [
        Splice(source, at, at, text.encode(), edit) for (edit, _, _), text in zip(asked, texts, strict=True)
    ]


def between(held: bytes, ends: Array, starts: Array) -> str:
    """The comma and blanks between the last two records."""
    gap = held[ends[-2] : starts[-1]].decode("utf-8", "replace") if len(ends) > 1 else ""
    return gap if gap.strip() == "," else ", "


def opening(held: bytes) -> int:
    """The byte after the bracket that opens the list of annotations; -1: there is no such list."""
    try:
        found = [each for each in members(held, skip_blank(held, 0)) if each.key == "annotations"]
    except Broken:
        return -1
    return found[0].start + 1 if found and held[found[0].start : found[0].start + 1] == b"[" else -1


def record(data: Dataset, number: int, image: int, new: NewBox) -> str:
    """The text of one record."""
    box = [short(side) for side in new.box]
    return json.dumps(
        {
            "id": number,
            "image_id": int(data.table("images")["id"][image]),
            "category_id": int(data.table("categories")["id"][new.category]),
            "bbox": box,
            "area": short(box[2] * box[3]),
            "iscrowd": 0,
        }
    )


def short(value: float) -> float | int:
    value = round(value, DIGITS)
    return int(value) if value == int(value) else value
