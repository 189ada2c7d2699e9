from pathlib import Path

import numpy as np

from annotool.schema import Kind
from tests.formats.coco.build import annotation, document, read_text


def test_boxes_of_masks_and_keypoints_are_derived(tmp_path: Path) -> None:
    mask = {"size": [4, 5], "counts": [5, 2, 2, 2, 9]}
    records = [
        annotation(1, bbox=..., segmentation=mask),
        annotation(2, bbox=..., segmentation=..., keypoints=[5, 6, 2, 0, 0, 0, 9, 20, 1]),
        annotation(3, bbox=..., segmentation={"size": [4, 5], "counts": [20]}),
        annotation(4, bbox=..., segmentation=[[1, 2, 3, 4, 5, 6], [10, 0, 20, 9, 1, 1]]),
        annotation(5),
    ]
    rows = read_text(tmp_path, document(annotations=records)).table("annotations")
    boxes = np.stack([rows[side] for side in "xywh"], axis=1).tolist()
    assert boxes[0] == [1, 1, 2, 2]
    assert boxes[1] == [5, 6, 4, 14]
    assert str(boxes[2]) == str([float("nan")] * 4)
    assert boxes[3] == [1, 0, 19, 9]
    assert rows["bbox_derived"].tolist() == [True, True, False, True, False]
    assert rows["kind"].tolist() == [Kind.RLE, Kind.KEYPOINTS, Kind.RLE, Kind.POLYGON, Kind.POLYGON]


def test_written_boxes_stay(tmp_path: Path) -> None:
    rows = read_text(tmp_path, document(annotations=[annotation(bbox=[0, 0, 1, 1])])).table("annotations")
    assert [rows[side].tolist() for side in "xywh"] == [[0], [0], [1], [1]]
    assert not rows["bbox_derived"].any()


def test_a_box_that_cannot_be_read_is_derived_too(tmp_path: Path) -> None:
    rows = read_text(tmp_path, document(annotations=[annotation(bbox="x")])).table("annotations")
    assert [rows[side].tolist() for side in "xywh"] == [[10], [10], [50], [40.5]]
    assert rows["bbox_derived"].all()
