"""Faults of boxes."""

from __future__ import annotations

import random
from typing import Any

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.plans import Place, corners, fault, keys, record, row, set_row
from bench.scorecard.world import HEIGHT, WIDTH


def plain(made: Coco, place: Place) -> bool:
    """No keypoints, which a changed box would no longer hold, and no RLE."""
    found = record(made, place)
    return "keypoints" not in found and isinstance(found["segmentation"], list)


def bare(found: dict[str, Any], box: list[float]) -> None:
    """Give a record another box and nothing but the box."""
    found["bbox"], found["area"] = box, box[2] * box[3]
    found.pop("segmentation")


@fault("BOX001", "coco", can=plain)
def no_width(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """width 0 or below."""
    for place in chosen:
        x, y, _, h = record(made, place)["bbox"]
        bare(record(made, place), [x, y, rng.choice([0, -12]), h])
    return keys(made, chosen)


@fault("BOX001", "voc")
def corners_swapped(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """xmax before xmin."""
    for place in chosen:
        named = corners(made, place)
        named["xmin"].text, named["xmax"].text = named["xmax"].text, named["xmin"].text
    return keys(made, chosen)


@fault("BOX001", "yolo")
def no_height(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """height 0."""
    for place in chosen:
        set_row(made, place, [*row(made, place)[:4], "0.000000"])
    return keys(made, chosen)


@fault("BOX002", "coco", can=plain)
def out_coco(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """one edge 0.5 to 40 px outside."""
    for place in chosen:
        _, _, w, h = record(made, place)["bbox"]
        over = rng.choice([0.5, 3, 40.25])
        bare(
            record(made, place),
            rng.choice([[-over, 9, w, h], [WIDTH - w + over, 9, w, h], [9, HEIGHT - h + over, w, h]]),
        )
    return keys(made, chosen)


@fault("BOX002", "voc")
def out_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """the right or lower edge 2 to 40 px outside."""
    for place in chosen:
        tag, side = rng.choice([("xmax", WIDTH), ("ymax", HEIGHT)])
        corners(made, place)[tag].text = str(side + rng.randint(2, 40))
    return keys(made, chosen)


@fault("BOX002", "yolo")
def out_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a centre so near the edge that half the box is outside."""
    for place in chosen:
        number, _, cy, w, h = row(made, place)
        set_row(made, place, [number, rng.choice(["0.020000", "0.990000"]), cy, w, h])
    return keys(made, chosen)


@fault("BOX003", "coco", can=plain)
def thin_coco(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a side of 0.4 px."""
    for place in chosen:
        x, y, w, _ = record(made, place)["bbox"]
        bare(record(made, place), [x, y, w, 0.4])
    return keys(made, chosen)


@fault("BOX003", "voc")
def thin_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """both corners the same on one axis."""
    for place in chosen:
        named = corners(made, place)
        named["xmax"].text = named["xmin"].text
    return keys(made, chosen)


@fault("BOX003", "yolo")
def thin_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a side of 0.4 px."""
    for place in chosen:
        set_row(made, place, [*row(made, place)[:4], f"{0.4 / HEIGHT:.6f}"])
    return keys(made, chosen)


@fault("BOX005", "coco", can=plain)
def wrong_area(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an area 30 % too large, or 0."""
    for place in chosen:
        record(made, place)["area"] *= rng.choice([1.3, 0])
    return keys(made, chosen)


@fault("BOX004", "coco", can=plain)
def strip_coco(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box 100 px wide and 2 px high."""
    for place in chosen:
        bare(record(made, place), [rng.randint(0, 200), rng.randint(0, 200), 100, 2])
    return keys(made, chosen)


@fault("BOX004", "yolo")
def strip_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box 100 px wide and 2 px high."""
    for place in chosen:
        number, _, cy, *_ = row(made, place)
        set_row(made, place, [number, "0.500000", cy, f"{100 / WIDTH:.6f}", f"{2 / HEIGHT:.6f}"])
    return keys(made, chosen)


@fault("BOX006", "coco", can=plain)
def box_elsewhere(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box 12 px beside its outline."""
    for place in chosen:
        x, y, w, h = record(made, place)["bbox"]
        record(made, place)["bbox"] = [x + 12 if x < WIDTH / 2 else x - 12, y, w, h]
    return keys(made, chosen)


@fault("BOX007", "coco", scope="dataset")
def one_giant(made: Coco, chosen: list[None], rng: random.Random) -> set[str]:
    """three boxes of a class that are 4 px, where all others are 30 to 90."""
    mine = [place for place in made.rows() if record(made, place)["category_id"] == 3 and plain(made, place)]
    for place in rng.sample(mine, 3):
        x, y, _, _ = record(made, place)["bbox"]
        bare(record(made, place), [x, y, 4, 4])
    return set()


@fault("BOX008", "coco", scope="share", threshold=0.04, can=plain, share=0.04)
def pasted(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """the same box in a share of the images."""
    of_images = {record(made, each)["image_id"]: each for each in chosen}
    many = round(len(chosen) / len(made.rows()) * len(made.images))
    for place in [*of_images.values()][:many]:
        bare(record(made, place), [121, 122, 57, 53])
        record(made, place)["category_id"] = 2
    return set()


@fault("BOX009", "yolo obb")
def crossed(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """four corners in an order that crosses."""
    for place in chosen:
        number, *points = row(made, place)
        set_row(made, place, [number, *points[:2], *points[4:6], *points[2:4], *points[6:]])
    return keys(made, chosen)


@fault("BOX009", "yolo obb", most=0.04)
def skewed(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """four corners that are no rectangle."""
    for place in chosen:
        number, *points = row(made, place)
        set_row(made, place, [number, *points[:2], f"{float(points[2]) - 0.06:.6f}", *points[3:]])
    return keys(made, chosen)
