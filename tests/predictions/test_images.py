from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.formats.coco.build import category, document, image, put
from tests.predictions.build import coco, read, told, voc, whole, yolo

BOX = {"category_id": 1, "bbox": [10, 10, 50, 40], "score": 0.5}


def results(root: Path, *calls: dict[str, Any]) -> Path:
    """Results that call their images so, each with a box of its own."""
    records = [{**BOX, "bbox": [10 + at, 10, 50, 40], **call} for at, call in enumerate(calls)]
    return put(root, {"results.json": json.dumps(records)}) / "results.json"


CALLS: dict[str, tuple[list[dict[str, Any]], list[int], str]] = {
    "ids": ([{"image_id": 3}, {"image_id": 1}], [2, 0], "id"),
    "stems": ([{"image_id": "b"}, {"image_id": "scan.v2"}], [1, 0], "stem"),
    "a number for a stem": ([{"image_id": 7}, {"image_id": "b"}], [2, 1], "stem"),
    "numbers alone": ([{"image_id": 7}], [2], "stem"),
    "a number and its file": ([{"image_id": 7, "file_name": "0007.jpg"}], [2], "file name"),
    "ids and files that agree": ([{"image_id": 2, "file_name": "b.jpg"}], [1], "id"),
    "ids and files that do not": ([{"image_id": 2, "file_name": "scan.v2.jpg"}], [0], "file name"),
    "a path": ([{"image_id": "x", "file_name": "/data/val/images/b.png"}], [1], "stem"),
    "most by id, one by its text": ([{"image_id": 1}, {"image_id": 2}, {"image_id": "0007"}], [0, 1, 2], "id and stem"),
    "numbers in quotes": ([{"image_id": "3"}, {"image_id": "1"}], [2, 0], "id"),
    "escapes": ([{"image_id": "\u0062"}], [1], "stem"),
}  # fmt: skip


@pytest.mark.parametrize(("calls", "rows", "by"), CALLS.values(), ids=list(CALLS))
def test_images_are_found(tmp_path: Path, calls: list[dict[str, Any]], rows: list[int], by: str) -> None:
    data = read(coco(tmp_path), results(tmp_path, *calls))
    assert data.table("predictions")["image"].tolist() == rows
    assert data.facts["predictions"]["images_by"] == by
    assert told(data) == []
    assert whole(data)


@pytest.mark.parametrize("truth", [voc, yolo])
def test_stems_find_images_without_ids(tmp_path: Path, truth: Any) -> None:
    data = read(truth(tmp_path), results(tmp_path, {"image_id": "b"}, {"image_id": 7}))
    names = data.table("images")["file_name"][data.table("predictions")["image"]].tolist()
    assert [name.partition(".")[0] for name in names] == ["b", "0007"]


def test_a_text_that_is_no_stem_is_told(tmp_path: Path) -> None:
    data = read(coco(tmp_path), results(tmp_path, {"image_id": "b"}, {"image_id": "c"}))
    assert told(data) == ["the ground truth has no image 'c', or several: 1 not scored"]
    assert data.table("predictions")["image"].tolist() == [1, -1]


def test_a_stem_of_two_images_is_none(tmp_path: Path) -> None:
    images = [image(at, file_name=f"{folder}/a.jpg") for at, folder in enumerate(("x", "y"), 1)]
    put(tmp_path / "set", {"labels.json": document(images, categories=[category()])})
    data = read(tmp_path / "set", results(tmp_path, {"image_id": "a"}))
    assert told(data) == ["the ground truth has no image 'a', or several: 1 not scored"]


def test_ids_that_name_images_of_two_files_are_not_guessed(tmp_path: Path) -> None:
    split = {name: document([image(1, file_name=f"{name}.jpg")]) for name in ("train", "val")}
    put(tmp_path / "set", {f"{name}.json": text for name, text in split.items()})
    data = read(tmp_path / "set", results(tmp_path, {"image_id": 1}))
    (said,) = told(data)
    assert said.startswith("image ids name several images each (1 of them, first 1)")
    data = read(tmp_path / "set", results(tmp_path, {"image_id": 1, "file_name": "val.jpg"}))
    assert told(data) == []
    assert data.table("images")["file_name"][data.table("predictions")["image"]].tolist() == ["val.jpg"]


def test_predictions_go_with_their_images_into_shards(tmp_path: Path) -> None:
    data = read(coco(tmp_path), results(tmp_path, *({"image_id": at} for at in (3, 1, 2, 9))))
    parts = [shard.table("predictions")["image"].tolist() for shard in data.shards(3)]
    assert parts == [[0, -1], [1], [2]]


def test_many_text_ids_are_read_as_quickly_as_numbers(tmp_path: Path) -> None:
    """Names have the length of numbers below zero, so no record goes to the patient reader."""
    calls = [{"image_id": name} for _ in range(400) for name in ("b", "scan.v2")]
    data = read(coco(tmp_path), results(tmp_path, *calls))
    assert np.bincount(data.table("predictions")["image"]).tolist() == [400, 400]
    assert told(data) == []


def test_ids_that_are_texts_on_both_sides_go_before_stems(tmp_path: Path) -> None:
    images = [image("b", file_name="x.jpg"), image("ü-1", file_name="b.jpg")]
    put(tmp_path / "set", {"labels.json": document(images, categories=[category()])})
    data = read(tmp_path / "set", results(tmp_path, {"image_id": "ü-1"}, {"image_id": "b"}))
    assert data.table("predictions")["image"].tolist() == [1, 0]
    assert data.facts["predictions"]["images_by"] == "id"
    assert told(data) == []


def test_accents_written_another_way_are_the_same_stem(tmp_path: Path) -> None:
    put(
        tmp_path / "set",
        {"labels.json": document([image(1, file_name="bild \u00fc.jpg")], categories=[category()])},
    )
    data = read(tmp_path / "set", results(tmp_path, {"image_id": "bild u\u0308"}))
    assert data.table("predictions")["image"].tolist() == [0]
