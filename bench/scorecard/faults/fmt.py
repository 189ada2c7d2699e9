"""Faults of one format's dialect."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.plans import Place, corners, fault, file_of, keys, record, row, set_row
from bench.scorecard.world import WIDTH


@fault("FMT001", "yolo segment")
def box_among_outlines(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of five numbers among outlines."""
    for place in chosen:
        number, *rest = row(made, place)
        xs, ys = [*map(float, rest[0::2])], [*map(float, rest[1::2])]
        middle = [(min(each) + max(each)) / 2 for each in (xs, ys)]
        size = [max(each) - min(each) for each in (xs, ys)]
        set_row(made, place, [number, *(f"{value:.6f}" for value in middle + size)])
    return keys(made, chosen)


@fault("FMT002", "yolo")
def malformed(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of four or six numbers, with commas, or with a name for a number."""
    for place in chosen:
        words = row(made, place)
        spelled = rng.choice([words[:4], [*words, "0.9"], [",".join(words)], ["kettle", *words[1:]]])
        set_row(made, place, spelled)
    return keys(made, chosen)


@fault("FMT003", "yolo", scope="file", can=lambda made, name: bool(made.labels[name]))
def pixels(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a file of pixels where fractions belong."""
    for name in chosen:
        for at in range(len(made.labels[name])):
            number, cx, cy, w, h = row(made, (name, at))
            scaled = [float(cx) * 360, float(cy) * 240, float(w) * 360, float(h) * 240]
            set_row(made, (name, at), [number, *(f"{value:.1f}" for value in scaled)])
    return {file_of(made, name) for name in chosen}


@fault("FMT004", "yolo", scope="dataset")
def wrong_count(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """nc that is not the length of names."""
    made.config["nc"] = 5
    return set()


@fault("FMT006", "voc", scope="file")
def other_name(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """a <filename> that is not the xml's."""
    for stem in chosen:
        name = made.documents[stem].find("filename")
        if name is not None:
            name.text = f"copy_of_{stem}.jpg"
    return {file_of(made, stem) for stem in chosen}


@fault("FMT005", "yolo", scope="dataset")
def other_folder(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """images below a folder that is not called images."""
    made.loose |= {f"pictures/{name}": data for name, data in made.images.items()}
    made.images.clear()
    made.config |= {"train": "pictures/train", "val": "pictures/val"}
    return set()


@fault("FMT007", "voc", scope="dataset")
def zeros_beside_ones(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """boxes at 1 and at the width say 1-inclusive, a few at 0 contradict."""
    for at, place in enumerate(rng.sample(made.rows(), 200)):
        named = corners(made, place)
        if at % 2:
            named["xmax"].text = str(WIDTH)
        else:
            named["xmin"].text = "1"
    for place in rng.sample(made.rows(), 1):
        corners(made, place)["ymin"].text = "0"
    return set()


@fault("FMT008", "coco", scope="dataset")
def category_zero(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """category ids from 0."""
    for document in made.documents.values():
        for category in document["categories"]:
            category["id"] -= 1
        for each in document["annotations"]:
            each["category_id"] -= 1
    return set()


@fault("FMT009", "coco", scope="dataset")
def grouping(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """a category that is only the group of the others."""
    for document in made.documents.values():
        document["categories"].append({"id": 50, "name": "thing", "supercategory": "none"})
    return set()


@fault("FMT010", "coco", scope="dataset")
def corners_as_sizes(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """x y x y where x y w h belongs."""
    for document in made.documents.values():
        for each in document["annotations"]:
            x, y, w, h = each["bbox"]
            each["bbox"] = [x, y, x + w, y + h]
    return set()


@fault(
    "FMT011",
    "coco",
    scope="share",
    threshold=0.05,
    can=lambda made, place: isinstance(record(made, place)["segmentation"], dict),
)
def crowds(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """iscrowd 1 on a share of the annotations, all of them RLE."""
    for place in chosen:
        record(made, place)["iscrowd"] = 1
    return set()
