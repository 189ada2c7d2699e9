import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import annotool
from annotool.dataset import Dataset
from annotool.rules.kpt.num_keypoints_mismatch import NumKeypointsMismatch
from annotool.testing import check_rule, tiny
from tests.formats.coco.build import annotation, category, document, put

SEEN = [10, 20, 2, 30, 40, 1, 0, 0, 0]


def read(folder: Path, *records: dict[str, Any]) -> tuple[Path, Dataset]:
    rows = [
        annotation(at + 1, bbox=[9 * at, 10, 50, 40], segmentation=..., **each)
        for at, each in enumerate(records)
    ]
    path = (
        put(folder / "in", {"points.json": document(annotations=rows, categories=[category(1)])})
        / "points.json"
    )
    return path, annotool.read(path)


def told(data: Dataset) -> list[str]:
    found = annotool.audit(data, select=["KPT003"])
    return [part.text(row) for part in found.blocks for row in range(len(part))]


def test_the_number_is_that_of_points_with_v(tmp_path: Path) -> None:
    _, data = read(
        tmp_path,
        {"keypoints": SEEN, "num_keypoints": 2},
        {"keypoints": SEEN, "num_keypoints": 0},
        {"keypoints": SEEN},
        {"keypoints": [0] * 9, "num_keypoints": 0},
        {},
        {"keypoints": SEEN, "attributes": {"num_keypoints": 9}, "num_keypoints": 2},
        {"keypoints": SEEN, "num_keypoints": None},
    )
    assert told(data) == [
        "num_keypoints is 0, but 2 keypoints have v > 0",
        "num_keypoints is absent; 2 keypoints have v > 0",
    ]
    check_rule(
        NumKeypointsMismatch,
        valid=[tiny(), tiny(annotations=[{}]), tiny(format_name="yolo", annotations=[{"keypoints": SEEN}])],
        invalid=[
            (data, [1, 2]),
            (tiny(2, [{"keypoints": SEEN}, {"keypoints": SEEN, "image": 1}]), [{"source": 0}]),
        ],
    )


def test_a_file_without_any_is_one_finding(tmp_path: Path) -> None:
    path, data = read(tmp_path, {"keypoints": SEEN}, {"keypoints": SEEN, "iscrowd": 0}, {})
    assert told(data) == ["no annotation has num_keypoints (of 2 with keypoints)"]
    annotool.fix(path, out=tmp_path / "out")
    after = json.loads((tmp_path / "out" / path.name).read_text())["annotations"]
    assert [each.get("num_keypoints") for each in after] == [2, 2, None]
    assert told(annotool.read(tmp_path / "out")) == []


def test_fix_changes_that_number_alone(tmp_path: Path) -> None:
    path, _ = read(
        tmp_path,
        {"keypoints": SEEN, "num_keypoints": 0},
        {"keypoints": SEEN, "num_keypoints": 2},
        {"keypoints": SEEN},
    )
    before = path.read_text()
    annotool.fix(path, out=tmp_path / "out")
    after = (tmp_path / "out" / path.name).read_text()
    assert json.loads(after)["annotations"][2]["num_keypoints"] == 2
    assert after.replace(', "num_keypoints": 2}', "}", 1) != after
    assert len(after) == len(before) + len(', "num_keypoints": 2')
    assert told(annotool.read(tmp_path / "out")) == []


def average_precision(count: int) -> float:
    """What a perfect prediction reaches when its object says that it has so many keypoints."""
    seen = np.tile([100.0, 100.0, 2.0], 17) + np.repeat(np.arange(17), 3) * np.tile([1, 1, 0], 17)
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": 1, "width": 640, "height": 480}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [90, 90, 50, 50], "area": 2500, "iscrowd": 0,
                         "keypoints": seen.tolist(), "num_keypoints": count}],
    }  # fmt: skip
    truth.createIndex()
    found = truth.loadRes([{"image_id": 1, "category_id": 1, "keypoints": seen.tolist(), "score": 0.9}])
    judged = COCOeval(truth, found, "keypoints")
    judged.evaluate()
    judged.accumulate()
    return float(judged.eval["precision"].max())


def test_pycocotools_leaves_out_objects_that_say_zero() -> None:
    assert average_precision(17) == pytest.approx(1)
    assert average_precision(0) == -1
