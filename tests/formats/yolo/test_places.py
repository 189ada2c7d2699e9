from pathlib import Path

import pytest

from annotool.formats.yolo.places import found_tail, image_folder, label_folder, parts_of, without_part


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("/d/images/train", "/d/labels/train"),
        ("/d/images", "/d/labels"),
        ("/d/train/images/sub", "/d/train/labels/sub"),
        ("/images/d/images/x", "/images/d/labels/x"),
        ("images/train", "labels/train"),
        ("/d/pictures", "/d/pictures"),
        ("/d/Images/train", "/d/Images/train"),
        ("/d/my_images/train", "/d/my_images/train"),
    ],
)
def test_the_last_images_becomes_labels(images: str, labels: str) -> None:
    assert label_folder(images) == labels
    if labels != images:
        assert image_folder(labels) == images


def test_without_part() -> None:
    assert without_part("train/labels/a", "labels") == "train/a"
    assert without_part("labels/train/labels/a", "labels") == "labels/train/a"
    assert without_part("labels", "labels") == "labels"


def test_parts_of() -> None:
    assert parts_of("C:\\data\\..\\images\\train") == ["data", "images", "train"]
    assert parts_of("../../x/./y") == ["x", "y"]


def test_the_longest_tail_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "labels" / "val").mkdir(parents=True)
    (tmp_path / "Images").mkdir()
    assert found_tail(["a", "b", "c"], 1, tmp_path) == tmp_path / "b" / "c"
    assert found_tail(["x", "c"], 1, tmp_path) == tmp_path / "c"
    assert found_tail(["x", "c"], 2, tmp_path) is None
    assert found_tail(["data", "images", "val"], 1, tmp_path) == tmp_path / "images" / "val", (
        "its labels are there"
    )
    assert found_tail(["images"], 1, tmp_path) == tmp_path / "Images"
