from pathlib import Path

import numpy as np
import pytest

from annotool.formats.base import WriteOptions
from annotool.formats.yolo import FORMAT
from annotool.formats.yolo.targets import class_indices, places
from annotool.testing import tiny
from tests.formats.yolo.build import ROW, put, read, usual


def images(*names: str, splits: dict[str, list[int]] | None = None, **options: float) -> list[str]:
    data = tiny([{"file_name": name} for name in names], splits=splits)
    found: list[str] = FORMAT.image_targets(data, WriteOptions(**options)).tolist()  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a.jpg", "a.jpg"),
        ("sub/a.JPG", "sub/a.JPG"),
        ("./a.jpg", "a.jpg"),
        ("images/train/a.jpg", "a.jpg"),
        ("train/images/x/a.jpg", "x/a.jpg"),
        ("x/images/y/labels/a.jpg", "x/y/a.jpg"),
        ("C:\\data\\a b.jpg", "data/a b.jpg"),
        ("../../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a.b.c", "a.b.c"),
        ("кот.png", "кот.png"),
        ("<script>.png", "<script>.png"),
        ("a\nb\0.png", "a_b_.png"),
        (".hidden.png", "_.hidden.png"),
        ("classes.png", "classes_.png"),
        ("..", "image"),
    ],
)
def test_names_are_safe(name: str, place: str) -> None:
    assert images(name) == [f"images/train/{place}"]


def test_long_names_are_cut_and_stay_apart() -> None:
    first, second = images("я" * 150 + "1.jpg", "я" * 150 + "2.jpg")
    assert first != second
    assert all(len(name.rpartition("/")[2].encode()) < 255 for name in (first, second))


def test_equal_stems_survive() -> None:
    names = images("a.jpg", "a.png", "A.jpg", "a.jpg", "x/a.jpg")
    assert (
        names
        == [f"images/train/{name}" for name in ("a.jpg", "a_png.png", "A_jpg.jpg", "a-3.jpg", "x/a.jpg")]
        or len({name.rpartition(".")[0].casefold() for name in names}) == 5
    )
    assert names[:2] == ["images/train/a.jpg", "images/train/a_png.png"]


def test_splits_by_ultralytics_words() -> None:
    splits = {"train": [0], "valid": [1], "Test": [2], "night/1": [3]}
    assert images("a.jpg", "a.jpg", "a.jpg", "a.jpg", "a.jpg", splits=splits) == [
        "images/train/a.jpg",
        "images/val/a.jpg",
        "images/Test/a.jpg",
        "images/night_1/a.jpg",
        "images/train/a_jpg.jpg",
    ]


def test_val_by_a_hash_of_the_name() -> None:
    names = [f"{number}.jpg" for number in range(1000)]
    found = images(*names, val=0.2)
    share = sum(name.startswith("images/val/") for name in found)
    assert 160 < share < 240
    assert found == images(*names, val=0.2)
    more = images(*names, val=0.3)
    assert all(
        b.startswith("images/val/") for a, b in zip(found, more, strict=True) if a.startswith("images/val/")
    )
    assert images("a.jpg", "b.jpg", splits={"train": [0], "val": [1]}, val=0.99) == [
        "images/train/a.jpg",
        "images/val/b.jpg",
    ]


CATEGORIES = [
    {"id": 7, "name": "apple", "supercategory": "fruit"},
    {"id": 3, "name": "pear", "supercategory": "fruit"},
    {"id": 0, "name": "fruit", "supercategory": "none"},
    {"id": 5, "name": "plum", "supercategory": "plum"},
]


def test_the_rank_of_the_id_without_groups() -> None:
    found = class_indices(tiny(categories=CATEGORIES, annotations=[{"category": 0}]))
    assert found.names == ["pear", "plum", "apple"]
    assert found.index.tolist() == [2, 0, -1, 1, -1]
    assert found.grouping == ["fruit"]


def test_a_group_that_owns_something_is_a_class() -> None:
    found = class_indices(tiny(categories=CATEGORIES, annotations=[{"category": 2}]))
    assert found.names == ["fruit", "pear", "plum", "apple"]
    assert found.grouping == []


def test_the_list_beside_the_one_that_counts_is_none(tmp_path: Path) -> None:
    root = put(usual(tmp_path, {"train/a": ROW}), {"classes.txt": "bird\ncat\n"})
    assert class_indices(read(root)).names == ["cat", "dog"]


def test_indices_without_names_stay(tmp_path: Path) -> None:
    data = read(put(tmp_path, {"labels/a.txt": "3 .5 .5 .1 .1\n1 .5 .5 .1 .1\n"}))
    found = class_indices(data)
    assert found.names == ["0", "1", "2", "3"]
    assert found.index[data.annotation_labels].tolist() == [3, 1]


def test_no_categories() -> None:
    assert class_indices(tiny(categories=[])).names == []


def test_each_label_has_a_place_of_its_own() -> None:
    rng = np.random.default_rng(5)
    parts = ["a", "A", "b", "images", "labels", "train", ".."]
    names = ["/".join(rng.choice(parts, 3)) + rng.choice([".jpg", ".png", ".JPG", ""]) for _ in range(300)]
    found = places(tiny([{"file_name": name} for name in names]), WriteOptions())
    assert len({place.label.casefold() for place in found}) == len(names)
    assert all("/images/" not in place.image.removeprefix("images/") for place in found)
