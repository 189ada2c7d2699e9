"""Faults of files, records and references."""

from __future__ import annotations

import random
from collections.abc import Collection

from bench.scorecard.documents import Coco, Dataset, Voc, Yolo
from bench.scorecard.edits import own, stem
from bench.scorecard.plans import (
    ALL,
    YOLOS,
    Place,
    corners,
    element,
    fault,
    file_of,
    keys,
    record,
    row,
    set_row,
)

ELSEWHERE = ("C:\\data\\", "/home/me/data/", "..\\images\\")  # folders of other machines


@fault("SCH001", "voc", scope="file")
def cut_xml(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an xml file cut in the middle."""
    files = made.files()
    for name in chosen:
        text = files[file_of(made, name)]
        made.loose[file_of(made, name)] = text[: len(text) // 2]
    return {file_of(made, name) for name in chosen}


@fault("SCH001", "coco", scope="file")
def cut_json(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """a json file cut in the middle."""
    files = made.files()
    for split in chosen:
        text = files[made.name(split)]
        made.loose[made.name(split)] = text[: len(text) * 9 // 10]
    return {made.name(split) for split in chosen}


@fault("SCH001", *YOLOS, scope="file")
def no_text(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a label file in UTF-16, or of zero bytes, as a full disk leaves it."""
    files = made.files()
    for name in chosen:
        held = files[file_of(made, name)]
        spoilt = held.decode().encode("utf-16") if rng.random() < 0.5 else bytes(len(held) or 20)
        made.loose[file_of(made, name)] = spoilt
    return {file_of(made, name) for name in chosen}


@fault("SCH001", *ALL, scope="file")
def marked(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """a byte order mark before a file's first letter."""
    files = made.files()
    for name in chosen:
        made.loose[file_of(made, name)] = b"\xef\xbb\xbf" + files[file_of(made, name)]
    return {file_of(made, name) for name in chosen}


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


@fault("SCH004", *YOLOS)
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
    for name in chosen:
        size = made.documents[name].find("size")
        for each in size if size is not None else ():
            each.text = "0"
    return {file_of(made, name) for name in chosen}


@fault("SCH010", "coco", "voc", scope="image")
def no_file(made: Coco | Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an image file that is not there."""
    for name in chosen:
        del made.images[name]
    return set(chosen)


@fault("SCH010", *YOLOS, scope="image")
def listed_and_gone(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """an image file that train.txt or val.txt names and that is not there."""
    lists = as_lists(made)
    for name in chosen:
        del made.images[name]
    write_lists(made, lists)
    return {own(name) for name in chosen}


def as_lists(made: Yolo) -> dict[str, dict[str, str]]:
    """Let data.yaml name lists for folders; return by list how each image is written there."""
    made.config |= {"train": "train.txt", "val": "val.txt"}
    lists: dict[str, dict[str, str]] = {"train": {}, "val": {}}
    for name in made.images:
        lists[name.partition("/")[0]][name] = f"./images/{name}"
    return lists


def write_lists(made: Yolo, lists: dict[str, dict[str, str]]) -> None:
    for split, names in lists.items():
        made.loose[f"{split}.txt"] = "".join(f"{name}\n" for name in names.values()).encode()


@fault("SCH011", *YOLOS, scope="file")
def no_image(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a label file without an image."""
    for name in chosen:
        del made.images[f"{name}.jpg"]
    return {file_of(made, name) for name in chosen}


@fault("SCH011", "voc", scope="file")
def no_image_and_no_list(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an xml file without an image, which no list names."""
    for name in chosen:
        del made.images[f"{name}.jpg"]
    unlist(made, chosen)
    return {file_of(made, name) for name in chosen}


def unlist(made: Voc, stems: Collection[str]) -> None:
    for split, listed in made.sets.items():
        made.sets[split] = [each for each in listed if each not in stems]


@fault("SCH008", "coco", scope="dataset")
def annotation_zero(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """annotation ids from 0."""
    for document in made.documents.values():
        for at, each in enumerate(document["annotations"]):
            each["id"] = at
    return set()


@fault("SCH012", "voc", *YOLOS, scope="image")
def no_label_file(made: Voc | Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """an image without a label file."""
    for name in chosen:
        del (made.documents if isinstance(made, Voc) else made.labels)[stem(name)]
    if isinstance(made, Voc):
        unlist(made, {stem(name) for name in chosen})
    return {own(name) for name in chosen}


@fault("SCH013", "coco", scope="image")
def other_machine(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """a file_name with the path of another machine."""
    for document in made.documents.values():
        for image in document["images"]:
            if image["file_name"] in chosen:
                image["file_name"] = rng.choice(ELSEWHERE) + image["file_name"]
    return set(chosen)


@fault("SCH013", "voc", scope="image")
def other_machine_voc(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """a <filename> with the path of another machine."""
    for name in chosen:
        tag = made.documents[stem(name)].find("filename")
        if tag is not None:
            tag.text = rng.choice(ELSEWHERE) + name
    return set(chosen)


@fault("SCH013", *YOLOS, scope="image")
def other_machine_yolo(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a path of another machine in train.txt or val.txt."""
    lists = as_lists(made)
    for name in chosen:
        written = rng.choice(["C:\\data\\images\\", "/home/me/data/images/", "..\\images\\"]) + name
        lists[name.partition("/")[0]][name] = written.replace("/", "\\") if "\\" in written else written
    write_lists(made, lists)
    return {own(name) for name in chosen}


@fault("SCH014", *YOLOS, scope="dataset")
def stale_cache(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """a cache older than the labels."""
    made.loose["labels/train.cache"] = b"not what is in the labels"
    return set()
