"""Where the image files of class folders go; the reader finds them there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from annotool import formats
from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import ReadOptions
from annotool.formats.imagefolder.move import moves


def put(root: Path, *names: str) -> Dataset:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return formats.read([root], ReadOptions())


def row(data: Dataset, name: str) -> int:
    found: int = data.table("images")["file_name"].tolist().index(name)
    return found


def category(data: Dataset, name: str) -> int:
    found: int = data.table("categories")["name"].tolist().index(name)
    return found


def relabel(data: Dataset, name: str, new: str) -> Edits:
    return Edits.make(
        1, table="annotations", column="category", row=row(data, name), new=[category(data, new)]
    )


def rename(data: Dataset, old: str, new: str) -> Edits:
    return Edits.make(1, table="categories", column="name", row=category(data, old), new=[new])


def drop(data: Dataset, name: str, table: str = "images") -> Edits:
    return Edits.make(1, op=Op.DROP, table=table, row=row(data, name))


def suffix(data: Dataset, name: str, new: str) -> Edits:
    path = str(data.table("images")["path"][row(data, name)])
    return Edits.make(
        1, table="images", column="path", row=row(data, name), new=[os.path.splitext(path)[0] + new]
    )


def told(data: Dataset, *edits: Edits) -> list[tuple[int, str, str | None]]:
    """The edit, the image and its new place of each move."""
    names, root = data.table("images")["file_name"], data.paths[0]
    return [
        (move.edit, str(names[move.image]), None if move.new is None else Path(move.new).relative_to(root).as_posix())
        for move in moves(data, Edits.concat(list(edits)))
    ]  # fmt: skip


def test_a_label_changed_is_a_file_moved_in_its_split(tmp_path: Path) -> None:
    data = put(tmp_path, "train/a/1.png", "train/b/2.png", "val/b/3.png", "val/c/4.png")
    edits = relabel(data, "train/a/1.png", "b"), relabel(data, "val/b/3.png", "a")
    assert told(data, *edits) == [(0, "train/a/1.png", "train/b/1.png"), (1, "val/b/3.png", "val/a/3.png")]
    assert told(data, relabel(data, "train/a/1.png", "a")) == [], "it is there already"
    assert moves(data, Edits.make(0)) == []


def test_a_class_renamed_moves_all_its_files_but_those_of_another_label(tmp_path: Path) -> None:
    data = put(tmp_path, "train/a/1.png", "train/a/2.png", "train/b/3.png", "val/a/4.png", "val/b/5.png")
    edits = rename(data, "a", "c"), relabel(data, "train/a/2.png", "b")
    expected = [
        (0, "train/a/1.png", "train/c/1.png"),
        (1, "train/a/2.png", "train/b/2.png"),
        (0, "val/a/4.png", "val/c/4.png"),
    ]
    assert told(data, *edits) == expected
    assert told(data, *edits[::-1]) == [(1 - edit, *rest) for edit, *rest in expected], "in any order"


def test_a_name_no_class_folder_can_have_is_changed(tmp_path: Path) -> None:
    data = put(tmp_path, "a/1.png", "b/2.png")
    for name, folder in (("x/y", "x_y"), (".z", "_.z"), ("train", "train_"), ("images", "images_")):
        assert told(data, rename(data, "a", name)) == [(0, "a/1.png", f"{folder}/1.png")]


def test_a_drop_goes_before_all_else_and_of_two_the_first_counts(tmp_path: Path) -> None:
    data = put(tmp_path, "a/1.png", "a/2.png", "b/3.png")
    edits = relabel(data, "a/1.png", "b"), drop(data, "a/1.png", "annotations"), drop(data, "a/1.png")
    assert told(data, *edits) == [(1, "a/1.png", None)]


def test_another_suffix_and_another_folder_go_together(tmp_path: Path) -> None:
    data = put(tmp_path, "a/1.jpg", "a/2.jpg", "b/3.png", "b/1.png")
    edits = suffix(data, "a/1.jpg", ".png"), relabel(data, "a/1.jpg", "b"), suffix(data, "a/2.jpg", ".png")
    assert told(data, *edits) == [
        (1, "a/1.jpg", "b/1-1.png"), (0, "a/1.jpg", "b/1-1.png"), (2, "a/2.jpg", "a/2.png")
    ]  # fmt: skip


def test_no_name_is_given_twice(tmp_path: Path) -> None:
    """Not that of an image that moves too, of one that moves there, of another case, of no image, of another split."""
    data = put(
        tmp_path, *(f"train/{label}/{name}" for label in "ab" for name in ("1.png", "2.png")),
        "train/c/1.png", "train/b/3.PNG", "train/a/3.png", "train/b/4.png.bak", "train/a/4.png", "val/b/5.png", "train/a/5.png",
        "val/a/6.png",
    )  # fmt: skip
    (tmp_path / "train/b/4.PNG").mkdir()
    edits = [relabel(data, f"train/a/{at}.png", "b") for at in range(1, 6)]
    edits += [relabel(data, "train/b/1.png", "a"), relabel(data, "train/c/1.png", "b")]
    assert [new for _, _, new in told(data, *edits)] == [
        "train/b/1-1.png", "train/b/2-1.png", "train/b/3-1.png", "train/b/4-1.png", "train/b/5-1.png",
        "train/a/1-1.png", "train/b/1-2.png",
    ]  # fmt: skip


def test_fewer_than_two_classes_are_never_left(tmp_path: Path) -> None:
    data = put(tmp_path, "a/1.jpg", "b/2.png")
    edits = relabel(data, "a/1.jpg", "b"), suffix(data, "b/2.png", ".jpg")
    assert told(data, *edits) == [(1, "b/2.png", "b/2.jpg")], "a new suffix is no harm"
    assert told(data, drop(data, "a/1.jpg")) == []


def read(root: Path, renamed: dict[str, str], *gone: str) -> Dataset:
    paths = {str(root / old): str(root / new) for old, new in renamed.items()}
    options: dict[str, Any] = {"renamed": paths, "overlay": {root / name: None for name in gone}}
    return formats.read([root], ReadOptions(**options))


def test_the_reader_finds_what_is_about_to_move(tmp_path: Path) -> None:
    """As it would read the copy: folders come and go, an empty one stays; a file is opened where it is."""
    put(tmp_path, "train/a/1.png", "train/b/2.png", "train/c/3.png", "val/b/4.png", "val/c/5.png")
    (tmp_path / "val/d").mkdir()
    data = read(tmp_path, {"train/a/1.png": "train/b/0.png", "val/c/5.png": "val/a/5.png"}, "train/c/3.png")
    assert data.table("images")["file_name"].tolist() == [
        "train/b/0.png", "train/b/2.png", "val/a/5.png", "val/b/4.png"
    ]  # fmt: skip
    assert [Path(path).read_bytes() for path in data.table("images")["path"]] == [
        b"train/a/1.png", b"train/b/2.png", b"val/c/5.png", b"val/b/4.png"
    ]  # fmt: skip
    assert data.table("sources")["file"].tolist() == ["train/b", "val/a", "val/b", "val/d"]
    assert data.table("categories")["name"].tolist() == ["a", "b", "d"]
    assert data.image_splits.tolist() == ["train", "train", "val", "val"]
    assert data.first_names.tolist() == ["train/a/1.png", "train/b/2.png", "val/c/5.png", "val/b/4.png"]


def test_a_second_move_goes_on_from_the_first_and_back(tmp_path: Path) -> None:
    put(tmp_path, "a/1.png", "b/2.png", "c/3.png", "c/4.png")
    data = read(tmp_path, {"a/1.png": "b/1.png"})
    there = relabel(data, "b/1.png", "c")
    assert told(data, there) == [(0, "b/1.png", "c/1.png")]
    assert told(data, rename(data, "b", "a")) == [(0, "b/1.png", "a/1.png"), (0, "b/2.png", "a/2.png")]
