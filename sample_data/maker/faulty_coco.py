"""sample_data/faulty/coco: what is changed in which record, and what an audit has to say."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from sample_data.maker import coco, draw
from sample_data.maker.coco import Document, Record
from sample_data.maker.plant import Finding, grades, unchanged
from sample_data.maker.truth import Picture

Change = Callable[[Record], object]

DATASET = "faulty/coco"
NAN = float("nan")


def moved(x: float = 0, y: float = 0, **values: object) -> Change:
    """Shift box and outline of a record, then set values."""

    def change(record: Record) -> None:
        left, top, w, h = record["bbox"]
        rings = [[n + (y if at % 2 else x) for at, n in enumerate(ring)] for ring in record["segmentation"]]
        record.update(bbox=[left + x, top + y, w, h], segmentation=rings, **values)

    return change


def box(
    x: float | None = None, y: float | None = None, w: float | None = None, h: float | None = None
) -> Change:
    """Set sides of the box alone."""

    def change(record: Record) -> None:
        record["bbox"] = [
            old if new is None else new for old, new in zip(record["bbox"], (x, y, w, h), strict=True)
        ]

    return change


def alone(
    x: float | None = None, y: float | None = None, right: float = 0, bottom: float = 0, w: float = 0
) -> Change:
    """Leave a record without an outline, its box moved to x, y or with another right or lower edge or width."""

    def change(record: Record) -> None:
        left, top, wide, high = record["bbox"]
        left, top = left if x is None else x, top if y is None else y
        wide, high = w or (right - left if right else wide), bottom - top if bottom else high
        record.update(bbox=[left, top, wide, high], segmentation=[], area=wide * high)

    return change


# picture, fruit in it, what changes in its record, what the audit says
ANNOTATIONS: list[tuple[int, int, Change, str]] = [
    (1, 0, lambda r: r.update(bbox=r["bbox"][:3]), "SCH002 error none"),
    (1, 1, lambda r: r.update(image_id="1"), "SCH002 error safe"),
    (2, 0, lambda r: r.pop("iscrowd"), "SCH003 error safe"),
    (2, 1, box(w=0), "BOX001 error unsafe"),
    (3, 0, box(x=NAN), "SCH004 error unsafe"),
    (3, 3, alone(right=200.5), "BOX002 warning safe"),
    (4, 0, lambda r: r.update(id=1), "SCH006 error safe"),
    (4, 2, alone(y=130, bottom=175), "BOX002 error unsafe"),
    (5, 0, alone(x=400, y=40), "BOX002 error unsafe"),
    (6, 0, lambda r: r.update(id=0), "SCH008 warning safe"),
    (6, 3, alone(w=0.6), "BOX003 warning unsafe"),
    (10, 0, lambda r: r.update(category_id=0), ""),
    (10, 1, lambda r: r.update(area=3 * r["area"]), "BOX005 warning safe"),
    (11, 0, lambda r: r.update(category_id=0), ""),
    (11, 1, lambda r: r.update(area=0), "BOX005 error safe"),
    (12, 0, lambda r: r.update(iscrowd=1), "FMT011 warning unsafe"),
    (12, 1, lambda r: r["segmentation"].append([40.0, 40.0, 60.0, 60.0]), "SEG001 error unsafe"),
    (14, 0, lambda r: r.update(category_id=99), "CLS001 error none"),
]

# picture, fruit in it, what is different in the copy that is added at the end of its file, what the audit says
COPIES: list[tuple[int, int, Change, str]] = [
    (14, 1, lambda r: r.update(image_id=9999, id=900), "SCH007 error unsafe"),
    (18, 0, lambda r: r.update(id=901), "DUP001 warning safe"),
    (19, 0, moved(x=1, id=902), "DUP002 warning unsafe"),
    (20, 0, lambda r: r.update(id=903, category_id=3), "DUP003 warning none"),
]

# picture, what changes in its record, what the audit says
IMAGES: list[tuple[int, Change, str]] = [
    (7, lambda r: r.update(width=0), "SCH009 error safe"),
    (8, unchanged, "SCH010 error unsafe"),  # its file is not there, see FILES
    (9, lambda r: r.update(file_name="night\\fruit_009.jpg"), "SCH013 warning safe"),
    (13, unchanged, "IMG001 error none"),
    (2, unchanged, "IMG002 warning none"),
    (15, lambda r: r.update(width=2 * r["width"], height=2 * r["height"]), "IMG003 error safe"),
    (22, unchanged, "IMG004 warning none"),
    (17, unchanged, "SPL001 error unsafe"),
]

# picture, what differs in the copy that is added at the end of its file, what the audit says
IMAGE_COPIES: list[tuple[int, Change, str]] = [(5, lambda r: r.update(id=95), "SCH005 error none")]

# a category added to both files, what the audit says
CATEGORIES: list[tuple[Record, str]] = [
    (
        {"id": 0, "name": "Apple", "supercategory": "fruit"},
        "FMT008 warning unsafe, CLS003 warning unsafe, BAL002 info none",
    ),
    ({"id": 4, "name": "grape", "supercategory": "fruit"}, "CLS002 warning none"),
    ({"id": 5, "name": "fruit", "supercategory": "none"}, "FMT009 warning unsafe"),
]

# findings that name no record: BOX003's share of boxes under 3 px once the image is scaled for training
WHOLE = "BOX003 info none"


def build(pictures: list[Picture], files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Finding]]:
    """Return the files of the dataset, paths below DATASET, and the findings of its audit."""
    documents = coco.documents(pictures)
    planted: list[tuple[Record, str]] = []
    split_of = {picture.number: picture.split for picture in pictures}
    things = fruit_records(documents, pictures)
    images = {record["id"]: record for content in documents.values() for record in content["images"]}
    for number, fruit, change, verdict in COPIES:
        record = copied(things[number, fruit], change)
        documents[split_of[number]]["annotations"].append(record)
        planted.append((record, verdict))
    for number, change, verdict in IMAGE_COPIES:
        record = copied(images[number], change)
        documents[split_of[number]]["images"].append(record)
        planted.append((record, verdict))
    for number, fruit, change, verdict in ANNOTATIONS:
        change(things[number, fruit])
        planted.append((things[number, fruit], verdict))
    for number, change, verdict in IMAGES:
        change(images[number])
        planted.append((images[number], verdict))
    for record, verdict in CATEGORIES:
        for content in documents.values():
            content["categories"].append(record)
        planted.append((record, verdict))
    written = {f"annotations/instances_{split}.json": coco.text(d).encode() for split, d in documents.items()}
    written |= {f"images/{name}": data for name, data in image_files(pictures, files).items()}
    findings = [
        finding
        for record, verdict in planted
        if verdict
        for finding in findings_of(record, verdict, documents)
    ]
    findings += [Finding(DATASET, *grade) for grade in grades(WHOLE)]
    return written, findings


def copied(record: Record, change: Change) -> Record:
    new = copy.deepcopy(record)
    change(new)
    return new


def fruit_records(
    documents: Mapping[str, Document], pictures: list[Picture]
) -> dict[tuple[int, int], Record]:
    records = iter([record for content in documents.values() for record in content["annotations"]])
    return {(picture.number, at): next(records) for picture in pictures for at in range(len(picture.fruits))}


def image_files(pictures: list[Picture], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the image files, changed as IMAGES needs it."""
    name = {picture.number: picture.name for picture in pictures}
    changed = dict(files)
    changed.pop(name[8])
    changed[f"night/{name[9]}"] = changed.pop(name[9])
    changed[name[13]] = b""
    changed[name[2]] = files[name[2]].removesuffix(b"\xff\xd9")
    turned = next(picture for picture in pictures if picture.number == 22)
    changed[turned.name] = draw.encode(draw.paint(turned), turned.name, orientation=6)
    changed[name[17]] = files[name[1]]
    return changed


def findings_of(record: Record, verdict: str, documents: Mapping[str, Document]) -> list[Finding]:
    """Return the findings a record is to get, each with the place where it stands first."""
    for split, content in documents.items():
        for section in ("annotations", "images", "categories"):
            for index, other in enumerate(content[section]):
                if other is record:
                    place: dict[str, Any] = {
                        "file": f"annotations/instances_{split}.json",
                        "line": coco.line_of(content, section, index),
                        "pointer": f"/{section}/{index}",
                        **named(record, section, split, content),
                    }
                    return [Finding(DATASET, *grade, **place) for grade in grades(verdict)]
    raise LookupError(f"{record} stands in no document")


def named(record: Record, section: str, split: str, content: Document) -> dict[str, Any]:
    """Return the names a finding gives: image, annotation id, category, split."""
    categories = {each["id"]: each["name"] for each in content["categories"]}
    images = {each["id"]: each["file_name"] for each in content["images"]}
    if section == "categories":
        return {"category": record["name"]}
    if section == "images":
        return {"image": record["file_name"], "split": split}
    return {
        "image": images.get(int(record["image_id"]), ""),  # "1" means 1
        "annotation_id": record["id"],
        "category": categories.get(record["category_id"], ""),
        "split": split if int(record["image_id"]) in images else "",
    }
