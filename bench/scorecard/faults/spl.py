"""Faults of splits."""

from __future__ import annotations

import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.faults.img import opened, saved
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


@fault("SPL002", "coco", scope="image", decode=True, can=lambda made, name: name.startswith("val"))
def nearly_same(made: Coco, chosen: list[str], rng: random.Random) -> set[str]:
    """an image of val that is one of train, saved coarser."""
    twins = rng.sample([name for name in sorted(made.images) if name.startswith("train")], len(chosen))
    for name, twin in zip(chosen, twins, strict=True):
        made.images[name] = saved(opened(made.images[twin]), quality=50)
    return set(chosen)


@fault("SPL004", "yolo", scope="dataset")
def only_in_val(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """a class that stands in val but not in train."""
    made.config |= {"names": [*made.config["names"], "zeppelin"], "nc": made.config["nc"] + 1}
    for name in [name for name, lines in made.labels.items() if name.startswith("val") and lines][:25]:
        made.labels[name][0] = " ".join(["8", *made.labels[name][0].split()[1:]])
    return set()


@fault("SPL005", "yolo", scope="dataset")
def drifted(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """half of val in one class."""
    for name, lines in made.labels.items():
        if name.startswith("val"):
            made.labels[name] = [
                " ".join(["3" if rng.random() < 0.5 else line.split()[0], *line.split()[1:]])
                for line in lines
            ]
    return set()


@fault("SPL003", "yolo", scope="dataset", pattern=r"(clip\d+)_")
def same_clip(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """an image of one clip in train, another in val."""
    for split in ("train", "val"):
        name = next(each for each in made.images if each.startswith(split))
        made.images[f"{split}/clip3_{split}.jpg"] = made.images.pop(name)
        made.labels[f"{split}/clip3_{split}"] = made.labels.pop(name.removesuffix(".jpg"))
    return set()
