"""The dirty files other tools fail on: each row of the tables of what they did is a finding, or a legal variant read
right. What rules find in columns is theirs; here stands what the reader has to bring."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool.findings import Fix, Severity
from annotool.formats import detect
from annotool.schema import NO_ID, Kind
from tests.formats.coco.build import (
    annotation,
    category,
    codes,
    document,
    image,
    kept,
    lines,
    lost,
    put,
    read,
    read_text,
    told,
)

HEALTHY = document(annotations=[annotation(1), annotation(2)])


def row(data: Any, number: int = 0) -> dict[str, Any]:
    table = data.table("annotations")
    return {name: table[name][number].item() for name in table}


def only(data: Any) -> tuple[str, str, str]:
    (one,) = told(data)
    return one


def mended(data: Any) -> bytes:
    """The file after its safe fixes."""
    text = bytes(data.buffers[0])
    for part in reversed(data.problems.blocks):
        for at in range(len(part)):
            if part.columns["fix"][at] == Fix.SAFE:
                start, end = int(part.columns["start"][at]), int(part.columns["end"][at])
                text = text[:start] + str(part.values["new"][at]).encode() + text[end:]
    return text


# Faults of records.


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_nan_in_bbox(tmp_path: Path, token: str) -> None:
    text = lines(document(annotations=[annotation(1), annotation(2, bbox=[7777, 2, 3, 4]), annotation(3)]))
    data = read_text(tmp_path, text.replace(b"7777", token.encode()))
    assert only(data) == (
        "SCH004",
        "/annotations/1",
        f"bbox holds a number that is not finite: [{token}, 2, 3, 4]",
    )
    assert str(row(data, 1)["x"]) == str(float(token))
    assert row(data, 1)["w"] == 3
    assert data.problems.column("line").tolist() == [6]
    assert data.problems.column("fix").tolist() == [Fix.UNSAFE]
    assert data.problems.column("annotation").tolist() == [1]
    assert (kept(data), lost(data)) == (5, 0)


def test_nan_in_polygon_keypoints_area_and_size(tmp_path: Path) -> None:
    text = json.dumps(
        document(
            [image(1, width=float("nan"))],
            [
                annotation(1, segmentation=[[1, 2, 3, 4, float("inf"), 6]]),
                annotation(2, keypoints=[1, float("nan"), 2]),
                annotation(3, area=float("nan")),
            ],
        )
    )
    data = read_text(tmp_path, text.encode())
    assert codes(data) == ["SCH004"] * 4
    assert data.rings["finite"].tolist() == [False, True, True]
    assert data.table("annotations")["kind"].tolist() == [Kind.POLYGON, Kind.KEYPOINTS, Kind.POLYGON]


def test_bbox_of_strings_is_no_other_box(tmp_path: Path) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(bbox=["1", "2", "30", "40"])]))
    rule, pointer, text = only(data)
    assert (rule, pointer) == ("SCH002", "/annotations/0")
    assert text == 'bbox: expected 4 numbers x, y, w, h, got ["1", "2", "30", "40"]'
    assert [row(data)[side] for side in "xywh"] == [1, 2, 30, 40]
    assert b'"bbox": [1, 2, 30, 40]' in mended(data)


@pytest.mark.parametrize(
    "box", [[1, 2, 3], [1, 2, 3, 4, 5], [], None, "x", {"x": 1}, [1, 2, 3, None], [1, 2, 3, "a"]]
)
def test_bbox_of_another_form(tmp_path: Path, box: Any) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(bbox=box, segmentation=...)]))
    assert codes(data) == ["SCH002"]
    assert data.problems.column("fix").tolist() == [Fix.NONE]
    assert np.isnan(row(data)["x"])
    assert row(data)["kind"] == Kind.NONE


def test_bbox_that_is_missing_is_taken_from_the_polygon(tmp_path: Path) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(bbox=...)]))
    assert codes(data) == []
    assert [row(data)[side] for side in "xywh"] == [10, 10, 50, 40.5]
    assert row(data)["bbox_derived"]


def test_string_ids_are_not_numbers_but_can_be(tmp_path: Path) -> None:
    content = document(
        [image("1"), image("b")],
        [
            annotation("7", image_id="1", category_id="1"),
            annotation(8, image_id="b"),
            annotation(9, image_id=1),
        ],
        [category("1"), category(1, "dog")],
    )
    data = read_text(tmp_path, content)
    assert codes(data) == ["SCH002"] * 7
    assert data.table("annotations")["image"].tolist() == [0, 1, -1]
    assert data.table("annotations")["category"].tolist() == [0, 1, 1]
    assert data.table("annotations")["id"].tolist() == [NO_ID, 8, 9]
    odd = data.table("originals")
    assert [tuple(odd[name][at] for name in ("table", "row", "column", "raw")) for at in range(len(odd))] == [
        ("images", 0, "id", '"1"'),
        ("images", 1, "id", '"b"'),
        ("annotations", 0, "id", '"7"'),
        ("annotations", 0, "image_id", '"1"'),
        ("annotations", 0, "category_id", '"1"'),
        ("annotations", 1, "image_id", '"b"'),
        ("categories", 0, "id", '"1"'),
    ]
    fixes = dict(zip([text for *_, text in told(data)], data.problems.column("fix").tolist(), strict=True))
    assert fixes['id: expected a whole number, got "1"'] == Fix.SAFE
    assert fixes['id: expected a whole number, got "b"'] == Fix.NONE


@pytest.mark.parametrize(
    ("written", "value", "new"),
    [("2.0", 2, "2"), ('"2.0"', NO_ID, "2"), ("2.5", NO_ID, None), ("true", NO_ID, None), ("null", NO_ID, None),
     ("[2]", NO_ID, None), ("99999999999999999999", NO_ID, None), ("1e2", 100, "100")],
)  # fmt: skip
def test_ids_that_are_no_whole_numbers(tmp_path: Path, written: str, value: int, new: str | None) -> None:
    text = lines(document(annotations=[annotation(555)])).replace(b"555", written.encode())
    data = read_text(tmp_path, text)
    assert codes(data) == ["SCH002"]
    assert row(data)["id"] == value
    (part,) = data.problems.blocks
    assert part.values.get("new", [None])[0] == new


@pytest.mark.parametrize("key", ["id", "image_id", "category_id"])
def test_a_missing_id(tmp_path: Path, key: str) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(**{key: ...})]))
    assert only(data) == ("SCH002", "/annotations/0", f"{key} is missing")
    assert row(data)[key] == NO_ID


def test_ids_that_repeat_lose_nothing(tmp_path: Path) -> None:
    content = document(
        [image(1), image(1, file_name="b.jpg")],
        [annotation(1), annotation(1)],
        [category(1), category(1, "dog")],
    )
    data = read_text(tmp_path, content)
    assert codes(data) == []
    assert kept(data) == 6
    assert data.table("annotations")["image"].tolist() == [0, 0]
    assert data.table("annotations")["category"].tolist() == [0, 0]


def test_references_to_nothing(tmp_path: Path) -> None:
    data = read_text(
        tmp_path, document(annotations=[annotation(1, image_id=9), annotation(2, category_id=9)])
    )
    assert codes(data) == []
    assert data.table("annotations")["image"].tolist() == [-1, 0]
    assert data.table("annotations")["category"].tolist() == [0, -1]
    assert data.table("annotations")["image_id"].tolist() == [9, 1]


def test_images_without_size_or_with_none_that_is_one(tmp_path: Path) -> None:
    sizes: list[dict[str, Any]] = [
        {"width": 0},
        {"width": -5},
        {"width": None},
        {"width": 640.5},
        {"width": "640"},
    ]
    content = document(
        [image(n, **size) for n, size in enumerate(sizes, 1)] + [{"id": 9, "file_name": "9.jpg"}]
    )
    data = read_text(tmp_path, content)
    assert str(data.table("images")["width"].tolist()) == "[0.0, -5.0, nan, 640.5, 640.0, nan]"
    assert only(data) == ("SCH002", "/images/4", 'width: expected a number, got "640"')


def test_the_same_name_twice_is_kept_twice(tmp_path: Path) -> None:
    content = document(
        [image(1), image(2, file_name="1.jpg")], categories=[category(1), category(2), category(3, "Cat ")]
    )
    data = read_text(tmp_path, content)
    assert codes(data) == []
    assert data.table("images")["file_name"].tolist() == ["1.jpg", "1.jpg"]
    assert data.table("categories")["name"].tolist() == ["cat", "cat", "Cat "]
    assert data.table("categories")["label"].tolist() == [0, 0, 1]


def test_rings_of_any_length_are_told_as_written(tmp_path: Path) -> None:
    outlines = [
        [[1, 2, 3, 4, 5]],
        [[1, 2, 3, 4]],
        [[0, 0, 9, 9, 9, 0, 0, 9]],
        [[500, 500, 600, 500, 600, 600]],
        [[]],
    ]
    data = read_text(
        tmp_path, document(annotations=[annotation(n, segmentation=s) for n, s in enumerate(outlines, 1)])
    )
    assert codes(data) == []
    assert data.rings["numbers"].tolist() == [5, 4, 8, 6, 0]
    assert data.rings["row"].tolist() == [0, 1, 2, 3, 4]


def test_a_flat_polygon(tmp_path: Path) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(segmentation=[1, 2, 3, 4, 5, 6])]))
    assert codes(data) == ["SCH002"]
    assert data.rings["numbers"].tolist() == [6]
    assert b'"segmentation": [[1, 2, 3, 4, 5, 6]]' in mended(data)


def test_a_polygon_of_strings(tmp_path: Path) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(segmentation=[["1", "2.5", 3, 4, 5, 6]])]))
    assert codes(data) == ["SCH002"]
    assert data.rings["x1"].tolist() == [5]
    assert b'"segmentation": [[1, 2.5, 3, 4, 5, 6]]' in mended(data)


@pytest.mark.parametrize(
    "segmentation", ["x", 7, {"size": [1, 2]}, [[1, 2, None]], [[1], 2, "a"], [{"x": 1}]]
)
def test_a_segmentation_of_another_form(tmp_path: Path, segmentation: Any) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(segmentation=segmentation)]))
    assert codes(data) == ["SCH002"]
    assert kept(data) == 3
    assert len(data.rings) <= 3


def test_segmentation_null_is_none(tmp_path: Path) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(segmentation=None)]))
    assert codes(data) == ["SCH002"]
    assert row(data)["kind"] == Kind.BOX
    assert b'"segmentation": []' in mended(data)


def test_masks_of_both_kinds_whatever_their_size(tmp_path: Path) -> None:
    masks = [
        {"size": [480, 640], "counts": [1, 2]},
        {"counts": "PPYo0", "size": [3, 3]},
        {"counts": 7, "size": "x"},
    ]
    data = read_text(
        tmp_path, document(annotations=[annotation(n, segmentation=m) for n, m in enumerate(masks, 1)])
    )
    assert codes(data) == []
    assert data.table("annotations")["kind"].tolist() == [Kind.RLE] * 3
    decoder = data.decoders["coco"]
    assert decoder.rle is not None
    first, second, third = decoder.rle(data, np.arange(3))
    assert first is not None
    assert first[0].tolist() == [1, 2]
    assert first[1] == (480, 640)
    assert second is not None
    assert third is None


def test_keypoints_of_any_length_and_visibility(tmp_path: Path) -> None:
    data = read_text(
        tmp_path, document(annotations=[annotation(1, keypoints=[1, 2, 9, 4]), annotation(2, keypoints=[])])
    )
    assert codes(data) == []
    assert data.table("annotations")["kind"].tolist() == [Kind.KEYPOINTS, Kind.POLYGON]
    decoder = data.decoders["coco"]
    assert decoder.keypoints is not None
    assert [points.tolist() for points in decoder.keypoints(data, np.arange(2)).each()] == [[[1, 2, 9]], []]


@pytest.mark.parametrize(
    ("written", "value", "new"),
    [(True, 1, "1"), ("0", 0, "0"), (None, -1, "0"), (2, -1, None), (1.0, 1, "1")],
)
def test_iscrowd_is_0_or_1(tmp_path: Path, written: Any, value: int, new: str | None) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(iscrowd=written)]))
    assert codes(data) == ["SCH002"]
    assert row(data)["iscrowd"] == value
    (part,) = data.problems.blocks
    assert part.values.get("new", [None])[0] == new


def test_area_and_iscrowd_that_are_absent(tmp_path: Path) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(area=..., iscrowd=...)]))
    assert codes(data) == []
    assert np.isnan(row(data)["area"])
    assert row(data)["iscrowd"] == -1


def test_boxes_are_taken_as_they_are(tmp_path: Path) -> None:
    boxes = [[-5, -5, 9, 9], [700, 500, 9, 9], [1, 1, 0, 9], [1, 1, -3, 9], [1, 1, 0.4, 9]]
    data = read_text(
        tmp_path, document(annotations=[annotation(n, bbox=box) for n, box in enumerate(boxes, 1)])
    )
    assert codes(data) == []
    assert np.stack([data.table("annotations")[side] for side in "xywh"], axis=1).tolist() == boxes


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    text = lines(HEALTHY).replace(b'{"id": 2, ', b'{"id": 2, "id": 3, ')
    data = read_text(tmp_path, text)
    assert only(data) == ("SCH002", "/annotations/1", "the key id stands 2 times; loaders take the last")
    assert row(data, 1)["id"] == 3
    assert data.problems.column("fix").tolist() == [Fix.NONE]


def test_a_key_that_stands_twice_the_same(tmp_path: Path) -> None:
    text = lines(HEALTHY).replace(b'{"id": 2, ', b'{"id": 2, "id": 2, ')
    assert mended(read_text(tmp_path, text)) == lines(HEALTHY)


@pytest.mark.parametrize("record", [7, None, "x", [1, 2], True])
def test_a_record_that_is_none(tmp_path: Path, record: Any) -> None:
    data = read_text(tmp_path, document(annotations=[annotation(1), record, annotation(3)]))
    assert only(data)[:2] == ("SCH002", "/annotations/1")
    assert data.problems.column("kept").tolist() == [False]
    assert (kept(data), lost(data)) == (4, 1)
    assert data.table("annotations")["index"].tolist() == [0, 2]


def test_few_annotations_without_geometry_are_a_fault(tmp_path: Path) -> None:
    bare = annotation(50, bbox=..., segmentation=..., area=...)
    data = read_text(tmp_path, document(annotations=[*(annotation(n) for n in range(1, 50)), bare]))
    assert only(data) == (
        "SCH002",
        "/annotations/49",
        "neither bbox nor segmentation nor keypoints are given",
    )


def test_many_annotations_without_geometry_are_labels_of_images(tmp_path: Path) -> None:
    data = read_text(
        tmp_path, document(annotations=[annotation(1), annotation(2, bbox=..., segmentation=...)])
    )
    assert codes(data) == []
    assert data.table("annotations")["kind"].tolist() == [Kind.POLYGON, Kind.IMAGE]


# Faults of files.


def test_byte_order_mark(tmp_path: Path) -> None:
    data = read_text(tmp_path, b"\xef\xbb\xbf" + lines(HEALTHY))
    assert codes(data) == ["SCH001"]
    assert data.problems.column("severity").tolist() == [Severity.WARNING]
    assert mended(data) == lines(HEALTHY)
    assert kept(data) == 4


def test_empty_file(tmp_path: Path) -> None:
    data = read_text(tmp_path, b"")
    assert only(data) == ("SCH001", "", "the file is empty")
    assert kept(data) == 0


def test_truncated_file(tmp_path: Path) -> None:
    text = lines(document(annotations=[annotation(1), annotation(2), annotation(3)]))
    start = text.index(b'{"id": 3')
    data = read_text(tmp_path, text[: start + 30])
    assert only(data) == ("SCH001", "/annotations/2", "the record cannot be parsed: the file ends inside it")
    assert [data.problems.column(name).tolist() for name in ("start", "end", "line", "kept")] == [
        [start], [start + 30], [7], [False]
    ]  # fmt: skip
    assert len(data.table("annotations")) == 2
    assert data.table("sources")["records"].tolist() == [4]


@pytest.mark.parametrize("cut", [b'"categories": [', b'"categories"', b',\n"categories"'])
def test_truncated_between_sections(tmp_path: Path, cut: bytes) -> None:
    text = lines(HEALTHY)
    data = read_text(tmp_path, text[: text.index(cut) + len(cut)])
    assert "SCH001" in codes(data)
    assert len(data.table("annotations")) == 2


def test_trailing_commas(tmp_path: Path) -> None:
    text = (
        lines(HEALTHY)
        .replace(b"40.5], ", b"40.5,], ", 1)
        .replace(b'\n],\n"categories"', b',\n],\n"categories"')
    )
    data = read_text(tmp_path, text)
    assert codes(data) == ["SCH001", "SCH001"]
    assert data.problems.column("fix").tolist() == [Fix.SAFE] * 2
    assert [row(data)[side] for side in "xywh"] == [10, 10, 50, 40.5]
    assert kept(data) == 4


@pytest.mark.parametrize("text", [b"null", b"3", b'"x"', b"true"])
def test_another_top_level(tmp_path: Path, text: bytes) -> None:
    data = read_text(tmp_path, text)
    rule, _, said = only(data)
    assert rule == "SCH002"
    assert said == f"expected an object with images, annotations and categories, got {text.decode()}"


@pytest.mark.parametrize(
    "text",
    [
        b"\x00\x01\x02",
        b"<xml/>",
        b"hello",
        b"\xff\xfe{\x00}\x00",
        b"version https://git-lfs.github.com/spec/v1\n",
    ],
)
def test_no_json_at_all(tmp_path: Path, text: bytes) -> None:
    data = read_text(tmp_path, text)
    assert codes(data) == ["SCH001"]
    assert (kept(data), lost(data)) == (0, 1)


@pytest.mark.parametrize("key", ["images", "annotations", "categories"])
def test_a_section_that_is_absent(tmp_path: Path, key: str) -> None:
    data = read_text(tmp_path, {name: value for name, value in HEALTHY.items() if name != key})
    assert only(data) == ("SCH002", "", f"the file has no section {key}")


@pytest.mark.parametrize("value", [None, {}, "x", 3])
def test_a_section_of_another_form(tmp_path: Path, value: Any) -> None:
    data = read_text(tmp_path, {**HEALTHY, "categories": value})
    rule, _, said = only(data)
    assert rule == "SCH002"
    assert said == f"categories: expected a list of records, got {json.dumps(value)}"


def test_a_section_that_stands_twice_is_read_twice(tmp_path: Path) -> None:
    more = json.dumps([annotation(3)])
    data = read_text(tmp_path, lines(HEALTHY).rstrip()[:-1] + b', "annotations": ' + more.encode() + b"}")
    rule, _, said = only(data)
    assert rule == "SCH002"
    assert said == "the section annotations stands twice; loaders take the last, annotool reads both"
    assert data.table("annotations")["id"].tolist() == [1, 2, 3]


def test_text_behind_the_end(tmp_path: Path) -> None:
    data = read_text(tmp_path, lines(HEALTHY) + b"{}")
    assert only(data)[0] == "SCH001"
    assert kept(data) == 4


def test_results_given_as_ground_truth(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}] * 3
    (claim,) = detect(put(tmp_path, {"results.json": results}) / "results.json")
    assert claim.format == "coco"
    data = read(claim.path)
    rule, _, said = only(data)
    assert rule == "SCH002"
    assert "--predictions" in said
    assert data.table("annotations")["score"].tolist() == [0.5] * 3
    assert data.table("annotations")["image_id"].tolist() == [1] * 3


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(HEALTHY).encode(),
        json.dumps(HEALTHY, indent=4).encode(),
        json.dumps(HEALTHY, indent="\t").replace("\n", "\r\n").encode(),
        json.dumps(HEALTHY, separators=(",", ":")).encode() + b"\n\n",
        json.dumps(HEALTHY).replace("2000.25", "2.00025e+03").encode(),
    ],
)
def test_legal_spellings_are_no_fault(tmp_path: Path, text: bytes) -> None:
    data = read_text(tmp_path, text)
    assert codes(data) == []
    assert kept(data) == 4
    assert data.table("annotations")["area"].tolist() == [2000.25] * 2
    assert data.rings["area"].tolist() == [2012.5] * 2
