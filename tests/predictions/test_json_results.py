import json
from pathlib import Path

import numpy as np
import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.schema import Kind
from tests.formats.coco.build import annotation, category, codes, document, image, put


def read(path: Path, **options: object) -> Dataset:
    return api.read(path, **{"images": "none", **options})


MASK = {"size": [480, 640], "counts": "T3b1Zk[9"}


def test_results_become_predictions(tmp_path: Path) -> None:
    results = [
        {"image_id": 2, "category_id": 7, "bbox": [1, 2, 3, 4.5], "score": 0.25},
        {"image_id": 9, "category_id": 9, "bbox": [1, 2, 3, 4], "score": 1},
        {"image_id": 1, "category_id": 7, "segmentation": MASK, "score": 0.5},
    ]
    put(
        tmp_path,
        {"labels.json": document([image(1), image(2)], categories=[category(7)]), "results.json": results},
    )
    data = read(tmp_path / "labels.json", predictions=tmp_path / "results.json")
    found = data.table("predictions")
    assert found["image"].tolist() == [1, -1, 0]
    assert found["category"].tolist() == [0, -1, 0]
    assert found["score"].tolist() == [0.25, 1, 0.5]
    assert found["h"].tolist()[:2] == [4.5, 4]
    assert found["kind"].tolist() == [Kind.BOX, Kind.BOX, Kind.RLE]
    assert found["source"].tolist() == [1, 1, 1]
    assert len(data.table("annotations")) == 1
    sources = data.table("sources")
    assert sources["role"].tolist() == ["labels", "predictions"]
    assert sources["records"].tolist() == [4, 3]
    assert bytes(data.source_bytes(1)) == (tmp_path / "results.json").read_bytes()
    assert codes(data) == ["PRD005", "PRD005"]


def test_ids_count_within_the_file_of_their_image(tmp_path: Path) -> None:
    files = {
        "train.json": document([image(1)], categories=[category(1, "cat")]),
        "val.json": document([image(2)], categories=[category(1, "dog")]),
    }
    put(tmp_path / "set", files)
    put(tmp_path, {"results.json": [{"image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]})
    data = read(tmp_path / "set", predictions=tmp_path / "results.json")
    assert data.names_of(data.table("predictions")["category"]).tolist() == ["dog"]


def test_results_with_images_of_their_own_are_matched_by_name(tmp_path: Path) -> None:
    truth = document(
        [image(1, file_name="a.jpg"), image(2, file_name="b.jpg")], categories=[category(1, "cat")]
    )
    found = document(
        [image(0, file_name="b.jpg"), image(5, file_name="x.jpg")],
        [
            annotation(1, image_id=0, category_id=0, score=0.5),
            annotation(2, image_id=5, category_id=0, score=0.5),
        ],
        [category(0, "cat")],
    )
    put(tmp_path, {"labels.json": truth, "results.json": found})
    data = read(tmp_path / "labels.json", predictions=tmp_path / "results.json")
    assert data.table("predictions")["image"].tolist() == [1, -1]
    assert data.table("predictions")["category"].tolist() == [0, 0]


def test_faults_of_results_name_their_file(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3], "score": 0.5}, 7]
    put(tmp_path, {"labels.json": document(), "results.json": results})
    data = read(tmp_path / "labels.json", predictions=tmp_path / "results.json")
    assert codes(data) == ["PRD005", "PRD005"]
    assert data.problems.column("source").tolist() == [1, 1]
    assert data.problems.column("annotation").tolist() == [-1, -1]
    assert len(data.table("predictions")) == 1


def test_no_such_file(tmp_path: Path) -> None:
    put(tmp_path, {"labels.json": document()})
    with pytest.raises(UsageError, match="no such file"):
        read(tmp_path / "labels.json", predictions=tmp_path / "none.json")


def test_predictions_with_their_own_images(real_data: Path) -> None:
    folder = real_data / "predictions_toy/toyexample"
    found = folder / "dets_coco_format/coco_dets.json"
    data = read(folder / "gts_coco_format", predictions=found)
    predictions = data.table("predictions")
    content = json.loads(found.read_bytes())
    names = {each["id"]: each["file_name"] for each in content["images"]}
    known = set(data.table("images")["file_name"].tolist())
    expected = [
        names[each["image_id"]] if names[each["image_id"]] in known else "" for each in content["annotations"]
    ]
    told = np.append(data.table("images")["file_name"], "")[predictions["image"]].tolist()
    assert told == expected
    assert predictions["score"].tolist() == [each["score"] for each in content["annotations"]]


def test_a_record_without_a_place_is_told(tmp_path: Path) -> None:
    named = {"image_id": 1, "category_id": 7, "score": 0.5}
    results = [
        named,
        {**named, "bbox": [1, 2, 3, 4]},
        {**named, "keypoints": [1, 2, 2]},
        {**named, "bbox": None},
    ]
    put(tmp_path, {"labels.json": document([image(1)], categories=[category(7)]), "results.json": results})
    problems = read(tmp_path / "labels.json", predictions=tmp_path / "results.json").problems
    said = [part.text(row) for part in problems.blocks for row in range(len(part))]
    assert sorted(said) == [
        "bbox: expected 4 numbers x, y, w, h, got null",
        "neither a bbox nor a segmentation, so there is nothing to compare",
    ]


def test_a_list_of_results_in_an_object_needs_no_other_sections(tmp_path: Path) -> None:
    result = {"image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 4], "score": 0.5}
    files = {"annotations.json": {"annotations": [result]}, "other.json": {"predictions": [result]}}
    put(tmp_path, {"labels.json": document([image(1)], categories=[category(7)]), **files})
    data = read(tmp_path / "labels.json", predictions=tmp_path / "annotations.json")
    assert (codes(data), len(data.table("predictions"))) == ([], 1)
    data = read(tmp_path / "labels.json", predictions=tmp_path / "other.json")
    said = [part.text(row) for part in data.problems.blocks for row in range(len(part))]
    assert (
        "the file has no section annotations; expected a list of records {image_id, category_id, bbox, score}"
        in said
    )
