"""The truth as documents of each format, which faults are planted in, and the files these become.

None of this is annotool's own writing: a fault of its writers must not hide one of its readers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from bench.scorecard.world import CLASSES, HEIGHT, JOINTS, WIDTH, Picture, area

Record = dict[str, Any]
Element = ET.Element


@dataclass
class Coco:
    """`documents` by split, `images` by name; `text` changes a document's text at the end, `loose` are more files."""

    documents: dict[str, Record]
    images: dict[str, bytes]
    loose: dict[str, bytes] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, int]]:
        """Every annotation: its split and place in the list."""
        return [
            (split, at) for split, each in self.documents.items() for at in range(len(each["annotations"]))
        ]

    def name(self, split: str) -> str:
        return f"annotations/instances_{split}.json"

    def files(self) -> dict[str, bytes]:
        texts = {self.name(split): json_text(each).encode() for split, each in self.documents.items()}
        return texts | {f"images/{name}": data for name, data in self.images.items()} | self.loose


@dataclass
class Voc:
    """`documents` by stem, `sets` by split, `images` by name."""

    documents: dict[str, Element]
    sets: dict[str, list[str]]
    images: dict[str, bytes]
    loose: dict[str, bytes] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, int]]:
        """Every object: the stem of its file and its place among the objects."""
        return [
            (stem, at) for stem, each in self.documents.items() for at in range(len(each.findall("object")))
        ]

    def files(self) -> dict[str, bytes]:
        made = {}
        for stem, document in self.documents.items():
            ET.indent(document)
            made[f"Annotations/{stem}.xml"] = ET.tostring(document) + b"\n"
        for split, stems in self.sets.items():
            made[f"ImageSets/Main/{split}.txt"] = "".join(f"{stem}\n" for stem in stems).encode()
        return made | {f"JPEGImages/{name}": data for name, data in self.images.items()} | self.loose


@dataclass
class Yolo:
    """`labels` by `split/stem`, each a list of lines; `config` is data.yaml; `images` by `split/name`; `task` as there."""

    labels: dict[str, list[str]]
    config: Record
    images: dict[str, bytes]
    loose: dict[str, bytes] = field(default_factory=dict)
    task: str = "detect"

    def rows(self) -> list[tuple[str, int]]:
        """Every line: its file and its place in it."""
        return [(name, at) for name, lines in self.labels.items() for at in range(len(lines))]

    def files(self) -> dict[str, bytes]:
        made = {
            f"labels/{name}.txt": "".join(f"{line}\n" for line in lines).encode()
            for name, lines in self.labels.items()
        }
        made["data.yaml"] = "".join(
            f"{key}: {json.dumps(value)}\n" for key, value in self.config.items()
        ).encode()
        return made | {f"images/{name}": data for name, data in self.images.items()} | self.loose


Dataset = Coco | Voc | Yolo


def coco(truth: Sequence[Picture]) -> Coco:
    """Polygons in two files, train and val; every tenth object as an RLE, persons with keypoints."""
    documents: dict[str, Record] = {}
    for split in ("train", "val"):
        documents[split] = {
            "info": {"description": "made up"},
            "images": [],
            "annotations": [],
            "categories": [category(number, name) for number, name in enumerate(CLASSES, 1)],
        }
    for number, picture in enumerate(truth, 1):
        document = documents[picture.split]
        document["images"].append({"id": number, "file_name": picture.name, "width": WIDTH, "height": HEIGHT})
        for thing in picture.things:
            at = len(document["annotations"]) + 1
            document["annotations"].append(annotation(at, number, thing))
    return Coco(documents, {picture.name: picture.data for picture in truth})


def category(number: int, name: str) -> Record:
    made: Record = {"id": number, "name": name, "supercategory": "thing"}
    return (
        made | {"keypoints": list(JOINTS), "skeleton": [[1, 2], [1, 3], [1, 4]]} if name == "person" else made
    )


def annotation(number: int, image: int, thing: Any) -> Record:
    x, y, w, h = thing.box
    made: Record = {"id": number, "image_id": image, "category_id": thing.category + 1, "bbox": [x, y, w, h]}
    if number % 10 == 0:
        made["segmentation"], made["area"] = ellipse_runs(thing.box)
    else:
        made["segmentation"], made["area"] = [list(thing.outline)], round(area(thing.outline), 2)
    made["iscrowd"] = 0
    if thing.category == 0:
        points = [(x + w // 2, y + 2, 2), (x + 2, y + h // 2, 2), (x + w - 3, y + h // 2, 1), (0, 0, 0)]
        made |= {"keypoints": [number for point in points for number in point], "num_keypoints": 3}
    return made


def ellipse_runs(box: tuple[int, int, int, int]) -> tuple[Record, int]:
    """An ellipse that fills the box, as uncompressed RLE: column by column, and its area."""
    x, y, w, h = box
    counts, position, covered = [], 0, 0
    for column in range(w):
        reach = (1 - ((column + 0.5 - w / 2) / (w / 2)) ** 2) ** 0.5
        length = max(1, round(h * reach))
        first = (x + column) * HEIGHT + y + (h - length) // 2
        counts += [first - position, length]
        position, covered = first + length, covered + length
    return {"size": [HEIGHT, WIDTH], "counts": [*counts, WIDTH * HEIGHT - position]}, covered


def json_text(document: Mapping[str, Any]) -> str:
    """One record a line."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list):
            body = ",\n".join(json.dumps(each) for each in value)
            parts.append(f"{json.dumps(key)}: [\n{body}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{" + ",\n".join(parts) + "}\n"


def voc(truth: Sequence[Picture]) -> Voc:
    """A devkit; corners 1-based and inclusive."""
    documents, sets = {}, {"train": [], "val": []}  # type: dict[str, Element], dict[str, list[str]]
    for picture in truth:
        stem = picture.name.removesuffix(".jpg")
        sets[picture.split].append(stem)
        root = ET.Element("annotation")
        child(root, "folder", "VOC2012")
        child(root, "filename", picture.name)
        size = ET.SubElement(root, "size")
        for tag, number in (("width", WIDTH), ("height", HEIGHT), ("depth", 3)):
            child(size, tag, number)
        for thing in picture.things:
            root.append(voc_object(CLASSES[thing.category], thing.box))
        documents[stem] = root
    return Voc(documents, sets, {picture.name: picture.data for picture in truth})


def voc_object(name: str, box: tuple[int, int, int, int]) -> Element:
    x, y, w, h = box
    made = ET.Element("object")
    for tag, value in (("name", name), ("pose", "Unspecified"), ("truncated", 0), ("difficult", 0)):
        child(made, tag, value)
    corners = ET.SubElement(made, "bndbox")
    for tag, number in (("xmin", x + 1), ("ymin", y + 1), ("xmax", x + w), ("ymax", y + h)):
        child(corners, tag, number)
    return made


def child(parent: Element, tag: str, value: object) -> None:
    ET.SubElement(parent, tag).text = str(value)


def yolo(truth: Sequence[Picture], task: str = "detect") -> Yolo:
    """Ultralytics' layout; rows of boxes, outlines (segment) or boxes with keypoints (pose)."""
    labels = {
        f"{picture.split}/{picture.name.removesuffix('.jpg')}": [
            yolo_row(thing, task) for thing in picture.things
        ]
        for picture in truth
    }
    config: Record = {
        "train": "images/train",
        "val": "images/val",
        "nc": len(CLASSES),
        "names": list(CLASSES),
    }
    if task == "pose":
        config |= {"kpt_shape": [len(JOINTS), 3], "flip_idx": [0, 2, 1, 3]}
    images = {f"{picture.split}/{picture.name}": picture.data for picture in truth}
    return Yolo(labels, config, images, task=task)


def yolo_row(thing: Any, task: str) -> str:
    x, y, w, h = thing.box
    centre = [(x + w / 2) / WIDTH, (y + h / 2) / HEIGHT, w / WIDTH, h / HEIGHT]
    if task == "segment":
        numbers = [value / (WIDTH, HEIGHT)[at % 2] for at, value in enumerate(thing.outline)]
    elif task == "obb":
        corners = [x, y, x + w, y, x + w, y + h, x, y + h]
        numbers = [value / (WIDTH, HEIGHT)[at % 2] for at, value in enumerate(corners)]
    elif task == "pose":
        points = [(x + w / 2, y + 2, 2), (x + 2, y + h / 2, 2), (x + w - 3, y + h / 2, 1), (0, 0, 0)]
        numbers = centre + [value for px, py, seen in points for value in (px / WIDTH, py / HEIGHT, seen)]
    else:
        numbers = centre
    return " ".join(
        [
            str(thing.category),
            *(f"{number:.6f}" if isinstance(number, float) else str(number) for number in numbers),
        ]
    )


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a new folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if name.endswith(".cache"):
            os.utime(path, (0, 0))  # from before all others
