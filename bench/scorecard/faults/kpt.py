"""Faults of keypoints."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Yolo
from bench.scorecard.plans import Place, fault, keys, record, row, set_row


def person(made: Coco, place: Place) -> bool:
    return "keypoints" in record(made, place)


@fault("KPT001", "coco", can=person)
def wrong_points(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a point too few, a visibility of 9, or a point that is not there at some place."""
    for place in chosen:
        points = record(made, place)["keypoints"]
        fault = rng.randrange(3)
        if fault == 0:
            del points[-3:]
        else:
            points[2 if fault == 1 else -3] = 9
    return keys(made, chosen)


@fault("KPT001", "yolo pose")
def wrong_points_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a visibility of 9, or a point that is not there at some place."""
    for place in chosen:
        words = row(made, place)
        if rng.random() < 0.5:
            words[7] = "9"
        else:
            words[-3:] = ["0.400000", "0.400000", "0"]
        set_row(made, place, words)
    return keys(made, chosen)


@fault("KPT002", "coco", can=person)
def far_away(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a point half a box beside its box."""
    for place in chosen:
        x, _, w, _ = record(made, place)["bbox"]
        record(made, place)["keypoints"][0] = x + w + w // 2
    return keys(made, chosen)


@fault("KPT002", "yolo pose")
def far_away_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """a point at the other end of the image."""
    for place in chosen:
        words = row(made, place)
        words[5] = "0.010000" if float(words[1]) > 0.5 else "0.990000"
        set_row(made, place, words)
    return keys(made, chosen)


@fault("KPT003", "coco", can=person)
def wrong_count(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a num_keypoints that is one too many."""
    for place in chosen:
        record(made, place)["num_keypoints"] += 1
    return keys(made, chosen)
