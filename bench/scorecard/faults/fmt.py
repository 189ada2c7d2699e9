"""Faults of one format's dialect."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.plans import BOXES, YOLOS, Place, corners, fault, file_of, keys, record, row, set_row
from bench.scorecard.world import HEIGHT, WIDTH


@fault("FMT001", "yolo")
def outline_among_boxes(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """an outline among boxes."""
    for place in chosen:
        number, *rest = row(made, place)
        cx, cy, w, h = map(float, rest)
        points = [cx - w / 2, cy, cx, cy - h / 2, cx + w / 2, cy, cx, cy + h / 2]
        set_row(made, place, [number, *(f"{value:.6f}" for value in points)])
    return keys(made, chosen)


@fault("FMT001", "yolo segment", "yolo obb")
def box_among_outlines(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of five numbers among outlines."""
    for place in chosen:
        number, *rest = row(made, place)
        xs, ys = [*map(float, rest[0::2])], [*map(float, rest[1::2])]
        middle = [(min(each) + max(each)) / 2 for each in (xs, ys)]
        size = [max(each) - min(each) for each in (xs, ys)]
        set_row(made, place, [number, *(f"{value:.6f}" for value in middle + size)])
    return keys(made, chosen)


@fault("FMT001", "yolo pose")
def box_among_poses(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of five numbers among rows with keypoints."""
    for place in chosen:
        set_row(made, place, row(made, place)[:5])
    return keys(made, chosen)


@fault("FMT002", *YOLOS)
def malformed(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a row of three numbers, or of one too many, with commas, or with a name for a number."""
    for place in chosen:
        words = row(made, place)
        spelled = rng.choice([words[:4], [*words, "0.9"], [",".join(words)], ["kettle", *words[1:]]])
        set_row(made, place, spelled)
    return keys(made, chosen)


@fault("FMT003", *YOLOS, scope="file", can=lambda made, name: bool(made.labels[name]))
def pixels(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """a file of pixels where fractions belong."""
    for name in chosen:
        for at in range(len(made.labels[name])):
            number, *rest = row(made, (name, at))
            set_row(made, (name, at), [number, *in_pixels(rest, made.task)])
    return {file_of(made, name) for name in chosen}


def in_pixels(words: list[str], task: str) -> list[str]:
    """The numbers of a row times the image's sides; of a pose every third after the box is no place."""
    found = []
    for at, word in enumerate(words):
        side = (at - 4) % 3 if task == "pose" and at >= 4 else at % 2
        found.append(word if side == 2 else f"{float(word) * (WIDTH, HEIGHT)[side]:.1f}")
    return found


@fault("FMT004", *YOLOS, scope="dataset")
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


@fault("FMT005", *YOLOS, scope="dataset")
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


@fault("FMT010", "voc", scope="dataset")
def sizes_as_corners(made: Voc, chosen: list[None], rng: random.Random) -> set[str]:
    """width and height where xmax and ymax belong."""
    for place in made.rows():
        x0, y0, x1, y1 = (corners(made, place)[tag] for tag in ("xmin", "ymin", "xmax", "ymax"))
        x1.text, y1.text = (
            str(int(far.text or 0) - int(near.text or 0)) for near, far in ((x0, x1), (y0, y1))
        )
    return set()


@fault("FMT010", *BOXES, scope="dataset")
def corners_as_centre(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """x y x y where centre and size belong."""
    for place in made.rows():
        number, *words = row(made, place)
        cx, cy, w, h = map(float, words[:4])
        new = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
        set_row(made, place, [number, *(f"{value:.6f}" for value in new), *words[4:]])
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
