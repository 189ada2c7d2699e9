"""What a plan for planting a fault is: which rule, in which documents, in what scope, and how."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.scorecard import documents
from bench.scorecard.documents import Coco, Dataset, Voc, Yolo
from bench.scorecard.world import Picture

Place = tuple[str, int]
Plant = Callable[[Any, list[Any], random.Random], set[str]]

FORMS: dict[str, Callable[[Sequence[Picture]], Dataset]] = {
    "coco": documents.coco,
    "voc": documents.voc,
    "yolo": documents.yolo,
    "yolo segment": lambda truth: documents.yolo(truth, "segment"),
    "yolo pose": lambda truth: documents.yolo(truth, "pose"),
    "yolo obb": lambda truth: documents.yolo(truth, "obb"),
}

ALL = tuple(FORMS)
YOLOS = ("yolo", "yolo segment", "yolo pose", "yolo obb")
BOXES = ("yolo", "yolo pose")  # of these, the kinds whose rows hold a box as four numbers


@dataclass(frozen=True)
class Plan:
    """One way to plant the fault of one rule.

    scope: `row` (an annotation), `image`, `file`, `category`, `dataset` (planted once, or not), `share` (planted in a
    share of the rows, at half and at twice `threshold`). `plant(documents, chosen, rng)` changes the documents and
    returns the keys of the findings to expect, as `key` spells them; of `dataset` and `share` the rule's code says all.
    """

    rule: str
    form: str
    scope: str
    plant: Plant
    can: Callable[[Any, Any], bool] | None = None  # which candidates can hold it
    threshold: float = 0.0
    decode: bool = False
    most: float = 1.0  # the largest rate at which it still is a fault
    options: Mapping[str, Any] = field(default_factory=dict)  # of the rule
    what: str = ""


PLANS: list[Plan] = []

# Why a number may be below 1.
HARD_BLOCKS = "saved at another quality, some pictures of hard blocks differ in more than 2 of 64 bits"
EXPLAINED: dict[str, str] = {
    "IMG009": HARD_BLOCKS,
    "SPL002": HARD_BLOCKS,
    "IMG011": "some pictures keep enough edges at 64 px when they are blurred: the score is cleanvision's",
}


def fault(
    rule: str, *forms: str, scope: str = "row", can: Callable[[Any, Any], bool] | None = None,
    threshold: float = 0.0, decode: bool = False, most: float = 1.0, **options: Any,
) -> Callable[[Plant], Plant]:  # fmt: skip
    """Put a planting function on the list, once for each form."""

    def listed(plant: Plant) -> Plant:
        what = (plant.__doc__ or "").strip().rstrip(".")
        PLANS.extend(
            Plan(rule, form, scope, plant, can, threshold, decode, most, options, what) for form in forms
        )
        return plant

    return listed


def candidates(made: Dataset, scope: str) -> list[Any]:
    """What can be chosen from: rows for `row` and `share`, names of images for `image`, of label files for `file`."""
    if scope in ("row", "share"):
        return list(made.rows())
    if scope == "image":
        return list(made.images)
    if scope == "file":
        return list(made.documents if isinstance(made, Coco | Voc) else made.labels)
    if scope == "category":
        return list(range(8))
    return [None]


def key(made: Dataset, place: Place) -> str:
    """How a finding on an annotation is called: its file, and its pointer or line."""
    name, at = place
    if isinstance(made, Coco):
        return f"{made.name(name)}#/annotations/{at}"
    if isinstance(made, Voc):
        return f"Annotations/{name}.xml#/annotation/object[{at + 1}]"
    return f"labels/{name}.txt:{at + 1}"


def keys(made: Dataset, places: Sequence[Place]) -> set[str]:
    return {key(made, place) for place in places}


def file_of(made: Dataset, name: str) -> str:
    """The path of a label file."""
    if isinstance(made, Coco):
        return made.name(name)
    return f"Annotations/{name}.xml" if isinstance(made, Voc) else f"labels/{name}.txt"


def record(made: Coco, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = made.documents[place[0]]["annotations"][place[1]]
    return found


def element(made: Voc, place: Place) -> documents.Element:
    return made.documents[place[0]].findall("object")[place[1]]


def corners(made: Voc, place: Place) -> dict[str, documents.Element]:
    """The four corner elements of an object, by tag."""
    box = element(made, place).find("bndbox")
    return {each.tag: each for each in box} if box is not None else {}


def row(made: Yolo, place: Place) -> list[str]:
    return made.labels[place[0]][place[1]].split()


def set_row(made: Yolo, place: Place, words: Sequence[object]) -> None:
    made.labels[place[0]][place[1]] = " ".join(map(str, words))
