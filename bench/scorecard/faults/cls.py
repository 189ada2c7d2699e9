"""Faults of classes."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Dataset, Voc, Yolo
from bench.scorecard.edits import class_of, declare, list_classes, recast
from bench.scorecard.faults.box import plain
from bench.scorecard.plans import ALL, YOLOS, Place, fault, keys, record, row, set_row
from bench.scorecard.world import CLASSES


@fault("CLS001", "coco", can=plain)
def unknown_id(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a category_id nobody declares."""
    for place in chosen:
        record(made, place)["category_id"] = rng.randint(90, 99)
    return keys(made, chosen)


@fault("CLS001", "voc")
def not_on_the_list(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """a name that the list of classes lacks."""
    list_classes(made)
    recast(made, chosen, "zeppelin")
    return keys(made, chosen)


@fault("CLS001", *YOLOS)
def unknown_number(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a class number beyond the list."""
    for place in chosen:
        set_row(made, place, [rng.randint(8, 12), *row(made, place)[1:]])
    return keys(made, chosen)


@fault("CLS002", *ALL, scope="dataset")
def unused(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """a category more on the list, which nothing uses."""
    if isinstance(made, Voc):
        list_classes(made, "zeppelin")
    declare(made, "zeppelin")
    return set()


@fault("CLS003", *ALL, scope="dataset")
def spelled_otherwise(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """a few objects under another spelling of their class."""
    declare(made, "Gravel_Truck")
    recast(made, rng.sample(made.rows(), 20), "Gravel_Truck")
    return set()


@fault("CLS003", "coco", *YOLOS, scope="dataset")
def declared_twice(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """one name twice on the list."""
    declare(made, CLASSES[6])
    return set()


@fault("CLS004", *ALL, scope="dataset")
def typo(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """three objects of one class under a name with one letter wrong."""
    declare(made, "umbrela")
    recast(made, rng.sample(made.rows(), 3), "umbrela")
    return set()


@fault("CLS005", *ALL, scope="dataset")
def padded(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """a class name with a blank at its end."""
    if isinstance(made, Voc):
        recast(made, [place for place in made.rows() if class_of(made, place) == "violin"], "violin ")
    elif isinstance(made, Yolo):
        made.config["names"][CLASSES.index("violin")] = "violin "
    else:
        for document in made.documents.values():
            document["categories"][CLASSES.index("violin")]["name"] = "violin "
    return set()


@fault("CLS006", "coco", scope="dataset")
def swapped_ids(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """two ids swapped in the categories of val."""
    listed = made.documents["val"]["categories"]
    listed[2]["name"], listed[3]["name"] = listed[3]["name"], listed[2]["name"]
    return set()


@fault("CLS006", *YOLOS, scope="dataset")
def swapped_names(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """two names swapped in a classes.txt beside data.yaml."""
    listed = [*CLASSES[:2], CLASSES[3], CLASSES[2], *CLASSES[4:]]
    made.loose["classes.txt"] = "".join(f"{name}\n" for name in listed).encode()
    return set()


@fault("CLS007", "voc", scope="dataset")
def no_list(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """no list of classes, and a class that one split lacks."""
    mine = [place for place in made.rows() if class_of(made, place) == "violin"]
    recast(made, [place for place in mine if place[0].startswith("val")], "kettle")
    return set()
