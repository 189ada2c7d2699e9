"""What is compared: the objects of a dataset (truths) and what a model found (guesses), as two tables on one numbering.

Whom we follow where a file is odd, since pycocotools decides the COCO numbers: images stand in the order of their ids; in one
COCO file of several records with one annotation id the last counts, as often as there are such records (COCO.loadAnns), and an
object with the id 0 is never counted as found (COCOeval keeps 0 for "no match"). A note says where that happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Severity
from annotool.schema import NO_ID, Kind
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["Scene", "notes_of", "said_of_predictions", "scene", "swapped"]

UNKNOWN = "of a category that is not in the dataset"
HINT = "; --classes FILE, with the names of the model's classes in their order, tells what its numbers mean"


@dataclass(frozen=True)
class Scene:
    """Truths and guesses by image and label.

    names: of the labels; images int64: position in the table `images` of each image, in the order used here.
    truths: row (position in `annotations`), image, label, x y w h (px, or fractions where the size is not known), area px^2,
    crowd, difficult, lost (pycocotools never counts it as found).
    guesses, by image and falling score: row (position in `predictions`), image, label, x y w h, area, score, place (how many
    of its image and label come before it).
    left_out: why predictions were not looked at, and how many.
    """

    names: tuple[str, ...]
    images: Array
    truths: Table
    guesses: Table
    left_out: Mapping[str, int]
    notes: tuple[str, ...]

    def boxes(self, name: str) -> Array:
        """The x y w h of `truths` or `guesses`, float64 (n, 4)."""
        table: Table = getattr(self, name)
        return np.stack([table[c] for c in "xywh"], axis=1)


def scene(data: Dataset, inside: Array | None = None) -> Scene:
    """Return what is to be compared, of all images or of those of a bool mask. Raises UsageError where no prediction can
    be: none could be read, is of a known image, or scored."""
    order, rank = image_order(data, inside)
    label, names = label_numbers(data)
    truths, fraction, notes = truths_of(data, rank, label)
    guesses, left_out = guesses_of(data, rank, label, fraction)
    told = [f"predictions left out: {count:,} {why}" for why, count in left_out.items()]
    total = len(data.table("predictions"))
    faults = said_of_predictions(data)
    if left_out and not len(guesses) and sum(left_out.values()) == total:
        raise UsageError(
            f"none of {plural(total, 'prediction')} can be scored: "
            + "; ".join(
                [
                    *(f"{count:,} {why}" for why, count in left_out.items()),
                    *filter(None, [faults]),
                    *notes_of(data),
                ]
            )
            + (HINT if UNKNOWN in left_out else "")
            + "; an audit with them names each (PRD005)"
        )
    if faults and not total:
        raise UsageError(f"no prediction could be read: {faults}")
    if faults:
        told.append(faults)
    if not len(guesses):
        told.append("there is no prediction: every object counts as missed")
    if not len(truths):
        told.append("there is no object to be found: nothing is defined but the number of false predictions")
    return Scene(names, order, truths, guesses, left_out, (*notes, *told))


def said_of_predictions(data: Dataset) -> str:
    """The faults met in the predictions: how many, and the first."""
    mild = (Severity.WARNING, Severity.INFO)
    errors = data.problems.of("PRD005").where(lambda part: ~np.isin(part.columns["severity"], mild))
    if not len(errors):
        return ""
    first = errors.blocks[0]
    source, line = (int(first.columns[name][0]) for name in ("source", "line"))
    file = f"{data.table('sources')['file'][source]}{f':{line}' if line else ''}: " if source >= 0 else ""
    return f"{plural(len(errors), 'fault')} in the predictions (PRD005), the first: {file}{first.text(0)}"


def notes_of(data: Dataset) -> list[str]:
    """What was said of the reading, and of how the predictions were joined."""
    return [note.removesuffix(".") for note in data.notes]


def image_order(data: Dataset, inside: Array | None) -> tuple[Array, Array]:
    """Positions of images by id, then as read; and the place of each image in that, -1 for those not inside."""
    order = np.argsort(data.table("images")["id"], kind="stable")
    rank = np.full(len(order), -1, dtype=np.int64)
    order = order if inside is None else order[inside[order]]
    rank[order] = np.arange(len(order))
    return order, rank


def label_numbers(data: Dataset) -> tuple[Array, tuple[str, ...]]:
    """A number for each row of `categories`, and the names by number: in one file every id is a category of its own,
    in several files those of one name are one."""
    table = data.table("categories")
    if len(np.unique(table["source"])) > 1:
        return table["label"].astype(np.int64), data.labels
    return np.arange(len(table)), tuple(table["name"].tolist())


def numbered(numbers: Array, keys: Array) -> Array:
    return np.append(numbers, -1)[np.where((keys >= 0) & (keys < len(numbers)), keys, -1)]


def truths_of(data: Dataset, rank: Array, label: Array) -> tuple[Table, Array, list[str]]:
    """The truths, whether the boxes of each image are fractions, and what is to be said."""
    table, notes = data.table("annotations"), []
    rows = np.arange(len(table))
    ids = table["id"]
    lost = np.zeros(len(table), dtype=bool)
    if len(data.table("sources")) and data.formats == {"coco"} and one_file(data):
        rows, twice = last_of(ids)
        lost = ids == 0
        if twice:
            notes.append(
                f"records that repeat an annotation id: {twice:,}; as in pycocotools, the last one counts"
            )
    place = data.image_rows(table["image"])
    image, number = numbered(rank, place), numbered(label, table["category"])
    boxes = data.boxes
    xywh = with_blank_masks(data)
    known = np.isfinite(xywh).all(axis=1) & (table["kind"] > Kind.IMAGE)
    rows = rows[((image >= 0) & (number >= 0) & known)[rows]]
    if gone := int(((table["kind"] > Kind.IMAGE) & ~known).sum() + ((place < 0) | (number < 0)).sum()):
        notes.append(
            f"annotations left out: {gone:,} with no known image or category, or a box that is no numbers"
        )
    fraction = np.zeros(len(rank), dtype=np.int8)
    fraction[image[rows]] = np.where(boxes.fraction[rows], 1, -1)
    box = xywh[rows]
    area = np.where(np.isfinite(table["area"]), table["area"], xywh[:, 2] * xywh[:, 3])
    area = np.where(boxes.fraction, np.nan, area)
    truths = Table(
        {
            "row": rows, "image": image[rows], "label": number[rows],
            **dict(zip("xywh", box.T, strict=True)), "area": area[rows],
            "crowd": table["iscrowd"][rows] == 1, "difficult": table["difficult"][rows] == 1, "lost": lost[rows],
        }
    )  # fmt: skip
    return truths, fraction, notes


def one_file(data: Dataset) -> bool:
    return len(np.unique(data.table("images")["source"])) == 1


def last_of(ids: Array) -> tuple[Array, int]:
    """For each row the last one with its id, and how many records are hidden so."""
    _, first, code = np.unique(ids[::-1], return_index=True, return_inverse=True)
    rows = (len(ids) - 1 - first)[code][::-1]
    rows = np.where(ids == NO_ID, np.arange(len(ids)), rows)
    return rows, int((rows != np.arange(len(ids))).sum())


def guesses_of(data: Dataset, rank: Array, label: Array, fraction: Array) -> tuple[Table, dict[str, int]]:
    """The guesses, and why how many predictions are none."""
    side = swapped(data)
    table, boxes, xywh = data.table("predictions"), side.boxes, with_blank_masks(side)
    place = data.image_rows(table["image"])
    image, number = numbered(rank, place), numbered(label, table["category"])
    score = table["score"]
    wanted = np.append(fraction, 0)[image]
    reasons = {
        "of an image that is not in the dataset": place < 0,
        UNKNOWN: number < 0,
        "without a score": np.isnan(score),
        "with a score outside 0 to 1": ~((score >= 0) & (score <= 1)),
        "with a box that is no numbers": ~np.isfinite(xywh).all(axis=1),
        "in pixels where the truth is in fractions (or the other way round) and the image's size is not known": (
            wanted != 0
        )
        & (wanted != np.where(boxes.fraction, 1, -1)),
    }
    good, left_out = (image >= 0) | (place < 0), {}
    for why, bad in reasons.items():
        if count := int((bad & good).sum()):
            left_out[why] = count
        good &= ~bad
    rows = np.flatnonzero(good)
    rows = rows[np.lexsort((-score[rows], image[rows]))]
    box = xywh[rows]
    area = np.where(boxes.fraction[rows], np.nan, box[:, 2] * box[:, 3])
    held = {"row": rows, "image": image[rows], "label": number[rows]}
    place = places(held["image"] * (len(label) + 1) + held["label"])
    boxed = dict(zip("xywh", box.T, strict=True))
    return Table({**held, **boxed, "area": area, "score": score[rows], "place": place}), left_out


def with_blank_masks(data: Dataset) -> Array:
    """The boxes of annotations, float64 (n, 4); 0 0 0 0, as pycocotools has it, where all that is known is a mask without
    a pixel."""
    table, boxes = data.table("annotations"), data.boxes.xywh
    none = np.isnan(boxes).any(axis=1) & (table["kind"] >= Kind.RLE) & (table["seg_start"] >= 0)
    if not none.any():
        return boxes
    blank = data.masks.take(data.masks["area"] == 0)["row"]
    return np.where((none & np.isin(np.arange(len(none)), blank))[:, None], 0.0, boxes)


def places(group: Array) -> Array:
    """How many rows of the same group come before each: int64 (n,)."""
    order = np.argsort(group, kind="stable")
    own = group[order]
    begins = np.flatnonzero(np.append(True, own[1:] != own[:-1])[: len(own)])
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(own)) - np.repeat(begins, np.diff(np.append(begins, len(own))))
    return place


def swapped(data: Dataset) -> Dataset:
    """The dataset with its predictions as annotations, to ask of them what is asked of annotations."""
    return replace(data, tables={**data.tables, "annotations": data.table("predictions")})
