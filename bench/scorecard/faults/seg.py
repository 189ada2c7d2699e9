"""Faults of outlines and masks."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco
from bench.scorecard.faults.box import plain
from bench.scorecard.plans import Place, fault, keys, record


@fault("SEG001", "coco", can=plain)
def few_points(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a ring more, of two points or of an odd count of numbers."""
    for place in chosen:
        ring = record(made, place)["segmentation"][0]
        record(made, place)["segmentation"].append(rng.choice([ring[:4], ring[:7]]))
    return keys(made, chosen)
