"""Whether numbers of categories and images mean what they seem to: counted from another start a good model scores near 0.

Two signs. In label files, whose classes count from 0: no 0 but an N where there are N classes, and no boxes that say otherwise.
In any form: the surest prediction on each object (IoU >= .5) has its category far more often when the numbers are read another
way: as classes that count from 0, from 1, without the first category (often a grouping one), or as COCO's 91 ids. A model that
never says the first class, or that takes one class for another, shows neither. Ids of images likewise: far more objects are
found when they count from 0, from 1, or are the numbers that files are called by (Ultralytics' way, which is then taken).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.formats.coco.references import resolve
from annotool.metrics.matching import box_overlap, overlaps
from annotool.metrics.scene import swapped
from annotool.predictions.categories import COCO_91, Kinds
from annotool.predictions.images import Matched, numbered_stems
from annotool.schema import NO_ID
from annotool.table import Array, Table

__all__ = ["categories_checked", "images_checked"]

FOUND = 0.5  # IoU at which a prediction lies on an object
LEAST = 10  # objects that must tell
SEVERAL = 3  # images in which they must be
TIMES = 4  # by which another reading must be the better one


def categories_checked(
    data: Dataset, rows: Table, kinds: Kinds, ids: Array, order: Array, plain: bool
) -> Kinds:
    """Return the categories, none where the numbers cannot be trusted. rows: with images and boxes; ids: their numbers,
    NO_ID for none; order: the row of each class, -1 for none; plain: numbers are places in it.
    """
    given = np.unique(ids[ids != NO_ID])
    if kinds.wrong or not len(given):
        return kinds
    guess, found = on_objects(data, rows)
    seen = ids[guess] != NO_ID
    guess, truth = guess[seen], data.annotation_labels[found[seen]]
    label = np.append(data.table("categories")["label"].astype(np.int64), -1)
    own = int((label[kinds.rows[guess]] == truth).sum())
    ways = {way: label[row_of] == truth for way, row_of in readings(ids[guess], order).items()}
    none = np.full(len(kinds.rows), -1)
    from_one = plain and given[0] >= 1 and given[-1] == len(order) and len(given) >= min(2, len(order))
    if from_one and own <= ways["count from 1"].sum():
        return Kinds(none, "", f"count from 1 (to {given[-1]}), those of label files from 0")
    way = max(ways, key=lambda each: int(ways[each].sum()))
    better = ways[way]
    count = int(better.sum())
    if count < max(LEAST, len(guess) / 2, TIMES * own) or len(np.unique(ids[guess[better]])) < 2:
        return kinds
    told = f"{count:,} of {len(guess):,} objects found have their category, else {own:,}"
    return Kinds(none, "", f"{way}: read so, {told}")


def readings(ids: Array, order: Array) -> dict[str, Array]:
    """The row of each number's category by each way of counting, -1 for none."""
    place = np.append(order, -1)

    def at(index: Array) -> Array:
        return place[np.where((index >= 0) & (index < len(order)), index, -1)]

    found = {
        "count from 0": at(ids),
        "count from 1": at(ids - 1),
        "leave out the first category": at(ids + 1),
    }
    if len(order) == len(COCO_91):
        index = np.searchsorted(COCO_91, np.clip(ids, 1, COCO_91[-1]))
        found["are COCO's 91"] = at(np.where(np.isin(ids, COCO_91), index, -1))
    return found


def images_checked(data: Dataset, rows: Table, images: Matched, ids: Array) -> Matched:
    """Return the images, none where ids (int64, NO_ID for none) cannot be trusted; by stem where that is what they are."""
    if images.by != "id" or images.wrong or (ids == NO_ID).any():
        return images
    known = data.table("images")["id"]
    ways = {
        "stem": numbered_stems(data, ids),
        "count from 0": resolve(known, ids + 1),
        "count from 1": resolve(known, ids - 1),
    }
    own = 0
    for way, row_of in ways.items():
        if (row_of < 0).any() or (row_of == images.rows).all():
            continue
        own = own or len(on_objects(data, rows)[0])
        guess, _ = on_objects(data, rows.with_columns(image=data.table("images")["image"][row_of]))
        if len(guess) < max(LEAST, TIMES * own) or len(np.unique(row_of[guess])) < SEVERAL:
            continue
        if way == "stem":
            return Matched(row_of, way)
        told = f"{way}: read so, {len(guess):,} objects are found, else {own:,}"
        return Matched(np.full(len(row_of), -1), "", told)
    return images


def on_objects(data: Dataset, rows: Table) -> tuple[Array, Array]:
    """Each object's surest prediction: its row, and the object's; objects without one are left out."""
    own = replace(data, tables={**data.tables, "predictions": rows})
    sides = []
    for side in (data, swapped(own)):
        table, boxes = side.table("annotations"), side.boxes
        image = side.image_rows(table["image"])
        usable = boxes.usable & (image >= 0)
        if side is data:
            usable &= (data.annotation_labels >= 0) & (table["iscrowd"] != 1)
        sides.append((np.flatnonzero(usable), image, boxes))
    (objects, image, boxes), (guesses, guess_image, guess_boxes) = sides
    iou = box_overlap(guess_boxes.xywh[guesses], boxes.xywh[objects], np.zeros(len(objects), dtype=bool))
    pairs = overlaps(guess_image[guesses], image[objects], iou, FOUND)
    guess, truth = guesses[pairs.guess], objects[pairs.truth]
    alike = boxes.fraction[truth] == guess_boxes.fraction[guess]
    guess, truth = guess[alike], truth[alike]
    order = np.lexsort((-rows["score"][guess], truth))
    guess, truth = guess[order], truth[order]
    first = np.append(True, truth[1:] != truth[:-1])[: len(truth)]
    return guess[first], truth[first]
