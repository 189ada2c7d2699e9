"""Faults of files, records and references."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.plans import Place, corners, element, fault, file_of, keys, record, row, set_row


@fault("SCH001", "voc", scope="file")
def cut_xml(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an xml file cut in the middle."""
    files = made.files()
    for stem in chosen:
        text = files[file_of(made, stem)]
        made.loose[file_of(made, stem)] = text[: len(text) // 2]
    return {file_of(made, stem) for stem in chosen}


@fault("SCH001", "coco", scope="file")
def cut_json(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """a json file cut in the middle."""
    files = made.files()
    for split in chosen:
        text = files[made.name(split)]
        made.loose[made.name(split)] = text[: len(text) * 9 // 10]
    return {made.name(split) for split in chosen}


@fault("SCH002", "coco")
def wrong_type(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box of three numbers, of none, or an id that is a text."""
    for place in chosen:
        found = record(made, place)
        found |= rng.choice([{"bbox": found["bbox"][:3]}, {"category_id": "3"}, {"bbox": None}])
    return keys(made, chosen)


@fault("SCH002", "voc")
def no_corner(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """an object without ymax, or with a word for a number."""
    for place in chosen:
        box = element(made, place).find("bndbox")
        named = corners(made, place)
        if box is not None and rng.random() < 0.5:
            box.remove(named["ymax"])
        else:
            named["xmin"].text = "left"
    return keys(made, chosen)


@fault("SCH003", "coco")
def no_area(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an annotation without area or iscrowd."""
    for place in chosen:
        record(made, place).pop(rng.choice(["area", "iscrowd"]))
    return keys(made, chosen)


@fault("SCH004", "coco")
def not_finite(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """NaN or Infinity in a box."""
    for place in chosen:
        record(made, place)["bbox"][rng.randrange(4)] = rng.choice([float("nan"), float("inf")])
    return keys(made, chosen)


@fault("SCH004", "voc")
def not_finite_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """nan in a corner."""
    for place in chosen:
        corners(made, place)["xmax"].text = "nan"
    return keys(made, chosen)


@fault("SCH004", "yolo")
def not_finite_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """nan or inf in a row."""
    for place in chosen:
        number, _, *rest = row(made, place)
        set_row(made, place, [number, rng.choice(["nan", "inf"]), *rest])
    return keys(made, chosen)


@fault(
    "SCH005",
    "coco",
    scope="image",
    can=lambda made, name: name != "train_00000.jpg" and name != "val_00004.jpg",
)
def image_id_twice(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """an image with the id of the first one of its file."""
    for document in made.documents.values():
        for image in document["images"]:
            if image["file_name"] in chosen:
                image["id"] = document["images"][0]["id"]
    return set(chosen)


@fault("SCH006", "coco", can=lambda made, place: place[1] > 0)
def annotation_id_twice(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an annotation with the id of the first one of its file."""
    for place in chosen:
        record(made, place)["id"] = made.documents[place[0]]["annotations"][0]["id"]
    return keys(made, chosen)


@fault("SCH007", "coco")
def unknown_image(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an image_id nobody has."""
    for place in chosen:
        record(made, place)["image_id"] = 900_000 + rng.randint(0, 99_999)
    return keys(made, chosen)


@fault("SCH009", "coco", scope="image")
def no_size(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """a width of 0, below 0 or none."""
    for document in made.documents.values():
        for image in document["images"]:
            if image["file_name"] in chosen:
                image["width"] = rng.choice([0, -640, None])
    return set(chosen)


@fault("SCH009", "voc", scope="file")
def no_size_voc(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """a width and height of 0."""
    for stem in chosen:
        size = made.documents[stem].find("size")
        for each in size if size is not None else ():
            each.text = "0"
    return {file_of(made, stem) for stem in chosen}


@fault("SCH010", "coco", "voc", scope="image")
def no_file(made: Coco | Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an image file that is not there."""
    for name in chosen:
        del made.images[name]
    return set(chosen)


@fault("SCH011", "yolo", scope="file")
def no_image(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a label file without an image."""
    for name in chosen:
        del made.images[f"{name}.jpg"]
    return {file_of(made, name) for name in chosen}


@fault("SCH008", "coco", scope="dataset")
def annotation_zero(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """annotation ids from 0."""
    for document in made.documents.values():
        for at, each in enumerate(document["annotations"]):
            each["id"] = at
    return set()


@fault("SCH012", "yolo", scope="image")
def no_label_file(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """an image without a label file."""
    for name in chosen:
        del made.labels[name.removesuffix(".jpg")]
    return {name.rpartition("/")[2] for name in chosen}


@fault("SCH013", "coco", scope="image")
def other_machine(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """a file_name with the path of another machine."""
    for document in made.documents.values():
        for image in document["images"]:
            if image["file_name"] in chosen:
                image["file_name"] = (
                    rng.choice(["C:\\data\\", "/home/me/data/", "..\\images\\"]) + image["file_name"]
                )
    return set(chosen)


@fault("SCH014", "yolo", scope="dataset")
def stale_cache(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """a cache older than the labels."""
    made.loose["labels/train.cache"] = b"not what is in the labels"
    return set()
