"""sample_data/faulty/cases/<CODE>: faults in boxes, keypoints and overlap. See cases.py."""

from collections.abc import Callable, Sequence
from typing import Any

from sample_data.maker import coco, yolo
from sample_data.maker.cases import Case, Maker, Painted, apples, as_coco, as_yolo, both_splits
from sample_data.maker.coco import Record
from sample_data.maker.plant import Finding, grades
from sample_data.maker.truth import small_pictures

FILE = "annotations/instances_train.json"
FAULTY = 2  # the record, counted from 0
POINTS = ["stem", "bottom"]


def boxed(record: Record, box: Sequence[float] = ()) -> None:
    """The record is a box alone."""
    del record["segmentation"]
    record["bbox"] = list(box) or record["bbox"]
    record["area"] = record["bbox"][2] * record["bbox"][3]


def pointed(record: Record) -> None:
    """The record has two keypoints, in the middle of its box's upper and lower side."""
    x, y, w, h = record["bbox"]
    record |= {"keypoints": [x + w / 2, y, 2, x + w / 2, y + h, 1], "num_keypoints": 2}


def one_record(
    every: Callable[[Record], object],
    change: Callable[[Record], object],
    verdict: str,
    count: int = 10,
    category: bool = False,
) -> Maker:
    """Return what makes a case: apples, `every` made of each, one record changed, and what an audit says of it, or of
    the category."""

    def case(dataset: str, painted: Painted) -> Case:
        pictures = small_pictures(count)
        documents = apples(pictures)
        content = documents["train"]
        for record in content["annotations"]:
            every(record)
        if every is pointed:
            content["categories"][0]["keypoints"] = POINTS
        record = content["annotations"][FAULTY]
        change(record)
        section, row = ("categories", 0) if category else ("annotations", FAULTY)
        place: dict[str, Any] = {
            "file": FILE,
            "line": coco.line_of(content, section, row),
            "pointer": f"/{section}/{row}",
            "category": "apple",
        }
        if not category:
            place |= {"image": pictures[FAULTY].name, "annotation_id": record["id"], "split": "train"}
        return as_coco(documents, painted(pictures)), [
            Finding(dataset, *grade, **place) for grade in grades(verdict)
        ]

    return case


def sliver(record: Record) -> None:
    record |= {"bbox": [5, 20, 66, 3], "area": 198}


def crumb(record: Record) -> None:
    record |= {"bbox": [30, 20, 4, 4], "area": 16}


def not_labelled(record: Record) -> None:
    record["keypoints"][5], record["num_keypoints"] = 0, 1


def far_away(record: Record) -> None:
    x, y, w, _ = record["bbox"]
    record["keypoints"][:2] = [x + 1.5 * w, y]


def none_counted(record: Record) -> None:
    record["num_keypoints"] = 0


def crowded(dataset: str, painted: Painted) -> Case:
    """One picture holds 101 boxes."""
    pictures = small_pictures()
    documents = apples(pictures)
    content = documents["train"]
    for record in content["annotations"]:
        boxed(record, (40, 20, 4, 4))
    first = content["annotations"][0]
    content["annotations"] += [
        {**first, "id": 11 + at, "bbox": [6 * (at % 12), 1 + 5 * (at // 12), 4, 4]} for at in range(100)
    ]
    return as_coco(documents, painted(pictures)), [Finding(dataset, "DUP005", "info", "none")]


def out_of_order(dataset: str, painted: Painted) -> Case:
    """Oriented boxes, and of one the corners are out of order."""
    pictures = both_splits()
    files = as_yolo(pictures, painted(pictures))
    for at, picture in enumerate(pictures):
        x, y, w, h = (n / side for n, side in zip(picture.fruits[0].xywh, (80, 50, 80, 50), strict=True))
        corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        if at == FAULTY:
            corners = [corners[each] for each in (0, 2, 1, 3)]
        numbers = " ".join(f"{n:.6f}" for corner in corners for n in corner)
        files[yolo.label_name(picture)] = f"0 {numbers}\n".encode()
    name = yolo.label_name(pictures[FAULTY])
    place: dict[str, Any] = {
        "image": f"images/train/{pictures[FAULTY].name}",
        "category": "apple",
        "split": "train",
    }
    return files, [Finding(dataset, "BOX009", "error", "none", name, 1, **place)]


CASES: dict[str, Maker] = {
    "BOX004": one_record(boxed, sliver, "BOX004 warning none"),
    "BOX007": one_record(boxed, crumb, "BOX007 info none", count=36, category=True),
    "BOX009": out_of_order,
    "DUP005": crowded,
    "KPT001": one_record(pointed, not_labelled, "KPT001 warning safe"),
    "KPT002": one_record(pointed, far_away, "KPT002 warning none"),
    "KPT003": one_record(pointed, none_counted, "KPT003 warning safe"),
}
