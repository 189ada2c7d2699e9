"""Faults of annotations that lie on each other."""

from __future__ import annotations

import copy
import random
from typing import Any

from bench.scorecard.documents import Coco, Dataset, Voc, Yolo
from bench.scorecard.edits import add, class_of, clear, grid, image_of, objects, recast
from bench.scorecard.plans import ALL, YOLOS, Place, corners, element, fault, keys, record, row, set_row
from bench.scorecard.world import CLASSES, HEIGHT, WIDTH

OTHERS = 100_000  # ids of what is planted


def again(made: Dataset, place: Place) -> Place:
    """Write an annotation a second time, last of its file; return where."""
    name = place[0]
    if isinstance(made, Coco):
        listed = made.documents[name]["annotations"]
        listed.append(copy.deepcopy(record(made, place)) | {"id": OTHERS + len(listed)})
        return name, len(listed) - 1
    if isinstance(made, Voc):
        made.documents[name].append(copy.deepcopy(element(made, place)))
        return name, len(made.documents[name].findall("object")) - 1
    made.labels[name].append(made.labels[name][place[1]])
    return name, len(made.labels[name]) - 1


@fault("DUP001", *ALL)
def twice(made: Dataset, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time under an id of its own."""
    return keys(made, [again(made, place) for place in chosen])


@fault("DUP002", "coco", *YOLOS)
def nearly(made: Coco | Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time shifted by a pixel."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        if isinstance(made, Coco):
            shift_record(record(made, place))
        else:
            shift_row(made, place)
    return keys(made, made_at)


def shift_record(found: dict[str, Any]) -> None:
    x, *rest = found["bbox"]
    found["bbox"] = [x + 1, *rest]
    if isinstance(found["segmentation"], list):
        ring = found["segmentation"][0]
        found["segmentation"] = [[round(n + (at % 2 == 0), 2) for at, n in enumerate(ring)]]


def shift_row(made: Yolo, place: Place) -> None:
    """All x of an outline, or the one of the box."""
    words = row(made, place)
    for at in (1,) if made.task in ("detect", "pose") else range(1, len(words), 2):
        words[at] = f"{float(words[at]) + 1 / WIDTH:.6f}"
    set_row(made, place, words)


@fault("DUP002", "voc")
def nearly_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time a pixel narrower."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        named = corners(made, place)
        named["xmax"].text = str(int(named["xmax"].text or 0) - 1)
    return keys(made, made_at)


@fault("DUP003", *ALL)
def other_class(made: Dataset, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time as another class."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        recast(made, [place], CLASSES[(CLASSES.index(class_of(made, place)) + 1) % 8])
    return keys(made, made_at)


@fault("DUP004", *ALL)
def group(made: Dataset, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box around all of a picture whose objects are of one class."""
    images = {image_of(made, place) for place in chosen}
    found = []
    for name in sorted(images):
        places = objects(made, name)
        if len(places) >= 3:
            recast(made, places, CLASSES[1])
            found.append(add(made, name, CLASSES[1], (0, 0, WIDTH, HEIGHT), rng))
    return keys(made, found)


@fault("DUP005", *ALL, scope="dataset")
def hundreds(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """two images of 120 objects."""
    images = rng.sample(sorted(made.images), 2)
    clear(made, images)
    for name in images:
        for at, box in enumerate(grid(12, 10)):
            add(made, name, CLASSES[at % 8], box, rng)
    return set()
