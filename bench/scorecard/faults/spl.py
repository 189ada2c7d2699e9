"""Faults of splits."""

from __future__ import annotations

import random

from bench.scorecard.documents import Dataset, Voc
from bench.scorecard.edits import declare, named_in, objects, own, recast, rename
from bench.scorecard.faults.img import names, resaved
from bench.scorecard.plans import ALL, fault
from bench.scorecard.world import CLASSES


def of_train(made: Dataset) -> list[str]:
    return [name for name in sorted(made.images) if own(name).startswith("train")]


@fault("SPL001", "voc", scope="image", can=named_in("train"))
def in_both_lists(made: Voc, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of train named in val.txt as well."""
    made.sets["val"] += [name.removesuffix(".jpg") for name in chosen]
    return set(chosen)


@fault("SPL001", *ALL, scope="image", can=named_in("val"))
def same_bytes(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of val with the very bytes of one of train."""
    twins = rng.sample(of_train(made), len(chosen))
    made.images |= {name: made.images[twin] for name, twin in zip(chosen, twins, strict=True)}
    return names(chosen)


@fault("SPL002", *ALL, scope="image", decode=True, can=named_in("val"))
def nearly_same(made: Dataset, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of val that is one of train, saved coarser."""
    twins = rng.sample(of_train(made), len(chosen))
    made.images |= {name: resaved(made.images[twin]) for name, twin in zip(chosen, twins, strict=True)}
    return names(chosen)


@fault("SPL003", *ALL, scope="dataset", pattern=r"(clip\d+)_")
def same_clip(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """an image of one clip in train, another in val."""
    for split in ("train", "val"):
        rename(made, next(each for each in made.images if own(each).startswith(split)), f"clip3_{split}.jpg")
    return set()


@fault("SPL004", *ALL, scope="dataset")
def only_in_val(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """a class that stands in val but not in train."""
    declare(made, "zeppelin")
    first = [objects(made, name)[:1] for name in sorted(made.images) if own(name).startswith("val")]
    recast(made, [place for places in first for place in places][:25], "zeppelin")
    return set()


@fault("SPL005", *ALL, scope="dataset")
def drifted(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """half of val in one class."""
    recast(made, [each for each in made.rows() if "val" in each[0] and rng.random() < 0.5], CLASSES[3])
    return set()
