"""Faults of splits."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.plans import fault


@fault("SPL001", "voc", scope="image", can=lambda made, name: name.startswith("train"))
def in_both_lists(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of train named in val.txt as well."""
    made.sets["val"] += [name.removesuffix(".jpg") for name in chosen]
    return set(chosen)


@fault("SPL001", "coco", scope="image", can=lambda made, name: name.startswith("val"))
def same_bytes_coco(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of val with the very bytes of one of train."""
    twins = rng.sample([name for name in made.images if name.startswith("train")], len(chosen))
    made.images |= {name: made.images[twin] for name, twin in zip(chosen, twins, strict=True)}
    return set(chosen)


@fault("SPL001", "yolo", scope="image", can=lambda made, name: name.startswith("val"))
def same_bytes_yolo(made: Yolo, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of val with the very bytes of one of train."""
    twins = rng.sample([name for name in made.images if name.startswith("train")], len(chosen))
    made.images |= {name: made.images[twin] for name, twin in zip(chosen, twins, strict=True)}
    return {name.rpartition("/")[2] for name in chosen}
