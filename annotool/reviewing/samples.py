"""A dataset's images and labels as the samples.json that FiftyOne imports in one go; it needs no fiftyone to write.

Fractions of the image file's own size. Labels keep their row in their id, so that what comes back is known again.
What the App cannot draw stands in the field `proxies`: as much of it as lies in the image, and never nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import group_starts
from annotool.geometry.rle import polygons
from annotool.reviewing.folder import Box, Item
from annotool.schema import Kind
from annotool.table import Array

__all__ = ["FIELDS", "Frame", "clamped", "drawable", "frame", "label_id", "sample_id", "samples"]

FIELDS = {"ground_truth": 1, "proxies": 2, "outlines": 3, "predictions": 4, "proposals": 5, "image_label": 6}
LEAST = 0.02  # side of a proxy, as a share of the image: so much a person still sees
Doc = dict[str, Any]
Exact = tuple[float | None, float | None, float | None, float | None]


def sample_id(image: int) -> str:
    """Return the 24 hex digits that stand for an image."""
    return f"{0xA0:08x}{image:016x}"


def label_id(field: str, row: int) -> str:
    """Return the 24 hex digits that stand for a row of annotations or predictions (a finding, for proposals)."""
    return f"{FIELDS[field]:08x}{row:016x}"


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


def samples(
    data: Dataset, held: Frame, items: Sequence[Item], marks: Array, guesses: Frame | None
) -> tuple[list[Doc], list[Box]]:
    """Return one document an image, and every box put in, with its source's exact numbers."""
    flags = flagged(items)
    docs = documents(data, held.images, held.size, items)
    boxes: list[Box] = []
    names, files = label_names(data, held), data.table("images")["file_name"]
    rows = data.table(held.table)
    kinds, scores = rows["kind"][held.rows].tolist(), rows["score"][held.rows].tolist()
    exact = np.stack([rows[side][held.rows] for side in "xywh"], axis=1).tolist()
    shown, safe = held.shown.tolist(), clamped(held.shown).tolist()
    ids = rows["id"][held.rows].tolist()
    for at, (row, of) in enumerate(zip(held.rows.tolist(), held.of.tolist(), strict=True)):
        if kinds[at] == Kind.IMAGE:
            docs[of]["image_label"] = classification(row, names[at])
            continue
        field = "ground_truth" if held.drawn[at] else "proxies"
        box = shown[at] if held.drawn[at] else safe[at]
        label = detection(label_id(field, row), names[at], box, scores[at])
        mark = str(marks[row])
        label |= {"rules": flags.get(mark, []), "source_id": str(ids[at]), "review": None}
        docs[of].setdefault(field, {"_cls": "Detections", "detections": []})["detections"].append(label)
        image = int(held.images[of])
        boxes.append(
            Box(label["_id"]["$oid"], sample_id(image), field, mark, str(files[image]), names[at],
                none_for_nan(*exact[at]), tuple(box), tuple(held.size[of].tolist()))
        )  # fmt: skip
    outlines(data, held, names, docs)
    if guesses is not None:
        predicted(data, guesses, docs)
    proposals(items, docs)
    return docs, boxes


def none_for_nan(x: float, y: float, w: float, h: float) -> Exact:
    """The numbers of a source as json can hold them."""
    a, b, c, d = (value if math.isfinite(value) else None for value in (x, y, w, h))
    return a, b, c, d


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
    return [name or f"?{number}?" for name, number in zip(names, written, strict=True)]


def detection(oid: str, label: str, box: list[float], score: float) -> Doc:
    return {
        "_id": {"$oid": oid},
        "_cls": "Detection",
        "attributes": {},
        "tags": [],
        "label": label,
        "bounding_box": box,
        "confidence": None if math.isnan(score) else score,
    }


def classification(row: int, label: str) -> Doc:
    return {
        "_id": {"$oid": label_id("image_label", row)},
        "_cls": "Classification",
        "tags": [],
        "label": label,
    }


def predicted(data: Dataset, held: Frame, docs: list[Doc]) -> None:
    """Put in a model's boxes."""
    names, scores = label_names(data, held), data.table(held.table)["score"][held.rows].tolist()
    for at in np.flatnonzero(held.drawn).tolist():
        label = detection(
            label_id("predictions", int(held.rows[at])), names[at], held.shown[at].tolist(), scores[at]
        )
        field = docs[int(held.of[at])].setdefault("predictions", {"_cls": "Detections", "detections": []})
        field["detections"].append(label)


def proposals(items: Sequence[Item], docs: list[Doc]) -> None:
    """Put in the boxes that fixes would make, to be seen beside what is there."""
    by_id = {doc["_id"]["$oid"]: doc for doc in docs}
    for each in items:
        if each.place is None or each.sample not in by_id or not drawable(np.array([each.place]))[0]:
            continue
        label = detection(label_id("proposals", each.number), f"{each.rule} fix", list(each.place), np.nan)
        field = by_id[each.sample].setdefault("proposals", {"_cls": "Detections", "detections": []})
        field["detections"].append(label)


def outlines(data: Dataset, held: Frame, names: list[str], docs: list[Doc]) -> None:
    """Put in the polygons and masks, one label with all its rings an annotation."""
    place = {row: at for at, row in enumerate(held.rows.tolist())}
    for row, rings in ringed(data, held.rows):
        at = place[row]
        size = held.size[held.of[at]]
        points = [[[x, y] for x, y in (ring.reshape(-1, 2) / size).tolist()] for ring in rings]
        label = {
            "_id": {"$oid": label_id("outlines", row)},
            "_cls": "Polyline",
            "attributes": {},
            "tags": [],
            "label": names[at],
            "points": points,
            "closed": True,
            "filled": False,
        }
        field = docs[int(held.of[at])].setdefault("outlines", {"_cls": "Polylines", "polylines": []})
        field["polylines"].append(label)


def ringed(data: Dataset, rows: Array) -> Iterator[tuple[int, list[Array]]]:
    """Yield the rings, flat pixels each, of every row that has some the App can draw: three finite points or more."""
    table, formats = data.table("annotations"), data.table("sources")["format"]
    has = rows[(table["seg_start"][rows] >= 0) & (table["kind"][rows] >= Kind.POLYGON)]
    for name, decoder in data.decoders.items():
        mine = np.sort(has[formats[table["source"][has]] == name])
        if not len(mine):
            continue
        rings = decoder.rings(data, mine)
        starts = group_starts(rings.row)
        for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            parts = [rings.xy[rings.offsets[at] : rings.offsets[at + 1]] for at in range(first, last)]
            good = [
                part for part in parts if len(part) >= 6 and len(part) % 2 == 0 and np.isfinite(part).all()
            ]
            if good:
                yield int(rings.row[first]), good
        masked = mine[table["kind"][mine] == Kind.RLE]
        if decoder.rle is not None and len(masked):
            for row, mask in zip(masked.tolist(), decoder.rle(data, masked), strict=True):
                traced = polygons(*mask)[0] if mask is not None else []
                if traced:
                    yield row, [np.asarray(ring).reshape(-1) for ring in traced]
