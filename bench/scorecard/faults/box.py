"""Faults of boxes."""

from __future__ import annotations

import random
from typing import Any

from bench.scorecard.documents import Coco, Dataset, Voc, Yolo
from bench.scorecard.edits import add, class_of, objects, own, reshape
from bench.scorecard.plans import ALL, BOXES, Place, corners, fault, keys, record, row, set_row
from bench.scorecard.world import CLASSES, HEIGHT, WIDTH

FINE = ("coco", "yolo", "yolo segment", "yolo pose", "yolo obb")  # these hold fractions of a pixel


def plain(made: Dataset, place: Place) -> bool:
    """In COCO: no keypoints, which a changed box would no longer hold, and no RLE."""
    if not isinstance(made, Coco):
        return True
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


@fault("BOX001", "coco", can=plain)
def no_width_beside_outline(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """width 0 of a box, beside an outline that is right."""
    for place in chosen:
        record(made, place)["bbox"][2] = 0
    return keys(made, chosen)


@fault("BOX001", "voc")
def corners_swapped(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """xmax before xmin."""
    for place in chosen:
        named = corners(made, place)
        named["xmin"].text, named["xmax"].text = named["xmax"].text, named["xmin"].text
    return keys(made, chosen)


@fault("BOX001", *BOXES)
def no_height(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """height 0."""
    for place in chosen:
        words = row(made, place)
        set_row(made, place, [*words[:4], "0.000000", *words[5:]])
    return keys(made, chosen)


@fault("BOX001", "yolo segment", "yolo obb")
def flat(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """an outline all of whose points lie at one height."""
    for place in chosen:
        number, *points = row(made, place)
        points[1::2] = [points[1]] * len(points[1::2])
        set_row(made, place, [number, *points])
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


@fault("BOX002", *BOXES)
def out_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a centre so near the edge that half the box is outside."""
    for place in chosen:
        number, _, *rest = row(made, place)
        set_row(made, place, [number, rng.choice(["0.020000", "0.990000"]), *rest])
    return keys(made, chosen)


@fault("BOX002", "yolo obb")
def out_obb(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """all four corners moved, so that two lie 10 px outside."""
    for place in chosen:
        number, *points = row(made, place)
        xs = [float(each) for each in points[0::2]]
        shift = -min(xs) - 10 / WIDTH if rng.random() < 0.5 else 1 - max(xs) + 10 / WIDTH
        points[0::2] = [f"{each + shift:.6f}" for each in xs]
        set_row(made, place, [number, *points])
    return keys(made, chosen)


@fault("BOX003", *FINE, can=plain)
def thin(made: Dataset, chosen: list[Place], rng: random.Random) -> set[str]:
    """a side of 0.4 px."""
    for place in chosen:
        reshape(made, place, (rng.randint(9, 200), rng.randint(9, 200), 60, 0.4), rng)
    return keys(made, chosen)


@fault("BOX003", "voc")
def thin_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """both corners the same on one axis."""
    for place in chosen:
        named = corners(made, place)
        named["xmax"].text = named["xmin"].text
    return keys(made, chosen)


@fault("BOX004", *ALL, can=plain)
def strip(made: Dataset, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box 100 px wide and 2 px high."""
    for place in chosen:
        reshape(made, place, (rng.randint(9, 200), rng.randint(9, 200), 100, 2), rng)
    return keys(made, chosen)


@fault("BOX005", "coco", can=plain)
def wrong_area(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an area 30 % too large, or 0."""
    for place in chosen:
        record(made, place)["area"] *= rng.choice([1.3, 0])
    return keys(made, chosen)


@fault("BOX006", "coco", can=plain)
def box_elsewhere(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box 12 px beside its outline."""
    for place in chosen:
        x, y, w, h = record(made, place)["bbox"]
        record(made, place)["bbox"] = [x + 12 if x < WIDTH / 2 else x - 12, y, w, h]
    return keys(made, chosen)


@fault("BOX007", *ALL, scope="dataset")
def three_dwarfs(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """three boxes of a class that are 4 px, where all others are 30 to 90."""
    mine = [place for place in made.rows() if class_of(made, place) == CLASSES[2]]
    for place in rng.sample(mine, 3):
        reshape(made, place, (rng.randint(9, 300), rng.randint(9, 200), 4, 4), rng)
    return set()


@fault("BOX008", *ALL, scope="share", threshold=0.04, share=0.04)
def pasted(made: Dataset, chosen: list[Place], rng: random.Random) -> set[str]:
    """the same box in a share of the images."""
    for name in rng.sample(sorted(made.images), round(len(chosen) / len(made.rows()) * len(made.images))):
        add(made, name, CLASSES[1], (121, 122, 57, 53), random.Random(1))
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


@fault("BOX010", *ALL, scope="image", can=lambda made, name: len(objects(made, name)) > 1)
def all_of_it(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """a box around all of a picture that holds other objects."""
    for name in chosen:
        add(made, name, CLASSES[4], (0, 0, WIDTH, HEIGHT), rng)
    return {own(name) for name in chosen}
