"""Faults of classes."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Yolo
from bench.scorecard.faults.box import plain
from bench.scorecard.plans import Place, fault, keys, record, row, set_row


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
