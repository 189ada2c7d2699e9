"""What consumers of labels do with a fault: they stop, drop an image or an annotation, or read it as something else.

Each rule says it of each consumer (`--target`) in `Rule.targets`, as read in that consumer's source; what was not
read there is not said. Facts only: nothing here is taken from their code.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Severity
from annotool.table import Array

__all__ = [
    "TARGETS",
    "Consequence",
    "Effect",
    "Target",
    "drops",
    "drops_image",
    "misreads",
    "stops",
]

When = Callable[[Dataset, Block], Array]


class Effect(StrEnum):
    """What a consumer does, the worst first."""

    STOPS = "stops"
    DROPS_IMAGE = "drops-image"
    DROPS = "drops-annotation"
    MISREADS = "misreads"


class Consequence(msgspec.Struct, frozen=True):
    """What one consumer does with what a finding names.

    Of several of one consumer the first that holds counts. `when` tells for which findings of a block (bool, one a
    row); None: all. `formats` are those it holds in; empty:
    all that the consumer reads. Where one finding stands for several, the value `many` holds how many.
    """

    effect: Effect
    target: str
    says: str  # goes on after the consumer's name: "drops the whole image"
    severity: Severity = Severity.ERROR  # a finding is raised to it
    when: When | None = None
    formats: tuple[str, ...] = ()
    many: str = ""


stops = partial(Consequence, Effect.STOPS)
drops_image = partial(Consequence, Effect.DROPS_IMAGE)
drops = partial(Consequence, Effect.DROPS)
misreads = partial(Consequence, Effect.MISREADS)


class Target(msgspec.Struct, frozen=True):
    """A consumer of labels: what it does with them, the formats it reads, and the source that was read."""

    does: str
    reads: tuple[str, ...]
    source: str


TARGETS = {
    "ultralytics": Target("training", ("yolo",), "ultralytics 8.4.190"),
    "torchvision": Target(
        "training", ("coco",), "torchvision 0.29.1; references/detection of pytorch/vision at aaca9bd"
    ),
    "detectron2": Target("training", ("coco",), "facebookresearch/detectron2 at 910b796 and c0ccab0"),
    "mmdet": Target("training", ("coco", "voc"), "mmdet 3.3.0, with the configs it brings"),
    "albumentations": Target(
        "augmenting", ("coco", "voc", "yolo"), "albumentations 2.0.8, BboxParams as they are"
    ),
    "coco-eval": Target("evaluation", ("coco",), "pycocotools 2.0.11"),
}


# When a consequence holds: conditions that several rules share.


def severe(data: Dataset, part: Block) -> Array:
    """Findings that are errors by themselves."""
    return np.asarray(part.columns["severity"] == Severity.ERROR)


def of_image(data: Dataset, part: Block) -> Array:
    """Findings that name an image."""
    return np.asarray(part.columns["image"] >= 0)


def of_none(data: Dataset, part: Block) -> Array:
    """Findings that name no image: of a whole file, a folder, the dataset."""
    return np.asarray(part.columns["image"] < 0)


def value_is(name: str, *values: object) -> When:
    """Findings whose value `name` is one of these."""

    def holds(data: Dataset, part: Block) -> Array:
        held = part.values.get(name)
        if held is None:
            return np.zeros(len(part), dtype=bool)
        return np.array([each in values for each in held.tolist()], dtype=bool)

    return holds


def worded_as(*texts: str) -> When:
    """Findings whose message, as a template, begins with one of these texts."""

    def holds(data: Dataset, part: Block) -> Array:
        return np.full(len(part), part.message.startswith(texts))

    return holds


def away(data: Dataset, part: Block) -> Array:
    """Findings whose box has no part inside its image, as far as the size is known."""
    rows = part.columns["annotation"]
    box, width, height = data.boxes.xywh[rows], data.boxes.width[rows], data.boxes.height[rows]
    across = np.minimum(box[:, 0] + box[:, 2], width) - np.maximum(box[:, 0], 0)
    down = np.minimum(box[:, 1] + box[:, 3], height) - np.maximum(box[:, 1], 0)
    return np.asarray((rows >= 0) & ((across <= 0) | (down <= 0)))


def below(*names: str, least: float = 0.0) -> When:
    """Findings of which one of these values is a number under `least`."""

    def holds(data: Dataset, part: Block) -> Array:
        held = [
            np.asarray(part.values[name], dtype=np.float64) < least for name in names if name in part.values
        ]
        return np.asarray(np.any([*held, np.zeros(len(part), dtype=bool)], axis=0))

    return holds


def beyond(name: str, most: float = 0.0) -> When:
    """Findings whose value `name` is a number over `most`."""

    def holds(data: Dataset, part: Block) -> Array:
        held = part.values.get(name)
        held = np.zeros(len(part)) if held is None else held
        return np.asarray((name in part.values) & (np.asarray(held, dtype=np.float64) > most))

    return holds


def both(*conditions: When) -> When:
    """Findings that meet all of these."""

    def holds(data: Dataset, part: Block) -> Array:
        return np.asarray(np.all([each(data, part) for each in conditions], axis=0))

    return holds


def either(*conditions: When) -> When:
    """Findings that meet one of these."""

    def holds(data: Dataset, part: Block) -> Array:
        return np.asarray(np.any([each(data, part) for each in conditions], axis=0))

    return holds


def no(condition: When) -> When:
    """Findings that do not meet it."""

    def holds(data: Dataset, part: Block) -> Array:
        return np.asarray(~condition(data, part))

    return holds


def lacks(*fields: str) -> When:
    """Findings of a COCO record without a field, each given as `annotations/id`."""

    def holds(data: Dataset, part: Block) -> Array:
        if part.message != "{key} is missing":
            return np.zeros(len(part), dtype=bool)
        pairs = zip(part.columns["pointer"].tolist(), part.values["key"].tolist(), strict=True)
        return np.array(
            [f"{pointer.split('/')[1]}/{key}" in fields for pointer, key in pairs if pointer], dtype=bool
        )

    return holds


def nan_in_bbox(data: Dataset, part: Block) -> Array:
    """Findings of a COCO bbox that holds NaN (infinity is told apart: comparisons with it are not all false)."""
    text = part.values.get("got", np.full(len(part), "", dtype=object)).tolist()
    named = np.array(["nan" in each.lower() for each in text], dtype=bool)
    return np.asarray(value_is("key", "bbox")(data, part) & named)


def strays(data: Dataset, part: Block) -> Array:
    """Findings of a box whose centre, width or height as a fraction of the image is below -0.01 or over 1.01."""
    rows = part.columns["annotation"]
    sides = np.stack([data.boxes.width[rows], data.boxes.height[rows]] * 2, axis=1)
    box = data.boxes.xywh[rows] / sides
    box[:, :2] += box[:, 2:] / 2
    return np.asarray((rows >= 0) & ((box > 1.01) | (box < -0.01)).any(axis=1))


def ringless(data: Dataset, part: Block) -> Array:
    """Findings of polygons that are left without a ring when those with under 6 or an odd count of numbers go."""
    rings = data.rings
    sound = np.unique(rings["row"][(rings["numbers"] >= 6) & (rings["numbers"] % 2 == 0)])
    return np.asarray(~np.isin(part.columns["annotation"], sound))
