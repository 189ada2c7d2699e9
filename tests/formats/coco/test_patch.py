"""Edits change the bytes they have to, and no other."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.fixes.splices import replaced, table
from annotool.formats.coco import FORMAT
from annotool.formats.coco.document import parse
from annotool.formats.coco.tables import build
from annotool.table import Table
from tests.formats.coco.build import RING, annotation, category, document, image, lines, put, read

TEXT = b"""{
  "images": [
    {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480},\r
    {"id": 2 , "file_name": "\\u0414.jpg", "width": 64.0, "height": 48, "coco_url": null}
  ],
  "annotations": [
    {"id": 1, "image_id": 1, "category_id": 7, "bbox": [1.50, 2, 3e1, 4.0], "area": 1.50, "note": "}, {", "iscrowd": 0},
    {"bbox":[1,2,3,4],"id":2,"image_id":1,"category_id":7},
    {"id": 3,
     "image_id": 2,
     "category_id": 8,
     "segmentation": [[1, 2, 3, 4], [5, 6, 7, 8, 9, 10], [1, 1]]}
  ],
  "categories": [{"id": 7, "name": "cat"}, {"id": 8, "name": "dog", "supercategory": "animal"}]
}
"""


def data_of(text: bytes) -> Dataset:
    return build(parse(text), "a.json", "")


def edits(*asked: dict[str, Any]) -> Edits:
    return Edits.concat([Edits.make(1, **{**each, "new": [each.get("new")]}) for each in asked])


def after(text: bytes, *asked: dict[str, Any]) -> bytes:
    data = data_of(text)
    changed = replaced(data, table(data, FORMAT.patch(data, edits(*asked))))
    new = changed.get(0, text)
    assert new is not None
    return new


def put_in(row: int, column: str, new: Any, where: str = "annotations") -> dict[str, Any]:
    return {"table": where, "row": row, "column": column, "new": new}


def drop(row: int, where: str = "annotations") -> dict[str, Any]:
    return {"op": Op.DROP, "table": where, "row": row}


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (put_in(0, "id", 9), b'{"id": 1, "image_id": 1', b'{"id": 9, "image_id": 1'),
        (put_in(0, "area", 12.25), b'"area": 1.50', b'"area": 12.25'),
        (put_in(0, "area", 12.0), b'"area": 1.50', b'"area": 12.0'),
        (put_in(0, "iscrowd", 1), b'"iscrowd": 0', b'"iscrowd": 1'),
        (put_in(0, "bbox", (1.5, 2, 30, 5.5)), b"3e1, 4.0]", b"3e1, 5.5]"),
        (put_in(0, "bbox", (1.5, 3.0, 30.0, 4.0)), b"[1.50, 2, 3e1", b"[1.50, 3, 3e1"),
        (put_in(1, "bbox", (0.0, 2.0, 3.0, 5.0)), b"[1,2,3,4]", b"[0,2,3,5]"),
        (put_in(1, "area", 12.0), b'"category_id":7}', b'"category_id":7,"area":12}'),
        (put_in(2, "iscrowd", 0), b"[1, 1]]}", b'[1, 1]],\n     "iscrowd": 0}'),
        (put_in(2, "bbox", (1.0, 2.5, 3.0, 4.0)), b"[1, 1]]}", b'[1, 1]],\n     "bbox": [1, 2.5, 3, 4]}'),
        (
            put_in(2, "rings", (0, 2)),
            b"[[1, 2, 3, 4], [5, 6, 7, 8, 9, 10], [1, 1]]",
            b"[[5, 6, 7, 8, 9, 10]]",
        ),
        (put_in(2, "rings", (1,)), b"[5, 6, 7, 8, 9, 10], [1, 1]", b"[1, 1]"),
        (put_in(2, "segmentation", []), b"[[1, 2, 3, 4], [5, 6, 7, 8, 9, 10], [1, 1]]", b"[]"),
        (put_in(2, "category", 0), b'"category_id": 8', b'"category_id": 7'),
        (put_in(2, "image", 0), b'"image_id": 2', b'"image_id": 1'),
        (put_in(2, "num_keypoints", 3), b"[1, 1]]}", b'[1, 1]],\n     "num_keypoints": 3}'),
        (put_in(0, "file_name", "sub/a.jpg", "images"), b'"a.jpg"', b'"sub/a.jpg"'),
        (put_in(1, "file_name", "\u0416.jpg", "images"), b'"\\u0414.jpg"', b'"\\u0416.jpg"'),
        (put_in(0, "width", 641.0, "images"), b'"width": 640', b'"width": 641'),
        (put_in(1, "width", 65.0, "images"), b'"width": 64.0', b'"width": 65.0'),
        (put_in(0, "name", 'big "cat"', "categories"), b'"name": "cat"', b'"name": "big \\"cat\\""'),
        (
            put_in(0, "supercategory", "x", "categories"),
            b'"name": "cat"}',
            b'"name": "cat", "supercategory": "x"}',
        ),
        (drop(0, "categories"), b'{"id": 7, "name": "cat"}, ', b""),
        (drop(1, "categories"), b', {"id": 8, "name": "dog", "supercategory": "animal"}', b""),
        (drop(1), b'{"bbox":[1,2,3,4],"id":2,"image_id":1,"category_id":7},\n    ', b""),
        (drop(0, "images"), b'{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480},\r\n    ', b""),
        (
            {"op": Op.BYTES, "table": "sources", "row": 0, "start": 0, "end": 2, "new": "{ "},
            b'{\n  "images',
            b'{   "images',
        ),
    ],
)
def test_only_these_bytes_change(edit: dict[str, Any], old: bytes, new: bytes) -> None:
    assert TEXT.count(old) == 1
    assert after(TEXT, edit) == TEXT.replace(old, new)


def test_several_edits_of_one_record() -> None:
    found = after(
        TEXT,
        put_in(1, "area", 12.0),
        put_in(1, "iscrowd", 0),
        put_in(1, "id", 5),
        put_in(1, "bbox", (1, 2, 3, 5)),
    )
    assert b'{"bbox":[1,2,3,5],"id":5,"image_id":1,"category_id":7,"area":12,"iscrowd":0}' in found


def test_a_dropped_record_is_not_edited_too() -> None:
    assert after(TEXT, drop(1), put_in(1, "id", 5)) == after(TEXT, drop(1))


def test_of_equal_keys_the_last_changes() -> None:
    text = TEXT.replace(b'"id":2', b'"id":2,"id":3')
    assert b'"id":2,"id":9' in after(text, put_in(1, "id", 9))


def test_references_to_text_ids_are_written_as_text() -> None:
    text = lines(document([image(1), image("b")]))
    assert b'"image_id": "b"' in after(text, put_in(0, "image", 1))


def test_an_edit_of_something_else_changes_nothing() -> None:
    assert after(TEXT, put_in(0, "difficult", 1), put_in(0, "path", "x", "images")) == TEXT
    assert after(TEXT, put_in(0, "rings", (0,))) == TEXT


def test_rows_of_other_formats_are_left_alone() -> None:
    data = data_of(TEXT)
    tables = {
        **data.tables,
        "sources": data.table("sources").with_columns(format=data.table("sources")["format"] + "x"),
    }
    other = Dataset(tables, buffers=data.buffers)
    assert FORMAT.patch(other, edits(put_in(0, "id", 9), drop(1), drop(0, "images"))) == []


def test_a_record_without_keys_or_brackets() -> None:
    text = TEXT.replace(b'{"bbox":[1,2,3,4],"id":2,"image_id":1,"category_id":7}', b"{}")
    assert b'\n    {"id": 4},' in after(text, put_in(1, "id", 4))


@given(st.sets(st.integers(0, 4)), st.sampled_from([None, 2, "\t"]), st.booleans())
@settings(max_examples=150)
def test_dropping_leaves_the_others_and_a_list(gone: set[int], indent: Any, other: bool) -> None:
    content = document(
        [image(1)], [annotation(n, note=["}", n]) for n in range(5)], [category(1), category(2)]
    )
    text = json.dumps(content, indent=indent).replace("\n", "\r\n" if other else "\n").encode()
    found = json.loads(after(text, *(drop(row) for row in gone)))
    assert found == {
        **content,
        "annotations": [each for n, each in enumerate(content["annotations"]) if n not in gone],
    }


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["id", "area", "iscrowd", "image_id", "category_id", "score"]),
            st.integers(0, 99),
        ),
        max_size=6,
        unique_by=lambda each: each[:2],
    ),
    st.sampled_from([None, 1]),
)
def test_setting_is_what_json_says_it_is(asked: list[tuple[int, str, int]], indent: Any) -> None:
    content = document(annotations=[annotation(1), annotation(2, area=..., iscrowd=...), {"id": 3}])
    found = json.loads(after(json.dumps(content, indent=indent).encode(), *(put_in(*each) for each in asked)))
    for row, column, new in asked:
        content["annotations"][row][column] = new
    assert found == content


def test_no_edits_no_change(tmp_path: Path) -> None:
    data = read(put(tmp_path, {"train.json": TEXT, "val.json": TEXT}))
    assert FORMAT.patch(data, Edits.make(0)) == []


def test_a_file_is_named_by_its_source(tmp_path: Path) -> None:
    data = read(put(tmp_path, {"train.json": TEXT, "val.json": lines(document())}))
    (splice,) = FORMAT.patch(data, edits(put_in(3, "id", 44)))
    assert (splice.source, splice.new) == (1, b"44")
    assert isinstance(table(data, [splice]), Table)


def test_rings_of_a_triangle_that_stays() -> None:
    text = lines(document(annotations=[annotation(segmentation=[[1, 2], RING, [3, 4]])]))
    found = json.loads(after(text, put_in(0, "rings", (0, 2))))
    assert found["annotations"][0]["segmentation"] == [RING]
