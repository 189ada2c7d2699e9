"""Faults of annotations that lie on each other."""

from __future__ import annotations

import copy
import random

from bench.scorecard.documents import Coco, Voc, Yolo
from bench.scorecard.plans import Place, corners, element, fault, keys, record, row, set_row

OTHERS = 100_000  # ids of what is planted


def again(made: Coco | Voc | Yolo, place: Place) -> Place:
    """Write an annotation a second time, last of its file; return where."""
    name = place[0]
    if isinstance(made, Coco):
        listed = made.documents[name]["annotations"]
        listed.append(copy.deepcopy(record(made, place)) | {"id": OTHERS + len(listed)})
        return name, len(listed) - 1
    if isinstance(made, Voc):
        made.documents[name].append(copy.deepcopy(element(made, place)))
        return name, len(made.documents[name].findall("object")) - 1
    made.labels[name].append(made.labels[name][place[1]])
    return name, len(made.labels[name]) - 1


@fault("DUP001", "coco", "voc", "yolo", "yolo segment", "yolo pose", "yolo obb")
def twice(made: Coco | Voc | Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time under an id of its own."""
    return keys(made, [again(made, place) for place in chosen])


@fault("DUP002", "coco")
def nearly_coco(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time shifted by a pixel."""
    return keys(made, [shifted_coco(made, place) for place in chosen])


@fault("DUP003", "coco")
def other_class_coco(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time as another class."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        record(made, place)["category_id"] = record(made, place)["category_id"] % 8 + 1
    return keys(made, made_at)


@fault("DUP002", "voc")
def nearly_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time a pixel narrower."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        named = corners(made, place)
        named["xmax"].text = str(int(named["xmax"].text or 0) - 1)
    return keys(made, made_at)


@fault("DUP003", "voc")
def other_class_voc(made: Voc, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time as another class."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        name = element(made, place).find("name")
        if name is not None:
            name.text = "kettle" if name.text == "lantern" else "lantern"
    return keys(made, made_at)


@fault("DUP002", "yolo")
def nearly_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time shifted by a pixel."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        number, cx, *rest = row(made, place)
        set_row(made, place, [number, f"{float(cx) + 1 / 360:.6f}", *rest])
    return keys(made, made_at)


@fault("DUP003", "yolo")
def other_class_yolo(made: Yolo, chosen: list[Place], rng: random.Random) -> set[str]:
    """written twice, the second time as another class."""
    made_at = [again(made, place) for place in chosen]
    for place in made_at:
        number, *rest = row(made, place)
        set_row(made, place, [(int(number) + 1) % 8, *rest])
    return keys(made, made_at)


def shifted_coco(made: Coco, place: Place) -> Place:
    new = again(made, place)
    x, y, w, h = record(made, new)["bbox"]
    record(made, new)["bbox"] = [x + 1, y, w, h]
    if isinstance(record(made, new)["segmentation"], list):
        ring = record(made, new)["segmentation"][0]
        record(made, new)["segmentation"] = [[round(n + (at % 2 == 0), 2) for at, n in enumerate(ring)]]
    return new


@fault("DUP004", "coco", scope="row")
def group(made: Coco, chosen: list[Place], rng: random.Random) -> set[str]:
    """a box around all of a picture whose objects are of one class."""
    found = []
    for name, image in {(name, record(made, (name, at))["image_id"]) for name, at in chosen}:
        listed = made.documents[name]["annotations"]
        mine = [each for each in listed if each["image_id"] == image]
        if len(mine) >= 3:
            for each in mine:
                each["category_id"] = 2
                each.pop("keypoints", None), each.pop("num_keypoints", None)
            found.append((name, len(listed)))
            listed.append({"id": OTHERS * 2 + len(listed), "image_id": image, "category_id": 2, "bbox": [0, 0, 360, 240],
                           "area": 360 * 240, "iscrowd": 0})  # fmt: skip
    return keys(made, found)


@fault("DUP005", "yolo", scope="dataset")
def hundreds(made: Yolo, chosen: list[None], rng: random.Random) -> set[str]:
    """two images of 120 objects."""
    for name in rng.sample(sorted(made.labels), 2):
        made.labels[name] = [
            f"{at % 8} {0.04 + at % 12 * 0.08:.6f} {0.05 + at // 12 * 0.095:.6f} 0.075000 0.090000"
            for at in range(120)
        ]
    return set()
