from __future__ import annotations

import numpy as np

from annotool.splitting.leaving import without
from annotool.testing import tiny


def test_what_belongs_to_an_image_goes_with_it() -> None:
    rows = [{"image": 0}, {"image": 1, "category": 1}, {"image": -1}, {"image": 2, "box": (1, 2, 3, 4)}]
    data = tiny(3, rows, splits={"train": [0, 1], "val": [2]})
    left = without(data, np.array([1]))
    assert left.table("images")["file_name"].tolist() == ["0.jpg", "2.jpg"]
    assert left.table("images")["image"].tolist() == [0, 1]
    assert left.table("annotations")["annotation"].tolist() == [0, 1, 2]
    assert left.table("annotations")["image"].tolist() == [0, -1, 1]
    assert left.table("annotations")["id"].tolist() == [1, 3, 4]
    assert left.table("annotations")["w"].tolist()[-1] == 3
    assert [*zip(left.splits["image"], left.splits["split"], strict=True)] == [(0, "train"), (1, "val")]
    assert len(left.image_headers) == 2
