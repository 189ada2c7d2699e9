import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.formats.base import WriteOptions, Written
from annotool.formats.yolo import FORMAT
from annotool.schema import NO_ID, Kind
from annotool.testing import tiny
from tests.formats.yolo.build import boxes, codes, names, png, put, read, usual

SQUARE = [10.0, 10.0, 110.0, 10.0, 110.0, 60.0, 10.0, 60.0]


def written(data: Dataset, out: Path, **options: Any) -> tuple[dict[str, str], Written]:
    out.mkdir(exist_ok=True)
    told = FORMAT.write(data, out, WriteOptions(**options))
    return {name: (out / name).read_text(encoding="utf-8") for name in told.files}, told


def label(data: Dataset, out: Path, **options: Any) -> str:
    return written(data, out, **options)[0]["labels/train/0.txt"]


def test_golden_bytes(tmp_path: Path) -> None:
    data = tiny(
        [{"file_name": "a.jpg"}, {"file_name": "sub/b.png", "width": 200.0, "height": 100.0}],
        [
            {"box": (0, 0, 640, 480)},
            {"image": 1, "category": 1, "box": (33, 1, 1, 2)},
            {"box": (-5, 470, 10, 20)},
        ],
        splits={"train": [0], "val": [1]},
    )
    files, told = written(data, tmp_path / "out")
    assert files == {
        "labels/train/a.txt": "0 0.500000 0.500000 1.000000 1.000000\n"
        "0 0.000000 1.000000 0.015625 0.041666666667\n",
        "labels/val/sub/b.txt": "1 0.167500 0.020000 0.005000 0.020000\n",
        "data.yaml": "train: images/train\nval: images/val\nnc: 2\nnames:\n  0: cat\n  1: dog\n",
        "annotool-names.csv": "stem,file_name,width,height\ntrain/a,a.jpg,640,480\nval/sub/b,sub/b.png,200,100\n",
    }
    assert (told.images, told.annotations, told.skipped, told.notes) == (2, 3, (), ())
    assert (tmp_path / "out/images/train").is_dir()


def test_an_image_without_objects_gets_an_empty_file(tmp_path: Path) -> None:
    files, _ = written(tiny(2, [{"image": 1}]), tmp_path / "out")
    assert files["labels/train/0.txt"] == ""


def test_our_own_output_is_without_fault(tmp_path: Path) -> None:
    data = tiny(2, [{"image": 1}], splits={"train": [0], "val": [1]})
    written(data, tmp_path / "out")
    again = read(tmp_path / "out")
    assert codes(again) == {}
    assert again.table("images")["file_name"].tolist() == ["0.jpg", "1.jpg"]
    assert again.table("images")["width"].tolist() == [640, 640]


LEFT_OUT: list[tuple[dict[str, Any], str]] = [
    ({"image": -1}, "its image is not known"),
    ({"category": -1}, "its category is not known"),
    ({"kind": Kind.IMAGE}, "a label for a whole image; YOLO's rows are boxes and outlines"),
    ({"iscrowd": 1}, "a crowd (--crowd skip)"),
    ({"image": 1}, "the size of its image is not known"),
    ({"x": np.nan}, "it has no finite geometry"),
]


@pytest.mark.parametrize(("row", "why"), LEFT_OUT)
def test_what_is_left_out_is_listed(tmp_path: Path, row: dict[str, Any], why: str) -> None:
    images = [{}, {"width": np.nan, "height": np.nan}]
    files, told = written(tiny(images, [row, {"id": 9}]), tmp_path / "out")
    (skipped,) = told.skipped
    assert (skipped["why"], skipped["annotation_id"], skipped["file"], skipped["table"]) == (
        why,
        1,
        "annotations.json",
        "annotations",
    )
    assert told.annotations == 1
    assert files["labels/train/0.txt"].count("\n") == 1


def test_crowds_may_be_kept(tmp_path: Path) -> None:
    data = tiny(1, [{"iscrowd": 1}])
    assert label(data, tmp_path / "a", crowd="keep").count("\n") == 1
    _, told = written(data, tmp_path / "b")
    assert "1 crowds were left out: YOLO has none (--crowd keep writes them as objects)" in told.notes


def test_nothing_is_clipped(tmp_path: Path) -> None:
    assert (
        label(tiny(1, [{"box": (-64, 0, 1280, 480)}]), tmp_path / "out")
        == "0 0.900000 0.500000 2.000000 1.000000\n"
    )


def test_sizes_come_from_the_files_where_nobody_declares_them(tmp_path: Path) -> None:
    put(tmp_path, {"0.png": png(200, 100)})
    images = [{"file_name": "0.png", "path": str(tmp_path / "0.png"), "width": np.nan, "height": np.nan}]
    assert (
        label(tiny(images, [{"box": (0, 0, 100, 50)}]), tmp_path / "out")
        == "0 0.250000 0.250000 0.500000 0.500000\n"
    )


def test_outlines(tmp_path: Path) -> None:
    annotations: list[dict[str, Any]] = [
        {"polygon": [SQUARE]},
        {"box": (0, 0, 64, 48)},
        {"polygon": [[1, 2, 3, 4]]},
    ]
    files, told = written(tiny(1, annotations), tmp_path / "out", task="segment")
    assert files["labels/train/0.txt"] == (
        "0 0.015625 0.020833333333 0.171875 0.020833333333 0.171875 0.125000 0.015625 0.125000\n"
        "0 0.000000 0.000000 0.100000 0.000000 0.100000 0.100000 0.000000 0.100000\n"
    )
    assert [row["why"] for row in told.skipped] == ["it has no outline of three points"]
    assert "1 annotations have a box only: its corners are their outline" in told.notes
    assert read(tmp_path / "out").facts["task"]["task"] == "segment"


def test_what_outlines_lose_is_told(tmp_path: Path) -> None:
    ring = {"counts": [0, 5, 1, 1, 1, 8], "size": [4, 4]}
    data = tiny(1, [{"polygon": [SQUARE, [n + 200 for n in SQUARE]]}, {"rle": ring}])
    _, told = written(data, tmp_path / "out", task="segment")
    assert "1 outlines of several parts were joined to one by lines without width" in told.notes
    assert "1 masks lost their holes" in told.notes
    assert told.annotations == 2


def test_oriented_boxes(tmp_path: Path) -> None:
    diamond = [100.0, 50.0, 150.0, 100.0, 100.0, 150.0, 50.0, 100.0]
    files, told = written(
        tiny(1, [{"polygon": [diamond]}, {"box": (0, 0, 64, 48)}]), tmp_path / "out", task="obb"
    )
    first, second = files["labels/train/0.txt"].splitlines()
    points = np.array(first.split()[1:], dtype=float).reshape(-1, 2) * (640, 480)
    assert {tuple(point) for point in np.round(points, 6).tolist()} == {
        (100, 50),
        (150, 100),
        (100, 150),
        (50, 100),
    }
    assert second == "0 0.000000 0.000000 0.100000 0.000000 0.100000 0.100000 0.000000 0.100000"
    assert "1 outlines became the smallest turned rectangle around them" in told.notes
    again = read(tmp_path / "out")
    assert again.table("annotations")["kind"].tolist() == [Kind.OBB, Kind.OBB]


def test_keypoints(tmp_path: Path) -> None:
    annotations: list[dict[str, Any]] = [
        {"box": (0, 0, 64, 48), "keypoints": [32, 24, 2, 0, 0, 0]},
        {"box": (0, 0, 64, 48), "keypoints": [64, 48, 1]},
        {"box": (0, 0, 64, 48)},
    ]
    files, told = written(tiny(1, annotations), tmp_path / "out", task="pose")
    assert files["labels/train/0.txt"].splitlines() == [
        "0 0.050000 0.050000 0.100000 0.100000 0.050000 0.050000 2 0.000000 0.000000 0",
        "0 0.050000 0.050000 0.100000 0.100000 0.100000 0.100000 1 0.000000 0.000000 0",
        "0 0.050000 0.050000 0.100000 0.100000 0.000000 0.000000 0 0.000000 0.000000 0",
    ]
    assert yaml.safe_load(files["data.yaml"])["kpt_shape"] == [2, 3]
    assert "2 annotations have fewer than 2 keypoints: the rest are 0 0 0" in told.notes
    again = read(tmp_path / "out")
    decoder = again.decoders["yolo"].keypoints
    assert decoder is not None
    np.testing.assert_allclose(decoder(again, np.array([0])).each()[0], [[32, 24, 2], [0, 0, 0]])


def test_keypoints_that_nobody_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no annotation has keypoints"):
        written(tiny(1, [{}]), tmp_path / "out", task="pose")


def test_names_that_yaml_would_take_for_something_else(tmp_path: Path) -> None:
    odd = ["no", "1", "null", "a: b", "<script>", "кот", " padded ", "- x", "#", "line\nbreak", "", "{}"]
    files, _ = written(tiny(1, [{"category": 3}], categories=odd), tmp_path / "out")
    assert list(yaml.safe_load(files["data.yaml"])["names"].values()) == odd
    again = read(tmp_path / "out")
    assert again.table("categories")["name"].tolist() == odd
    assert names(again) == ["a: b"]


def test_what_is_told(tmp_path: Path) -> None:
    categories = [{"id": 1, "name": "apple", "supercategory": "fruit"}, {"id": 2, "name": "fruit"}]
    data = tiny(
        [{"file_name": "a.jpg"}, {"file_name": "a.png"}],
        categories=categories,
        splits={"train": [0, 1], "test": [0]},
    )
    files, told = written(data, tmp_path / "out")
    assert told.notes == (
        "categories that only group others get no class index: fruit",
        "1 entries put an image in a second split: it was written in its first",
        "1 image got another name, for one label file each; annotool-names.csv has the old",
        "there is no val split, which ultralytics wants; --val 0.2 makes it of a fifth of the images",
    )
    assert [row["file_name"] for row in csv.DictReader(files["annotool-names.csv"].splitlines())] == [
        "a.jpg",
        "a.png",
    ]


def test_a_val_split_is_made(tmp_path: Path) -> None:
    _, told = written(tiny(50), tmp_path / "a", val=0.3)
    assert {name.split("/")[1] for name in told.files if name.startswith("labels/")} == {"train", "val"}
    assert told.notes == ()
    _, told = written(tiny(3, splits={"train": [0], "val": [1, 2]}), tmp_path / "b", val=0.3)
    assert told.notes == ("--val was not used: the dataset has several splits",)


def test_yolo_to_yolo(tmp_path: Path) -> None:
    text = "1 0.500000 0.500000 0.200000 0.400000\n0 0.123456 0.654321 0.100000 0.200000\n"
    data = read(usual(tmp_path / "in", {"train/a": text, "val/b": ""}, images=False))
    files, told = written(data, tmp_path / "out")
    assert files["labels/train/a.txt"] == text
    assert files["labels/val/b.txt"] == ""
    assert (told.annotations, told.skipped) == (2, ())


def test_an_empty_dataset(tmp_path: Path) -> None:
    files, told = written(tiny(0, categories=[]), tmp_path / "out")
    assert yaml.safe_load(files["data.yaml"]) == {"nc": 0, "names": {}}
    assert (told.images, told.annotations) == (0, 0)


sides = st.integers(1, 6000)
numbers = st.floats(-100, 7000, allow_nan=False)


@given(sides, sides, st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=1, max_size=10))
def test_boxes_come_back_within_a_millionth_of_a_pixel(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, xywh: list[tuple[float, ...]]
) -> None:
    root = tmp_path_factory.mktemp("round")
    data = tiny([{"width": float(width), "height": float(height)}], [{"box": box} for box in xywh])
    written(data, root)
    again = read(root)
    np.testing.assert_allclose(np.array(boxes(again)), np.array(xywh), atol=1e-6, rtol=0)
    assert again.table("images")["id"].tolist() == [NO_ID]
