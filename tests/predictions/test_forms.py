from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from annotool.dataset import Dataset
from tests.formats.coco.build import annotation, category, document, image, put
from tests.predictions.build import read, told

Box = Sequence[float]
BOXES: list[Box] = [[50 + 40 * at, 30 + 30 * at, 200, 150] for at in range(7)]
WIDE: list[Box] = [[10 + at, 10 + at, 627 - at, 467 - at] for at in range(7)]
FORMS: dict[str, tuple[list[Box], Callable[[Box], Box], str]] = {
    "right": (BOXES, lambda b: b, ""),
    "a model that does not clip": (WIDE, lambda b: [b[0], b[1], b[2] + 9, b[3] + 9], ""),
    "fractions": (BOXES, lambda b: [b[0] / 640, b[1] / 480, b[2] / 640, b[3] / 480], "boxes are fractions of"),
    "corners": (BOXES, lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]], "boxes are x1 y1 x2 y2"),
    "another size": (BOXES, lambda b: [2 * each for each in b], "boxes leave their image by a tenth"),
}  # fmt: skip


def joined(root: Path, truth: list[Box], boxes: list[Box]) -> Dataset:
    labels = [annotation(at + 1, image_id=at + 1, bbox=[*box]) for at, box in enumerate(truth)]
    images = [image(at + 1, file_name=f"{at}.jpg") for at in range(len(truth))]
    put(root, {"labels.json": document(images, labels, [category()])})
    records = [
        {"image_id": at + 1, "category_id": 1, "bbox": [*box], "score": 0.9} for at, box in enumerate(boxes)
    ]
    return read(root / "labels.json", put(root, {"results.json": json.dumps(records)}) / "results.json")


@pytest.mark.parametrize(("truth", "form", "says"), FORMS.values(), ids=list(FORMS))
def test_boxes_in_another_form_are_told_and_not_scored(
    tmp_path: Path, truth: list[Box], form: Callable[[Box], Box], says: str
) -> None:
    data = joined(tmp_path, truth, [form(box) for box in truth])
    said = told(data)
    assert len(said) == bool(says)
    assert all(each.startswith(says) and each in data.notes[-1] for each in said)
    gone = np.isnan(data.table("predictions")["x"])
    assert gone.all() == gone.any() == any("not scored" in each for each in said)


def test_a_few_boxes_tell_nothing(tmp_path: Path) -> None:
    assert told(joined(tmp_path, BOXES[:4], [FORMS["corners"][1](box) for box in BOXES[:4]])) == []


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        ({"size": [480, 640], "counts": [0, 9, 480 * 640 - 9]}, []),
        ({"size": [480, 640], "counts": [480 * 640]}, []),  # without a pixel
        ({"size": [240, 320], "counts": [0, 9, 240 * 320 - 9]}, ["the mask is 240 x 320 (height x width), its image 480 x 640"]),
        ({"counts": "garbage!!", "size": [480, 640]}, ["no mask: "]),
    ],
)  # fmt: skip
def test_masks_that_are_none_or_of_another_size_are_told(
    tmp_path: Path, mask: object, says: list[str]
) -> None:
    put(tmp_path, {"labels.json": document([image(1)], categories=[category()])})
    record = {"image_id": 1, "category_id": 1, "segmentation": mask, "score": 0.5}
    path = put(tmp_path, {"results.json": json.dumps([record])}) / "results.json"
    said = told(read(tmp_path / "labels.json", path))
    assert len(said) == len(says)
    assert all(each.startswith(start) for each, start in zip(said, says, strict=True))
