import numpy as np

from annotool.dataset import Dataset
from annotool.formats.coco.document import parse
from annotool.formats.coco.shapes import shapes
from annotool.formats.coco.tables import build
from annotool.schema import Kind
from annotool.testing import tiny
from tests.formats.coco.build import RING, annotation, document, lines

MASK = {"size": [4, 5], "counts": [5, 2, 2, 2, 9]}


def of(*records: object) -> Dataset:
    return build(parse(lines(document(annotations=records))), "a.json", "")


def test_text_that_can_stand_is_not_decoded() -> None:
    data = of(annotation(1), annotation(2, segmentation=MASK), annotation(3, segmentation=[]))
    found = shapes(data, np.arange(3))
    assert (found.rings, found.keypoints, found.area, found.broken) == ({}, {}, {}, set())


def test_areas_of_rows_without_one() -> None:
    records = [
        annotation(1, area=...),
        annotation(2, area=..., segmentation=MASK),
        annotation(3, area=..., segmentation=...),
        annotation(4),
        annotation(5, area=..., segmentation=[RING, RING]),
    ]
    assert shapes(of(*records), np.arange(5)).area == {0: 2012.5, 1: 4.0, 2: 2025.0, 4: 4025.0}


def test_rings_that_cannot_stand_are_decoded() -> None:
    found = shapes(
        of(annotation(1, segmentation=["1", 2, 3, 4, 5, 6]), annotation(2, segmentation=[[1, 2, None]])),
        np.arange(2),
    )
    assert found.rings[0] == [[1, 2, 3, 4, 5, 6]]
    assert found.broken == {1}


def test_geometry_of_other_formats() -> None:
    rows = [
        {"polygon": [RING]},
        {"keypoints": [1, 2, 2]},
        {"kind": Kind.OBB, "polygon": [RING], "area": float("nan")},
    ]
    found = shapes(tiny(1, rows, format_name="yolo"), np.arange(3))
    assert found.rings == {0: [RING], 2: [RING]}
    assert found.keypoints[1].tolist() == [[1, 2, 2]]
    assert found.area[2] == 2012.5
