import json
from typing import Any

import numpy as np
import pytest

from annotool.formats.coco.elements import Elements, Piece
from annotool.formats.coco.typed import MOST_LEARNED, Typed
from annotool.schema import Kind
from tests.formats.coco.build import annotation, category, image


def piece_of(records: list[Any]) -> Piece:
    (piece,) = Elements(json.dumps(records).encode(), 0)
    return piece


def columns(section: str, records: list[Any]) -> tuple[list[int], dict[str, list[Any]]]:
    rows, found = Typed(section).columns(piece_of(records), np.arange(len(records)))
    return rows.tolist(), {name: values.tolist() for name, values in found.items()}


def test_images() -> None:
    rows, found = columns(
        "images",
        [image(1), image(2, license=3), image(3, width=640.5), image(4, coco_url="http://a/b/4.jpg")],
    )
    assert rows == [0, 1, 2, 3]
    assert found["file_name"] == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert found["width"] == [640, 640, 640.5, 640]
    assert found["extra"] == [False, True, False, True]


def test_lvis_names_images_by_their_url() -> None:
    record = {
        "id": 397133,
        "width": 1,
        "height": 2,
        "coco_url": "http://images.cocodataset.org/val2017/000000397133.jpg",
    }
    _, found = columns("images", [record])
    assert found["file_name"] == ["val2017/000000397133.jpg"]
    assert found["extra"] == [False]


@pytest.mark.parametrize(
    "record",
    [
        {**image(), "id": "1"},
        {**image(), "file_name": None},
        {**image(), "file_name": 3},
        {"id": 1, "width": 1, "height": 1},
        {**image(), "width": "640"},
        {**image(), "height": None},
        {"file_name": "a.jpg"},
        {**image(), "id": 2**64},
        7,
    ],
)
def test_images_that_are_refused(record: Any) -> None:
    rows, found = columns("images", [image(1), record, image(2)])
    assert rows == [0, 2]
    assert found["id"] == [1, 2]


def test_categories() -> None:
    rows, found = columns(
        "categories",
        [
            category(1, 'a "b"'),
            {"id": 2, "name": "Дом"},
            category(3, supercategory=None),
            category(4, frequency="r"),
        ],
    )
    assert rows == [0, 1, 2, 3]
    assert found["name"] == ['a "b"', "Дом", "cat", "cat"]
    assert found["supercategory"] == ["animal", "", "", "animal"]
    assert found["extra"] == [False, False, False, True]


def test_annotations_have_the_richest_kind() -> None:
    mask = {"size": [2, 2], "counts": "04"}
    records = [
        annotation(1, segmentation=...),
        annotation(2, segmentation=[]),
        annotation(3),
        annotation(4, segmentation=mask),
        annotation(5, keypoints=[1, 2, 2]),
        annotation(6, keypoints=[], segmentation=..., bbox=...),
        annotation(7, bbox=...),
    ]
    rows, found = columns("annotations", records)
    assert rows == list(range(7))
    kinds = [Kind.BOX, Kind.BOX, Kind.POLYGON, Kind.RLE, Kind.KEYPOINTS, Kind.IMAGE, Kind.POLYGON]
    assert found["kind"] == list(map(int, kinds))
    assert [start >= 0 for start in found["seg_start"]] == [False, False, True, True, True, False, True]
    assert [start >= 0 for start in found["kpt_start"]] == [False] * 4 + [True, False, False]


def test_flags_come_from_attributes() -> None:
    records = [
        annotation(1, attributes={"occluded": True, "difficult": 0}),
        annotation(2, attributes={"truncated": 1, "colour": "red"}),
        annotation(3, attributes={"occluded": "yes"}),
        annotation(4),
    ]
    _, found = columns("annotations", records)
    assert found["occluded"] == [1, -1, -1, -1]
    assert found["difficult"] == [0, -1, -1, -1]
    assert found["truncated"] == [-1, 1, -1, -1]
    assert found["extra"] == [False, True, True, False]


@pytest.mark.parametrize(
    "more",
    [
        {"segmentation": [1, 2, 3, 4, 5, 6]},
        {"segmentation": [[1, 2, None]]},
        {"segmentation": [["1", "2"]]},
        {"segmentation": [[[1, 2]]]},
        {"segmentation": "x"},
        {"segmentation": {"size": [1, 2]}},
        {"keypoints": [[1, 2, 2]]},
        {"keypoints": "x"},
        {"bbox": None},
        {"bbox": [1, 2, 3]},
        {"iscrowd": 2},
        {"iscrowd": True},
        {"area": "1"},
        {"score": None},
        {"image_id": 2**63},
        {"category_id": 1.0},
    ],
)
def test_annotations_that_are_refused(more: dict[str, Any]) -> None:
    rows, found = columns("annotations", [annotation(1), annotation(2, **more), annotation(3)])
    assert rows == [0, 2]
    assert found["id"] == [1, 3]


def test_unknown_keys_are_learned_and_told_apart() -> None:
    records = [
        annotation(1),
        annotation(2, a=1),
        annotation(3, **{"b c": "x"}),
        annotation(4, a=1, d=[{"id": 1}]),
    ]
    rows, found = columns("annotations", records)
    assert rows == [0, 1, 2, 3]
    assert found["extra"] == [False, True, True, True]


def test_endless_new_keys_end() -> None:
    records = [annotation(n, **{f"key{n}": 1}) for n in range(MOST_LEARNED + 5)]
    rows, _ = columns("annotations", records)
    assert rows == list(range(MOST_LEARNED))


def test_a_key_within_another_member_is_no_place() -> None:
    nested = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "note": {"segmentation": [[9]]},
        "segmentation": [[1, 2, 3, 4, 5, 6]],
    }
    rows, _ = columns("annotations", [nested])
    assert rows == []


def test_bytes_that_are_no_utf8_are_refused() -> None:
    text = json.dumps([annotation(1), annotation(2, note="xx")]).encode().replace(b"xx", b"x\xff")
    (piece,) = Elements(text, 0)
    assert not piece.sound
    assert Typed("annotations").columns(piece, np.arange(2))[0].tolist() == [0]
