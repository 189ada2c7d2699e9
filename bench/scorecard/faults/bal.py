"""Imbalance."""

from __future__ import annotations

import random

from bench.scorecard.documents import Dataset
from bench.scorecard.edits import add, class_of, clear, declare, grid, objects, own, recast, rename
from bench.scorecard.plans import ALL, fault
from bench.scorecard.world import CLASSES


@fault("BAL001", *ALL, scope="dataset")
def one_for_all(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """nineteen of twenty annotations in one class."""
    recast(made, [place for place in made.rows() if rng.random() < 0.95], CLASSES[1])
    return set()


@fault("BAL002", *ALL, scope="dataset")
def nine(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """a class of nine annotations."""
    declare(made, "zeppelin")
    recast(made, rng.sample([place for place in made.rows() if "val" not in place[0]], 9), "zeppelin")
    return set()


@fault("BAL003", *ALL, scope="dataset")
def empty(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """a third of the images without objects."""
    clear(made, rng.sample(sorted(made.images), len(made.images) // 3))
    return set()


@fault("BAL004", *ALL, scope="dataset")
def crowded(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """three images of 60 objects each."""
    images = rng.sample([name for name in sorted(made.images) if objects(made, name)], 3)
    clear(made, images)
    for name in images:
        for at, box in enumerate(grid(10, 6)):
            add(made, name, CLASSES[at % 8], box, rng)
    return set()


@fault("BAL005", *ALL, scope="dataset")
def by_name(made: Dataset, chosen: list[None], rng: random.Random) -> set[str]:
    """two cameras, whose names the files bear, each with classes of its own."""
    for at, name in enumerate(sorted(made.images)):
        for place in objects(made, name):
            recast(made, [place], CLASSES[CLASSES.index(class_of(made, place)) // 2 * 2 + at % 2])
        rename(made, name, f"{('alpha', 'beta')[at % 2]}_{own(name)}")
    return set()
