"""Imbalance."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Yolo
from bench.scorecard.plans import fault, record


@fault("BAL001", "coco", scope="dataset")
def one_for_all(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """nineteen of twenty annotations in one class."""
    for place in made.rows():
        if rng.random() < 0.95 and "keypoints" not in record(made, place):
            record(made, place)["category_id"] = 2
    return set()


@fault("BAL002", "coco", scope="dataset")
def nine(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """a class of nine annotations."""
    for document in made.documents.values():
        document["categories"].append({"id": 70, "name": "zeppelin", "supercategory": "thing"})
    places = [
        place for place in made.rows() if place[0] == "train" and "keypoints" not in record(made, place)
    ]
    for place in rng.sample(places, 9):
        record(made, place)["category_id"] = 70
    return set()


@fault("BAL003", "yolo", scope="dataset")
def empty(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """a third of the images without objects."""
    for name in rng.sample(sorted(made.labels), len(made.labels) // 3):
        made.labels[name].clear()
    return set()


@fault("BAL004", "yolo", scope="dataset")
def crowded(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """three images of 60 objects each."""
    for name in rng.sample(sorted(name for name, lines in made.labels.items() if lines), 3):
        made.labels[name] = [
            f"{at % 8} {0.05 + at % 10 * 0.1:.6f} {0.1 + at // 10 * 0.16:.6f} 0.090000 0.150000"
            for at in range(60)
        ]
    return set()


@fault("BAL005", "yolo", scope="dataset")
def by_name(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """two cameras, whose names the files bear, each with classes of its own."""
    for at, name in enumerate(sorted(made.labels)):
        split, _, stem = name.partition("/")
        camera = ("alpha", "beta")[at % 2]
        rows = [line.split(maxsplit=1) for line in made.labels.pop(name)]
        made.labels[f"{split}/{camera}_{stem}"] = [
            f"{int(number) // 2 * 2 + at % 2} {rest}" for number, rest in rows
        ]
        made.images[f"{split}/{camera}_{stem}.jpg"] = made.images.pop(f"{name}.jpg")
    return set()
