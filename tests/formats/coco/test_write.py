import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask
from pycocotools.coco import COCO

from annotool.dataset import Dataset
from annotool.formats.base import WriteOptions, Written
from annotool.formats.coco import FORMAT
from annotool.formats.coco.document import parse
from annotool.formats.coco.tables import build
from annotool.schema import Kind
from annotool.testing import tiny
from tests.formats.coco.build import annotation, category, document, image, kept, put, read

MASK = {"size": [480, 640], "counts": [1000, 40, 440, 40, 305680]}


def written(data: Dataset, out: Path) -> tuple[Written, dict[str, Any]]:
    out.mkdir(parents=True, exist_ok=True)
    done = FORMAT.write(data, out, WriteOptions())
    return done, {name: json.loads((out / name).read_bytes()) for name in done.files}


def loaded(path: Path) -> COCO:
    with redirect_stdout(io.StringIO()):
        return COCO(path)


def of(content: dict[str, Any]) -> Dataset:
    return build(parse(json.dumps(content).encode()), "a.json", "")


def test_golden_bytes_of_boxes(tmp_path: Path) -> None:
    rows = [
        {"box": (10, 10.5, 100, 50.25), "id": 7},
        {"image": 1, "category": 1, "box": (0, 0, 0.1, 3), "difficult": 1},
    ]
    data = tiny(2, rows, ["cat", {"name": "dog", "supercategory": "pet"}], format_name="voc")
    written(data, tmp_path)
    assert (tmp_path / "annotations/instances.json").read_text() == (
        '{"info": {"contributor": "annotool"},\n"licenses": [],\n"images": [\n'
        '{"id":1,"file_name":"0.jpg","width":640,"height":480},\n'
        '{"id":2,"file_name":"1.jpg","width":640,"height":480}\n'
        '],\n"annotations": [\n'
        '{"id":1,"image_id":1,"category_id":1,"iscrowd":0,"bbox":[10,10.5,100,50.25],"area":5025,"segmentation":[]},\n'
        '{"id":2,"image_id":2,"category_id":2,"iscrowd":0,"bbox":[0,0,0.1,3],"area":0.30000000000000004,"segmentation":[],'
        '"attributes":{"difficult":true}}\n'
        '],\n"categories": [\n{"id":1,"name":"cat"},\n{"id":2,"name":"dog","supercategory":"pet"}\n]}\n'
    )


def test_a_coco_record_keeps_its_text(tmp_path: Path) -> None:
    text = (
        b'{"info": {"year": 2026, "v": 1.50}, "licenses": [{"id": 3}],'
        b'"images": [{"file_name": "a.jpg", "license": 3, "id": 5, "height": 480.0, "width": 640}],'
        b'"annotations": [{"note": "\\u0414", "bbox": [1.50, 2, 3e1, 4], "id": 9, "area": 5e1, "image_id": 5, "category_id": 2,'
        b' "segmentation": [[1.0, 2, 3, 4, 5, 6.50]], "iscrowd": 0, "attributes": {"occluded": false}}],'
        b'"categories": [{"id": 2, "name": "cat", "keypoints": ["nose"]}]}'
    )
    written(build(parse(text), "a.json", ""), tmp_path)
    assert (tmp_path / "annotations/instances.json").read_bytes() == (
        b'{"info": {"year": 2026, "v": 1.50},\n"licenses": [{"id": 3}],\n"images": [\n'
        b'{"file_name":"a.jpg","license":3,"id":5,"height":480.0,"width":640}\n],\n"annotations": [\n'
        b'{"note":"\\u0414","bbox":[1.50, 2, 3e1, 4],"id":9,"area":5e1,"image_id":5,"category_id":2,'
        b'"segmentation":[[1.0, 2, 3, 4, 5, 6.50]],"iscrowd":0,"attributes":{"occluded": false}}\n],\n"categories": [\n'
        b'{"id":2,"name":"cat","keypoints":["nose"]}\n]}\n'
    )


def test_what_loaders_need_is_added(tmp_path: Path) -> None:
    square = [[0, 0, 10, 0, 10, 10, 0, 10]]
    content = document(
        annotations=[
            annotation(1, area=..., iscrowd=...),
            annotation(2, area=..., segmentation=MASK, iscrowd=1),
            annotation(3, area=..., segmentation=...),
            annotation(4, bbox=..., area=..., segmentation=square * 2),
            annotation(5, area=..., segmentation=["1", "2", 3, 4, 5, "6"]),
        ]
    )
    _, files = written(of(content), tmp_path)
    first, second, third, fourth, fifth = files["annotations/instances.json"]["annotations"]
    assert (first["area"], first["iscrowd"]) == (2012.5, 0)
    assert (second["area"], second["iscrowd"], second["segmentation"]) == (80, 1, MASK)
    assert third["area"] == 2025
    assert (fourth["area"], fourth["bbox"]) == (200, [0, 0, 10, 10])
    assert fifth["segmentation"] == [[1, 2, 3, 4, 5, 6]]


def test_areas_are_those_of_pycocotools(tmp_path: Path) -> None:
    compressed = mask.frPyObjects({"size": [480, 640], "counts": [7, 5, 40, 3, 307145]}, 480, 640)
    compressed["counts"] = compressed["counts"].decode()
    content = document(
        annotations=[
            annotation(1, area=..., segmentation=MASK),
            annotation(2, area=..., segmentation=compressed),
        ]
    )
    _, files = written(of(content), tmp_path)
    api = loaded(tmp_path / "annotations/instances.json")
    for each in files["annotations/instances.json"]["annotations"]:
        assert each["area"] == api.annToMask(api.anns[each["id"]]).sum()


def test_a_file_a_split_and_one_for_the_rest(tmp_path: Path) -> None:
    rows = [{"image": n} for n in range(4)]
    data = tiny(4, rows, splits={"train": [0, 1], "my split": [2], "val": [1]}, format_name="voc")
    done, files = written(data, tmp_path)
    assert done.files == ("annotations/instances_train.json", "annotations/instances_val.json",
                          "annotations/instances_my_split.json", "annotations/instances.json")  # fmt: skip
    assert [[each["file_name"] for each in file["images"]] for file in files.values()] == [
        ["0.jpg", "1.jpg"], ["1.jpg"], ["2.jpg"], ["3.jpg"]
    ]  # fmt: skip
    for file in files.values():
        assert [each["id"] for each in file["images"]] == list(range(1, len(file["images"]) + 1))
        assert [each["id"] for each in file["annotations"]] == list(range(1, len(file["annotations"]) + 1))
    again = read(tmp_path)
    assert again.split_names == ("train", "val", "my_split")
    assert len(again.table("splits")) == 4


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    nan = float("nan")
    content = document(
        annotations=[
            annotation(1, image_id=9),
            annotation(2, category_id=9),
            annotation(3, bbox=[nan, 1, 2, 3]),
            annotation(4, bbox="x", segmentation=...),
            annotation(5, segmentation=[[1, 2, nan, 4, 5, 6]]),
            annotation("x"),
        ]
    )
    done, files = written(of(content), tmp_path)
    assert [(each["annotation_id"], each["why"]) for each in done.skipped] == [
        (1, "its image is not known"),
        (2, "its category is not known"),
        (3, "its box is not finite"),
        (4, "its geometry could not be read"),
        (5, "its polygon holds what is no finite number"),
    ]
    assert {"image", "annotation_id", "category", "why", "file", "line"} <= done.skipped[0].keys()
    assert done.annotations == 1
    assert [each["id"] for each in files["annotations/instances.json"]["annotations"]] == [1]


def test_boxes_in_fractions_of_unknown_sizes_are_left_out(tmp_path: Path) -> None:
    nan = float("nan")
    data = tiny([{"width": nan, "height": nan}], [{"fractions": (0.1, 0.1, 0.5, 0.5)}], format_name="yolo")
    done, _ = written(data, tmp_path)
    assert [each["why"] for each in done.skipped] == ["the size of its image is not known"]


def test_labels_of_images_have_no_box(tmp_path: Path) -> None:
    data = tiny(1, [{"kind": Kind.IMAGE, "box": (float("nan"),) * 4}], format_name="imagefolder")
    _, files = written(data, tmp_path)
    assert files["annotations/instances.json"]["annotations"] == [
        {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "segmentation": []}
    ]
    assert read(tmp_path).table("annotations")["kind"].tolist() == [Kind.IMAGE]


def test_polygons_and_keypoints_of_other_formats(tmp_path: Path) -> None:
    rows = [
        {"kind": Kind.OBB, "polygon": [[1, 1, 5, 1, 5, 3, 1, 3]]},
        {"polygon": [[1, 1, 5, 1, 5, 3.5], [9, 9, 8, 8, 7, 9]]},
        {"keypoints": [1, 2, 2, 0, 0, 0]},
    ]
    _, files = written(tiny(1, rows, format_name="yolo"), tmp_path)
    first, second, third = files["annotations/instances.json"]["annotations"]
    assert (first["segmentation"], first["area"]) == ([[1, 1, 5, 1, 5, 3, 1, 3]], 8)
    assert (second["segmentation"], second["area"]) == ([[1, 1, 5, 1, 5, 3.5], [9, 9, 8, 8, 7, 9]], 6)
    assert (third["keypoints"], third["num_keypoints"], third["segmentation"]) == ([1, 2, 2, 0, 0, 0], 1, [])


@pytest.mark.parametrize(
    ("ids", "expected"), [([5, 3], [5, 3]), ([0, 1], [0, 1]), ([1, 1], [1, 2]), ([-1, 1], [1, 2])]
)
def test_ids_of_categories(tmp_path: Path, ids: list[int], expected: list[int]) -> None:
    names = [{"id": number, "name": name} for number, name in zip(ids, ("cat", "dog"), strict=True)]
    _, files = written(tiny(1, [{"category": 1}], names), tmp_path)
    file = files["annotations/instances.json"]
    assert [each["id"] for each in file["categories"]] == expected
    assert file["annotations"][0]["category_id"] == expected[1]


def test_indices_of_yolo_start_at_one(tmp_path: Path) -> None:
    _, files = written(tiny(1, [{"category": 1}], format_name="yolo"), tmp_path)
    assert [each["id"] for each in files["annotations/instances.json"]["categories"]] == [1, 2]


def test_annotation_id_zero_is_numbered_anew(tmp_path: Path) -> None:
    _, files = written(of(document(annotations=[annotation(0), annotation(5)])), tmp_path)
    assert [each["id"] for each in files["annotations/instances.json"]["annotations"]] == [1, 2]


def test_images_go_below_images() -> None:
    data = tiny([{"file_name": "sub/a.jpg"}, {"file_name": "b.jpg"}])
    assert FORMAT.image_targets(data, WriteOptions()).tolist() == ["images/sub/a.jpg", "images/b.jpg"]


def test_an_empty_dataset(tmp_path: Path) -> None:
    done, files = written(tiny(0), tmp_path)
    assert (done.images, done.annotations) == (0, 0)
    assert files["annotations/instances.json"]["annotations"] == []
    loaded(tmp_path / "annotations/instances.json")


boxes = st.tuples(*[st.floats(-1e6, 1e6, allow_nan=False).map(lambda n: round(n, 3) + 0.0) for _ in range(4)])
shape = st.sampled_from(
    [[], [[0, 0, 10, 0, 10, 10.5]], MASK, [[1.25, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12.125]]]
)
record = st.builds(
    lambda box, outline, image, crowd, note: {
        "bbox": list(box), "segmentation": outline, "image_id": image, "iscrowd": crowd, **note,
    },
    boxes, shape, st.integers(1, 3), st.integers(0, 1), st.sampled_from([{}, {"note": "x\u0414"}, {"attributes": {"occluded": True}}]),
)  # fmt: skip


@given(st.lists(record, max_size=8), st.sampled_from([None, 1]))
@settings(max_examples=120)
def test_round_trip(records: list[dict[str, Any]], indent: Any) -> None:
    import tempfile

    content = document(
        [image(n, date="x") for n in (1, 2, 3)],
        [annotation(n, **each) for n, each in enumerate(records, 1)] or [annotation(1)],
        [category(2, "dog"), category(1, "Дом")],
        info={"a": 1},
        licenses=[],
    )
    first = build(parse(json.dumps(content, indent=indent).encode()), "a.json", "")
    with tempfile.TemporaryDirectory() as folder:
        _, files = written(first, Path(folder) / "one")
        again = read(Path(folder) / "one")
        assert kept(again) == kept(first)
        assert files["annotations/instances.json"] == content
        api = loaded(Path(folder) / "one/annotations/instances.json")
        assert len(api.anns) == len(content["annotations"])
        written(again, Path(folder) / "two")
        name = "annotations/instances.json"
        assert (Path(folder) / "two" / name).read_bytes() == (Path(folder) / "one" / name).read_bytes()
    for name in (
        "id",
        "x",
        "y",
        "w",
        "h",
        "area",
        "iscrowd",
        "kind",
        "occluded",
        "extra",
        "image",
        "category",
    ):
        assert np.array_equal(again.table("annotations")[name], first.table("annotations")[name]), name


def test_through_the_tables_of_another_format(tmp_path: Path) -> None:
    """What tiny calls VOC has no text to copy: all numbers come from the columns, and come back the same."""
    generator = np.random.default_rng(7)
    rows = [{"box": tuple(generator.uniform(0, 1000, 4).tolist())} for _ in range(200)]
    data = tiny(1, rows, format_name="voc")
    written(data, tmp_path)
    again = read(tmp_path)
    for name in "xywh":
        assert np.array_equal(again.table("annotations")[name], data.table("annotations")[name])


def test_put_files_of_two_sources_into_one(tmp_path: Path) -> None:
    content = {
        "train.json": document([image(1)], [annotation(1)]),
        "val.json": document([image(1, file_name="v.jpg")], [annotation(1)], [category(1, "dog")]),
    }
    data = read(put(tmp_path / "in", content))
    _, files = written(data, tmp_path / "out")
    assert [each["name"] for each in files["annotations/instances_train.json"]["categories"]] == [
        "cat",
        "dog",
    ]
    assert [each["category_id"] for file in files.values() for each in file["annotations"]] == [1, 2]
