from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotool.predictions.categories import COCO_91
from tests.formats.coco.build import put
from tests.predictions.build import coco, read, told, voc, yolo


def results(root: Path, *ids: int, image: Any = "b") -> Path:
    records = [
        {"image_id": image, "category_id": code, "bbox": [10 + at, 10, 50, 40], "score": 0.5}
        for at, code in enumerate(ids)
    ]
    return put(root, {"results.json": json.dumps(records)}) / "results.json"


CASES: dict[str, tuple[Any, tuple[int, ...], list[str], str]] = {
    "ids": (coco, (2, 1), ["dog", "cat"], "id"),
    "indices": (yolo, (0, 1), ["cat", "dog"], "id"),
    "one of them alone": (yolo, (1,), ["dog"], "id"),
    "counted from one": (yolo, (1, 2), ["cat", "dog"], "class, counted from 1"),
    "a truth without ids": (voc, (0, 1), ["cat", "dog"], "place in the class order"),
}


@pytest.mark.parametrize(("truth", "ids", "names", "by"), CASES.values(), ids=list(CASES))
def test_categories_are_found(
    tmp_path: Path, truth: Any, ids: tuple[int, ...], names: list[str], by: str
) -> None:
    data = read(truth(tmp_path), results(tmp_path, *ids))
    assert data.names_of(data.table("predictions")["category"]).tolist() == names
    assert data.facts["predictions"]["categories_by"] == by
    assert data.facts["predictions"]["categories"] == dict(sorted(zip(map(str, ids), names, strict=True)))
    assert told(data) == []
    assert by in data.notes[-1]


def test_what_counts_from_zero_is_said_and_not_scored(tmp_path: Path) -> None:
    data = read(coco(tmp_path), results(tmp_path, 0, 1))
    assert data.table("predictions")["category"].tolist() == [-1, -1]
    assert told(data) == [
        "category ids count from 0 (0 to 1), those of the ground truth from 1; no prediction is scored"
    ]


def test_classes_from_zero_are_not_scored_against_ids_with_gaps(tmp_path: Path) -> None:
    file = coco(tmp_path) / "labels.json"
    held = json.loads(file.read_text())
    held["categories"] = [{"id": each, "name": f"kind {each}"} for each in COCO_91]
    file.write_text(json.dumps(held))
    data = read(file.parent, results(tmp_path, 0, 15, 79))
    assert data.table("predictions")["category"].tolist() == [-1, -1, -1]
    assert told(data) == [
        "category ids count from 0 (0 to 79), those of the ground truth from 1; no prediction is scored"
    ]


def test_the_ids_of_coco_are_known(tmp_path: Path) -> None:
    assert len(COCO_91) == 80
    assert (COCO_91[0], COCO_91[11], COCO_91[-1]) == (1, 13, 90)
    names = [f"class {at}" for at in range(80)]
    files = {
        "labels/b.txt": "0 0.5 0.5 0.25 0.25\n",
        "data.yaml": f"names: {names}\ntrain: images\nval: images\n",
    }
    data = read(put(tmp_path / "yolo", files), results(tmp_path, 1, 13, 90))
    assert data.names_of(data.table("predictions")["category"]).tolist() == [
        "class 0",
        "class 11",
        "class 79",
    ]
    assert data.facts["predictions"]["categories_by"] == "COCO's 91 ids"


def test_an_unknown_one_is_told_once(tmp_path: Path) -> None:
    data = read(coco(tmp_path), results(tmp_path, 1, 5, 5))
    assert told(data) == ["the ground truth has no category 5: 2 not scored"]


def test_a_word_among_numbers_spoils_its_own_row_alone(tmp_path: Path) -> None:
    text = "0 0.5 0.5 0.25 0.5 0.9\nx 0.5 0.5 0.25 0.5 0.8\n1 0.25 0.5 0.25 0.5 0.7\n"
    data = read(coco(tmp_path), put(tmp_path / "run", {"labels/b.txt": text}))
    rows = data.table("predictions")["category"]
    assert data.names_of(rows).tolist() == ["cat", "", "dog"]
    assert data.facts["predictions"]["categories_by"] == "place in the class order"
    assert told(data) == ["the ground truth has no category 'x', or several: 1 not scored"]


def test_names_and_numbers_side_by_side(tmp_path: Path) -> None:
    text = "0 0.5 0.5 0.25 0.5 0.9\ndog 0.5 0.5 0.25 0.5 0.8\n"
    data = read(coco(tmp_path), put(tmp_path / "run", {"labels/b.txt": text}))
    assert data.names_of(data.table("predictions")["category"]).tolist() == ["cat", "dog"]
    assert data.facts["predictions"]["categories_by"] == "name, else place in the class order"
    assert told(data) == []
