"""Faults of outlines and masks."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Yolo
from bench.scorecard.faults.box import plain
from bench.scorecard.plans import Place, fault, keys, record, row, set_row
from bench.scorecard.world import WIDTH


@fault("SEG001", "coco", can=plain)
def few_points(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a ring more, of two points or of an odd count of numbers."""
    for place in chosen:
        ring = record(made, place)["segmentation"][0]
        record(made, place)["segmentation"].append(rng.choice([ring[:4], ring[:7]]))
    return keys(made, chosen)


@fault("SEG002", "coco", can=plain)
def crossing(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """two points of a ring swapped, so that it crosses itself."""
    for place in chosen:
        ring = record(made, place)["segmentation"][0]
        ring[4:6], ring[12:14] = ring[12:14], ring[4:6]
    return keys(made, chosen)


@fault("SEG002", "yolo segment")
def crossing_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """two points of a ring swapped, so that it crosses itself."""
    for place in chosen:
        number, *ring = row(made, place)
        ring[4:6], ring[12:14] = ring[12:14], ring[4:6]
        set_row(made, place, [number, *ring])
    return keys(made, chosen)


@fault("SEG003", "coco", can=plain)
def outside(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an outline of which one point lies 6 px outside, its box inside."""
    for place in chosen:
        x, y, w, h = record(made, place)["bbox"]
        ring = record(made, place)["segmentation"][0]
        shift = [-x if x < WIDTH / 2 else WIDTH - x - w, 0]
        ring = [value + shift[at % 2] for at, value in enumerate(ring)]
        out = (
            min(range(0, len(ring), 2), key=ring.__getitem__)
            if shift[0] < 0
            else max(range(0, len(ring), 2), key=ring.__getitem__)
        )
        ring[out] += -6 if shift[0] < 0 else 6
        record(made, place)["segmentation"] = [[round(value, 2) for value in ring]]
        record(made, place)["bbox"] = [x + shift[0], y, w, h]
    return keys(made, chosen)


@fault("SEG003", "yolo segment")
def outside_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """an outline of which one point lies 6 px outside."""
    for place in chosen:
        number, *points = row(made, place)
        at = 2 * rng.randrange(len(points) // 2)
        points[at] = f"{rng.choice([-6, WIDTH + 6]) / WIDTH:.6f}"
        set_row(made, place, [number, *points])
    return keys(made, chosen)


@fault("SEG004", "yolo segment")
def on_a_line(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """an outline whose points lie on a line."""
    for place in chosen:
        points = (value + step for step in (0, 0.08, 0.04, 0.06) for value in (0.3, 0.4))
        set_row(made, place, [row(made, place)[0], *(f"{value:.6f}" for value in points)])
    return keys(made, chosen)


@fault("SEG004", "coco", can=plain)
def no_area(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a ring more, whose points lie on a line."""
    for place in chosen:
        x, y, _, _ = record(made, place)["bbox"]
        record(made, place)["segmentation"].append([x + 5, y + 5, x + 9, y + 9, x + 7, y + 7])
    return keys(made, chosen)


@fault("SEG005", "coco", can=plain)
def sliver(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a ring more, of two square pixels."""
    for place in chosen:
        x, y, _, _ = record(made, place)["bbox"]
        record(made, place)["segmentation"].append([x + 1, y + 1, x + 3, y + 1, x + 3, y + 2, x + 1, y + 2])
    return keys(made, chosen)


@fault("SEG006", "coco", can=lambda made, place: isinstance(record(made, place)["segmentation"], dict))
def runs_short(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """an RLE whose runs do not fill the image, or that is of another size."""
    for place in chosen:
        runs = record(made, place)["segmentation"]
        if rng.random() < 0.5:
            runs["counts"] = runs["counts"][:-1]
        else:
            runs["size"] = runs["size"][::-1]
    return keys(made, chosen)


@fault("SEG007", "coco", scope="share", threshold=0.05, can=plain)
def rectangles(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """outlines that are only their box."""
    for place in chosen:
        x, y, w, h = record(made, place)["bbox"]
        record(made, place)["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
        record(made, place)["area"] = w * h
    return set()


@fault("SEG007", "yolo segment", scope="share", threshold=0.05)
def rectangles_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """outlines that are only their box."""
    for place in chosen:
        number, *words = row(made, place)
        xs, ys = sorted(words[0::2], key=float), sorted(words[1::2], key=float)
        left, top, right, bottom = xs[0], ys[0], xs[-1], ys[-1]
        set_row(made, place, [number, left, top, right, top, right, bottom, left, bottom])
    return set()
