"""A dataset's images and labels as the samples.json that FiftyOne imports in one go; it needs no fiftyone to write.

Fractions of the image file's own size. Labels keep their row in their id, so that what comes back is known again.
What the App cannot draw stands in the field `proxies`: as much of it as lies in the image, and never nothing.
A label of a whole image stands in `image_label`, in `image_labels` where some image has several; what a model says of
it in `predicted_label`, in `predicted_labels` where images have several.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.drawing.shapes import pointed, ringed
from annotool.reviewing.folder import Box, Item
from annotool.reviewing.ids import label_id, sample_id
from annotool.schema import NO_ID, Kind
from annotool.table import Array

__all__ = ["Frame", "clamped", "drawable", "field_of", "frame", "samples"]

LIKELY = 0.5  # probability from which one of several labels is shown as predicted
LEAST = 0.02  # side of a proxy, as a share of the image: so much a person still sees
Doc = dict[str, Any]
Exact = tuple[float | None, float | None, float | None, float | None]


def drawable(xywh: Array) -> Array:
    """Return which boxes the App draws where they are: finite, with an area, and at least in part in the image.

    xywh: float64 (n, 4), fractions.
    """
    x, y, w, h = xywh.T
    with np.errstate(invalid="ignore"):
        inside = (w > 0) & (h > 0) & (x < 1) & (y < 1) & (x + w > 0) & (y + h > 0)
    return np.asarray(np.isfinite(xywh).all(axis=1) & inside, dtype=bool)


def clamped(xywh: Array) -> Array:
    """Return each box as a part of the image, at least LEAST wide and high; without a finite place the top left
    corner. Fractions, float64 (n, 4)."""
    finite: Array = np.asarray(np.isfinite(xywh).all(axis=1))
    x, y, w, h = np.where(finite[:, None], xywh, 0.0).T
    starts, sides = [], []
    for at, size in ((x, w), (y, h)):
        low, high = np.clip(np.minimum(at, at + size), 0, 1), np.clip(np.maximum(at, at + size), 0, 1)
        side = np.maximum(high - low, LEAST)
        starts.append(np.clip((low + high - side) / 2, 0, 1 - side))
        sides.append(side)
    return np.stack([*starts, *sides], axis=1)


@dataclass(frozen=True)
class Frame:
    """The images a review shows and the labels on them, rows sorted by image.

    images: positions in the table; of: each row's place among them; rows: positions in `table`; table: annotations
    or predictions; shown: fractions; drawn: whether the App can draw it; size: of each image, pixels (n, 2).
    """

    images: Array
    of: Array
    rows: Array
    table: str
    shown: Array
    drawn: Array
    size: Array


def frame(data: Dataset, images: Array, table: str = "annotations") -> Frame:
    """Return the labels of these images (positions, ascending), and where the App is to draw them."""
    rows = data.table(table)
    place = np.searchsorted(images, rows["image"])
    place = np.where(place < len(images), place, 0)
    mine = np.flatnonzero(images[place] == rows["image"]) if len(images) else np.empty(0, np.int64)
    mine = mine[np.argsort(rows["image"][mine], kind="stable")]
    of = place[mine]
    headers = data.image_headers
    size = np.stack([headers.width[images], headers.height[images]], axis=1)
    pixels = np.stack([rows[side][mine] for side in "xywh"], axis=1)
    written = np.stack([rows[side][mine] for side in ("xn", "yn", "wn", "hn")], axis=1)
    with np.errstate(all="ignore"):
        shown = pixels / np.tile(size[of], 2)
    shown = np.where(np.isnan(shown) & np.isfinite(written), written, shown)
    return Frame(images, of, mine, table, shown, drawable(shown), size)


def field_of(data: Dataset, held: Frame) -> list[str]:
    """Return the field each row's label stands in."""
    kinds, images = data.table(held.table)["kind"][held.rows], held.of
    whole = kinds == Kind.IMAGE
    several = multi_label(data) or bool((np.bincount(images[whole], minlength=1) > 1).any())
    names = np.array(["proxies", "ground_truth", "image_label", "image_labels"], dtype=object)
    return list(names[np.where(whole, 2 + several, held.drawn.astype(np.int64))])


def multi_label(data: Dataset) -> bool:
    """Whether an image may have several labels."""
    return bool(data.facts.get("labels", {}).get("kind") == "multi")


def samples(
    data: Dataset, held: Frame, items: Sequence[Item], marks: Array, guesses: Frame | None
) -> tuple[list[Doc], list[Box]]:
    """Return one document an image, and every label put in, with its source's exact numbers."""
    flags = flagged(items)
    docs = documents(data, held.images, held.size, items)
    boxes: list[Box] = []
    names, files = label_names(data, held), data.table("images")["file_name"][held.images].tolist()
    images, sizes = (
        [sample_id(image) for image in held.images.tolist()],
        [tuple(each) for each in held.size.tolist()],
    )
    rows = data.table(held.table)
    scores, ids = rows["score"][held.rows].tolist(), rows["id"][held.rows].tolist()
    exact = none_for_nan(np.stack([rows[side][held.rows] for side in "xywh"], axis=1))
    shown = np.where(held.drawn[:, None], held.shown, clamped(held.shown)).tolist()
    marked = marks[held.rows].tolist()
    told = [flags.get(mark, []) for mark in marked]
    for at, (row, of, field) in enumerate(zip(held.rows.tolist(), held.of.tolist(), field_of(data, held), strict=True)):  # fmt: skip
        oid = label_id(field, row)
        box: tuple[float, ...] = tuple(shown[at])
        if field.startswith("image_label"):
            box = (0.0, 0.0, 0.0, 0.0)
            label = classification(oid, names[at], scores[at])
        else:
            label = detection(oid, names[at], shown[at], scores[at])
        label |= {"rules": told[at], "source_id": "" if ids[at] == NO_ID else str(ids[at]), "review": None, "reason": None}  # fmt: skip
        put(docs[of], field, label)
        x, y, w, h = box
        boxes.append(
            Box(oid, images[of], field, marked[at], files[of], names[at], exact[at], (x, y, w, h), sizes[of])
        )  # fmt: skip
    overlaid(data, held, told, docs)
    proposals(items, docs)  # before predictions, for the App draws them above those
    if guesses is not None:
        predicted(data, guesses, docs)
    guessed(data, held.images, docs)
    return docs, boxes


LISTS = {
    "outlines": ("Polylines", "polylines"),
    "keypoints": ("Keypoints", "keypoints"),
    "image_labels": ("Classifications", "classifications"),
    "predicted_labels": ("Classifications", "classifications"),
}


def put(doc: Doc, field: str, label: Doc) -> None:
    """Put a label into a field of an image."""
    if field in ("image_label", "predicted_label"):
        doc[field] = label
        return
    kind, inner = LISTS.get(field, ("Detections", "detections"))
    doc.setdefault(field, {"_cls": kind, inner: []})[inner].append(label)


def none_for_nan(xywh: Array) -> list[Exact]:
    """The numbers of a source as json can hold them. xywh: float64 (n, 4), pixels."""
    known: list[Exact] = list(map(tuple, xywh.tolist()))
    for at in np.flatnonzero(~np.isfinite(xywh).all(axis=1)).tolist():
        a, b, c, d = (side if side is not None and math.isfinite(side) else None for side in known[at])
        known[at] = (a, b, c, d)
    return known


def flagged(items: Sequence[Item]) -> dict[str, list[str]]:
    """The rules that flag each box, by mark."""
    found: dict[str, list[str]] = {}
    for each in items:
        if each.box and each.rule not in found.setdefault(each.box, []):
            found[each.box].append(each.rule)
    return found


def documents(data: Dataset, images: Array, size: Array, items: Sequence[Item]) -> list[Doc]:
    """One document an image, without labels."""
    of_sample: dict[str, list[Item]] = {}
    for each in items:
        of_sample.setdefault(each.sample, []).append(each)
    table, splits = data.table("images"), data.image_splits
    rows = zip(images.tolist(), size.tolist(), table["path"][images].tolist(), strict=True)
    return [
        document(image, width_height, path, str(table["file_name"][image]), splits[image], of_sample)
        for image, width_height, path in rows
    ]


def document(
    image: int, size: list[float], path: str, name: str, split: str, found: Mapping[str, Sequence[Item]]
) -> Doc:
    mine = found.get(sample_id(image), ())
    told = {"_cls": "ImageMetadata", "width": int(size[0]), "height": int(size[1])}
    return {
        "_id": {"$oid": sample_id(image)},
        "filepath": os.path.abspath(path),  # noqa: PTH100 one of many texts
        "tags": [split] if split else [],
        "metadata": told if not any(map(math.isnan, size)) else None,
        "_media_type": "image",
        "_rand": (image * 0.6180339887498949) % 1,
        "file_name": name,
        "severity": worst(mine),
        "rules": sorted({each.rule for each in mine}),
        "score": max((each.score for each in mine), default=0.0),
        "findings": len(mine),
        "messages": [f"{each.rule}: {each.message}" for each in mine],
    }


def worst(found: Sequence[Item]) -> str | None:
    """The worst severity among findings."""
    return min((each.severity for each in found), key=("error", "warning", "info").index, default=None)


def label_names(data: Dataset, held: Frame) -> list[str]:
    """The category name of each row; the id as written, in question marks, where it is not declared."""
    rows = data.table(held.table)
    names = data.names_of(rows["category"][held.rows]).tolist()
    written = rows["category_id"][held.rows].tolist()
    return [
        name or ("?" if number == NO_ID else f"?{number}?")
        for name, number in zip(names, written, strict=True)
    ]


def sure(score: float) -> Doc:
    """A label's confidence, where it has one: a null stops FiftyOne's Annotate from drawing the box whole."""
    return {} if math.isnan(score) else {"confidence": score}


def detection(oid: str, label: str, box: list[float], score: float) -> Doc:
    return {
        "_id": {"$oid": oid},
        "_cls": "Detection",
        "attributes": {},
        "tags": [],
        "label": label,
        "bounding_box": box,
    } | sure(score)


def classification(oid: str, label: str, score: float) -> Doc:
    return {
        "_id": {"$oid": oid},
        "_cls": "Classification",
        "tags": [],
        "label": label,
    } | sure(score)


def predicted(data: Dataset, held: Frame, docs: list[Doc]) -> None:
    """Put in a model's boxes."""
    names, scores = label_names(data, held), data.table(held.table)["score"][held.rows].tolist()
    for at in np.flatnonzero(held.drawn).tolist():
        label = detection(
            label_id("predictions", int(held.rows[at])), names[at], held.shown[at].tolist(), scores[at]
        )
        put(docs[int(held.of[at])], "predictions", label)


def guessed(data: Dataset, images: Array, docs: list[Doc]) -> None:
    """Put in the label a model gives each image, with its probability; where images have several, all that are likely."""
    if data.probabilities is None or not data.probabilities.shape[1]:
        return
    given = np.nan_to_num(data.probabilities[images], nan=-1.0)
    several = multi_label(data)
    field = "predicted_labels" if several else "predicted_label"
    wanted = given >= LIKELY if several else np.arange(given.shape[1]) == given.argmax(axis=1)[:, None]
    for at, label in zip(*(each.tolist() for each in np.nonzero(wanted & (given >= 0))), strict=True):
        oid = label_id(field, int(images[at]) * given.shape[1] + label)
        put(docs[at], field, classification(oid, data.labels[label] or "?", float(given[at, label])))


def proposals(items: Sequence[Item], docs: list[Doc]) -> None:
    """Put in the boxes that fixes would make, to be seen beside what is there."""
    by_id = {doc["_id"]["$oid"]: doc for doc in docs}
    for each in items:
        if each.place is None or each.sample not in by_id or not drawable(np.array([each.place]))[0]:
            continue
        label = detection(
            label_id("proposals", each.number),
            f"{each.rule} fix",
            list(each.place),
            math.nan if each.predicted is None else each.predicted,
        )
        put(by_id[each.sample], "proposals", label)


def overlaid(data: Dataset, held: Frame, rules: list[list[str]], docs: list[Doc]) -> None:
    """Put in the polygons and masks, one label with all its rings an annotation, and the keypoints; without
    a name in the App, for it would lie over what is to be looked at."""
    place = {row: at for at, row in enumerate(held.rows.tolist())}

    def add(field: str, kind: str, row: int, **more: Any) -> None:
        at = place[row]
        told = {
            "_id": {"$oid": label_id(field, row)},
            "_cls": kind,
            "attributes": {},
            "tags": [],
            "rules": rules[at],
        }
        put(docs[int(held.of[at])], field, told | {"label": None} | more)

    for row, rings in ringed(data, held.rows):
        size = held.size[held.of[place[row]]]
        points = [[[x, y] for x, y in (ring.reshape(-1, 2) / size).tolist()] for ring in rings]
        add("outlines", "Polyline", row, points=points, closed=True, filled=False)
    for row, xy in pointed(data, held.rows):
        unset = {"$numberDouble": "NaN"}
        parts = (xy / held.size[held.of[place[row]]]).tolist()
        add(
            "keypoints",
            "Keypoint",
            row,
            points=[[unset, unset] if math.isnan(x) else [x, y] for x, y in parts],
        )
