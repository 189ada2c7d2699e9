"""Faults of classes."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.faults.box import plain
from bench.scorecard.plans import Place, element, fault, keys, record, row, set_row


@fault("CLS001", "coco", can=plain)
def unknown_id(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a category_id nobody declares."""
    for place in chosen:
        record(made, place)["category_id"] = rng.randint(90, 99)
    return keys(made, chosen)


@fault("CLS001", "yolo", "yolo segment", "yolo pose", "yolo obb")
def unknown_number(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a class number beyond the list."""
    for place in chosen:
        set_row(made, place, [rng.randint(8, 12), *row(made, place)[1:]])
    return keys(made, chosen)


@fault("CLS002", "coco", scope="dataset")
def unused_coco(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """a category more, which nothing uses."""
    for document in made.documents.values():
        document["categories"].append({"id": 60, "name": "zeppelin", "supercategory": "thing"})
    return set()


@fault("CLS002", "yolo", scope="dataset")
def unused_yolo(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """a category more, which nothing uses."""
    made.config |= {"names": [*made.config["names"], "zeppelin"], "nc": made.config["nc"] + 1}
    return set()


@fault("CLS003", "coco", scope="dataset")
def spelled_twice(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """one class under two spellings of its name."""
    for document in made.documents.values():
        document["categories"].append({"id": 60, "name": "Gravel_Truck", "supercategory": "thing"})
        for each in document["annotations"][::40]:
            each["category_id"] = 60
    return set()


@fault("CLS003", "voc", scope="dataset")
def spelled_otherwise(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """a few objects under another spelling of their class."""
    for place in rng.sample(made.rows(), 20):
        rename(made, place, "Gravel_Truck")
    return set()


def rename(made: Voc, place: Place, name: str) -> None:
    tag = element(made, place).find("name")
    if tag is not None:
        tag.text = name


@fault("CLS004", "voc", scope="dataset")
def typo(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """three objects of one class under a name with one letter wrong."""
    for place in rng.sample(made.rows(), 3):
        rename(made, place, "umbrela")
    return set()


@fault("CLS005", "voc", scope="dataset")
def padded(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """a class name with a blank at its end."""
    for place in made.rows():
        name = element(made, place).findtext("name")
        if name == "violin":
            rename(made, place, "violin ")
    return set()


@fault("CLS006", "coco", scope="dataset")
def swapped_ids(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """two ids swapped in the categories of val."""
    listed = made.documents["val"]["categories"]
    listed[2]["name"], listed[3]["name"] = listed[3]["name"], listed[2]["name"]
    return set()


@fault("CLS007", "voc", scope="dataset")
def no_list(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """no list of classes, and a class that one split lacks."""
    for place in made.rows():
        if place[0].startswith("val") and element(made, place).findtext("name") == "violin":
            rename(made, place, "kettle")
    return set()
