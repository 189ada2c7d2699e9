"""Results in JSON, as pycocotools takes them: a list of {image_id, category_id, bbox | segmentation, score}.

Some tools write an object with sections instead; then its own images and categories say which file name and class name
an id means. Ultralytics writes the stem of the image's file as image_id, as a number where it is one, and newer versions
its `file_name` besides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Findings, Fix
from annotool.formats.base import Problems
from annotool.formats.coco.document import parse
from annotool.formats.coco.jsontext import Buffer
from annotool.formats.coco.tables import build
from annotool.predictions.results import CODE, References, Results, fault_rows
from annotool.schema import NO_ID, make
from annotool.table import Array, Table

__all__ = ["read_json"]

TEXT = rb'("(?:[^"\\\x00-\x1f]|\\.)*+")'
TEXT_ID = re.compile(rb'("image_id"\s*+:\s*+)' + TEXT)
NEGATIVE = re.compile(rb'"image_id"\s*+:\s*+-')
FILE_NAME = re.compile(rb'"file_name"\s*+:\s*+' + TEXT)
NO_SECTION = "the file has no section {key}"
EXPECTED = "a list of records {{image_id, category_id, bbox, score}}"
HEAD = 1 << 16  # bytes in which a file with text ids or names has one


def read_json(text: Buffer, file: str) -> Results:
    """Read one file; `file` is how a source names it. Never raises: what is wrong is in `faults`."""
    numbered, names = with_numbers(text) if TEXT_ID.search(text, 0, HEAD) else (text, [])
    document = parse(numbered)
    data = build(document, file, "", role="predictions")
    found, table = data.table("annotations"), data.table("images")
    rows = make("predictions", len(found), **{
        name: found[name] for name in found if name not in ("annotation", "image", "category")
    })  # fmt: skip
    images, categories, form = References(rows["image_id"]), References(rows["category_id"]), "COCO results"
    if len(table):
        form = "COCO results with images of their own"
        images = References(rows["image_id"], tuple(table["file_name"].tolist()), found["image"], True)
        kinds = data.table("categories")["name"].tolist()
        categories = References(rows["category_id"], tuple(kinds), found["category"], True)
    elif names or FILE_NAME.search(text, 0, HEAD):
        form = "Ultralytics' predictions.json"
        images = named(text, rows, names)
        rows = rows.with_columns(image_id=images.ids)
    pointer = "/" if document.results else "/annotations/"
    return Results(
        form, rows, images, categories, data.table("sources"), (text,), faults(data, rows, pointer),
        data.decoders, facts={"pointer": pointer},
    )  # fmt: skip


def with_numbers(text: Buffer) -> tuple[Buffer, list[str]]:
    """Return the text with each image_id that is a text made a number below zero of the same length, so that the quick
    reader of COCO takes it and every byte keeps its place; -1 is the first of the names returned.
    """
    if NEGATIVE.search(text):
        return text, []
    number: dict[bytes, int] = {}

    def numbered(found: re.Match[bytes]) -> bytes:
        own = b"%d" % -(number.setdefault(found[2], len(number)) + 1)
        return found[1] + own.ljust(len(found[2])) if len(own) <= len(found[2]) else found[0]

    made = TEXT_ID.sub(numbered, text)
    return made, [spelled(each) for each in number]


def spelled(text: bytes) -> str:
    try:
        return msgspec.json.decode(text, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return text[1:-1].decode("utf-8", "replace")


def named(text: Buffer, rows: Table, names: Sequence[str]) -> References:
    """What records call their images: file_name where they have it, else the image_id where that is a text."""
    ids = rows["image_id"]
    below = (ids < 0) & (ids != NO_ID) & (ids >= -len(names))
    name_of = np.where(below, -1 - ids, -1)
    number = {name: at for at, name in enumerate(names)}
    places, values = [], []
    for found in FILE_NAME.finditer(text):
        places.append(found.start())
        name = spelled(found[1])
        values.append(number.setdefault(name, len(number)))
    at = np.searchsorted(rows["start"], np.array(places, dtype=np.int64), side="right") - 1
    inside = (at >= 0) & (np.array(places) < np.append(rows["end"], 0)[at])
    name_of[at[inside]] = np.array(values, dtype=np.int64)[inside]
    return References(np.where(below, NO_ID, ids), tuple(number), name_of)


def of_predictions(part: Block) -> Array:
    """Which faults are some of predictions too: those need no ids of their own."""
    key = part.values.get("key", np.full(len(part), "", dtype=object))
    return np.asarray(key != "id")


def faults(data: Dataset, rows: Table, pointer: str) -> Findings:
    """What was met while reading, as faults of predictions; they name no row of the ground truth. And absent scores and places."""
    told = Findings()
    judged = {key: np.zeros(len(rows), dtype=bool) for key in ("score", "bbox", "segmentation")}
    for part in data.problems.where(of_predictions).blocks:
        if part.message == NO_SECTION:
            if len(rows):  # a list of results needs no images and categories beside
                continue
            part = replace(part, message=f"{NO_SECTION}; expected {EXPECTED}")
        none = np.full(len(part), -1, dtype=np.int64)
        pointers = np.empty(len(part), dtype=object)
        pointers[:] = [each.replace("/annotations/", pointer) for each in part.columns["pointer"].tolist()]
        columns = part.columns.with_columns(
            image=none, annotation=none, category=none, pointer=pointers, fix=np.full(len(part), Fix.NONE, "int8")
        )  # fmt: skip
        told += Findings((replace(part, rule=CODE, columns=columns),))
        key = part.values.get("key", np.full(len(part), "", dtype=object))
        for each, own in judged.items():
            named = part.columns["annotation"][key == each]
            own[named[named >= 0]] = True
    problems = Problems()
    nowhere = np.isnan(rows["x"]) & (rows["seg_start"] < 0) & (rows["kpt_start"] < 0)
    nowhere &= ~judged["bbox"] & ~judged["segmentation"]
    message = "neither a bbox nor a segmentation, so there is nothing to compare"
    fault_rows(problems, rows, np.flatnonzero(nowhere), message, pointer=pointer)
    absent = np.isnan(rows["score"]) & ~judged["score"]
    if absent.all() and len(rows) > 1:
        message = "no record has a score: {count} of them; are they predictions?"
        problems.add(CODE, message, source=0, count=len(rows), line=int(rows["line"][0]))
    else:
        fault_rows(problems, rows, np.flatnonzero(absent), "score is missing", pointer=pointer)
    return told + problems.findings()
