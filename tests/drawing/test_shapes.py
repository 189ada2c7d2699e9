import json
from pathlib import Path
from typing import Any

import numpy as np

from annotool import api
from annotool.drawing.shapes import bones, outlined, pointed, ringed, set_points

WHOLE = {
    "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}],
    "categories": [
        {"id": 1, "name": "person", "keypoints": ["nose", "neck", "hip"], "skeleton": [[1, 2], [2, 3]]},
        {"id": 2, "name": "car"},
        {"id": 3, "name": "dog", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]},
    ],
}


def test_each_category_has_bones_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**WHOLE, "annotations": []}))
    assert bones(api.read(tmp_path / "a.json")) == {0: [[0, 1], [1, 2]], 2: [[0, 1]]}


def test_holes_and_visibility(tmp_path: Path) -> None:
    counts = [0, 55, 40, 10, 40, 55]  # a frame of 50 x 4, a hole in it
    written: list[dict[str, Any]] = [
        {"segmentation": {"size": [50, 100], "counts": [*counts, 4800]}},
        {"keypoints": [1, 2, 1, 0, 0, 0, 3, 4, 2], "num_keypoints": 2},
        {"segmentation": {"size": [50, 100], "counts": [5]}},
    ]
    rows = [
        {"id": at, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 50], "area": 9, "iscrowd": 0, **row}
        for at, row in enumerate(written, 1)
    ]
    (tmp_path / "a.json").write_text(json.dumps({**WHOLE, "annotations": rows}))
    data = api.read(tmp_path / "a.json")
    ((row, outer, holes),) = outlined(data, np.arange(3))
    assert row == 0 and len(outer) == len(holes) == 1
    assert [each[0] for each in ringed(data, np.arange(3))] == [0]
    ((row, xyv),) = set_points(data, np.arange(3))
    assert (
        row == 1 and xyv[0].tolist() == [1, 2, 1] and xyv[2].tolist() == [3, 4, 2] and np.isnan(xyv[1]).all()
    )
    ((_, xy),) = pointed(data, np.arange(3))
    assert xy.shape == (3, 2)
