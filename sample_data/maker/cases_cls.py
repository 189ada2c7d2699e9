"""sample_data/faulty/cases/<CODE>: faults in classes, splits and balance. See cases.py.

Without a case are SPL003, which wants an option, SCH014, which goes by the times of files, and BAL005, a preview.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from sample_data.maker import coco, voc
from sample_data.maker.cases import Case, Maker, Painted, as_coco, as_yolo, both_splits
from sample_data.maker.coco import Document
from sample_data.maker.plant import Finding
from sample_data.maker.truth import crowded_pictures, small_pictures

TRAIN = "annotations/instances_train.json"
COLUMNS, ROWS, SIDE = 12, 9, 50  # a grid of boxes; images are 640 x 480


def grid(names: Sequence[str], images: Sequence[Sequence[int]], first: int = 1) -> Document:
    """Return a COCO document without image files; each image is the categories (from 1) of its boxes, on a grid."""
    numbers = count(100 * first)
    boxes = [[SIDE * (at % COLUMNS) + 5, SIDE * (at // COLUMNS) + 4, 40, 38] for at in range(COLUMNS * ROWS)]
    return {
        "categories": [{"id": number, "name": name} for number, name in enumerate(names, 1)],
        "images": [
            {"id": number, "file_name": f"{number:04}.jpg", "width": 640, "height": 480}
            for number in range(first, first + len(images))
        ],
        "annotations": [
            {
                "id": next(numbers),
                "image_id": number,
                "category_id": own,
                "bbox": box,
                "area": 40 * 38,
                "iscrowd": 0,
            }
            for number, each in enumerate(images, first)
            for own, box in zip(each, boxes, strict=False)
        ],
    }


def no_images(dataset: str, *splits: str) -> list[Finding]:
    """Return the fact that goes with documents alone."""
    return [Finding(dataset, "SCH010", "info", "none", split=split) for split in splits]


def misspelt(dataset: str, painted: Painted) -> Case:
    pictures = crowded_pictures()
    documents = coco.documents(pictures)
    content = documents["train"]
    content["categories"] = [{"id": 1, "name": "apple"}, {"id": 2, "name": "aple"}]
    for at in (7, 40):
        content["annotations"][at]["category_id"] = 2
    place: dict[str, Any] = {
        "line": coco.line_of(content, "categories", 1),
        "pointer": "/categories/1",
        "category": "aple",
    }
    return as_coco(documents, painted(pictures)), [
        Finding(dataset, "CLS004", "warning", "unsafe", TRAIN, **place),
        Finding(dataset, "BAL001", "info", "none"),
        Finding(dataset, "BAL002", "info", "none", TRAIN, **place),
    ]


def padded(dataset: str, painted: Painted) -> Case:
    pictures = both_splits()
    files = as_yolo(pictures, painted(pictures))
    files["data.yaml"] = files["data.yaml"].replace(b"apple", b"'apple '")
    line = files["data.yaml"][: files["data.yaml"].index(b"'apple '")].count(b"\n") + 1
    return files, [Finding(dataset, "CLS005", "warning", "safe", "data.yaml", line, category="apple ")]


def unpinned(dataset: str, painted: Painted) -> Case:
    pictures = [*crowded_pictures(), *small_pictures(4, split="val")]
    documents = {p.name.removesuffix(".jpg"): voc.document(p) for p in pictures}
    for stem, content in documents.items():
        if stem.startswith("apples"):
            content["objects"][5]["name"] = "banana"
    files = {f"Annotations/{stem}.xml": voc.text(content).encode() for stem, content in documents.items()}
    files |= {f"JPEGImages/{name}": data for name, data in painted(pictures).items()}
    for name, stems in voc.image_sets(pictures).items():
        files[f"ImageSets/Main/{name}.txt"] = "".join(f"{stem}\n" for stem in stems).encode()
    return files, [Finding(dataset, "CLS007", "info", "safe")]


def drifted(dataset: str, _: Painted) -> Case:
    names = ("apple", "banana")
    train = grid(names, [[1, 2] * 5] * 30)
    val = grid(names, [[1, 1, 1, 1, 2] * 2] * 30, first=101)
    return as_coco({"train": train, "val": val}, {}), [
        Finding(dataset, "SPL005", "warning", "none", split="val"),
        *no_images(dataset, "train", "val"),
    ]


def backgrounds(dataset: str, _: Painted) -> Case:
    content = grid(("apple",), [[1, 1]] * 52 + [[]] * 8)
    return as_coco({"train": content}, {}), [
        Finding(dataset, "BAL003", "info", "none"),
        *no_images(dataset, "train"),
    ]


def crowd(dataset: str, _: Painted) -> Case:
    content = grid(("apple",), [*([[1] * number for number in (4, 5, 6, 7, 8)] * 11), [1] * 90])
    place: dict[str, Any] = {
        "line": coco.line_of(content, "images", 55),
        "pointer": "/images/55",
        "image": "0056.jpg",
    }
    return as_coco({"train": content}, {}), [
        Finding(dataset, "BAL004", "info", "none", TRAIN, split="train", **place),
        *no_images(dataset, "train"),
    ]


CASES: dict[str, Maker] = {
    "CLS004": misspelt,
    "CLS005": padded,
    "CLS007": unpinned,
    "SPL005": drifted,
    "BAL003": backgrounds,
    "BAL004": crowd,
}
