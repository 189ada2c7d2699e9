from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotool import api, conversion
from annotool.dataset import Dataset
from annotool.errors import LossError, UsageError
from annotool.formats.base import WriteOptions
from annotool.formats.imagefolder.write import folders, word
from annotool.schema import Kind
from annotool.testing import tiny


def labelled(
    root: Path, names: list[str], images: list[list[int]], splits: dict[str, list[int]] | None = None
) -> Dataset:
    root.mkdir(exist_ok=True)
    rows = []
    for at, own in enumerate(images):
        Image.new("RGB", (8, 8), (at, 9, 9)).save(root / f"{at}.png")
        rows += [{"image": at, "category": each, "kind": Kind.IMAGE, "box": (np.nan,) * 4} for each in own]
    files = [{"file_name": f"{at}.png", "path": str(root / f"{at}.png")} for at in range(len(images))]
    return tiny(files, rows, names, splits, paths=(root,))


def tree(out: Path) -> list[str]:
    return sorted(each.relative_to(out).as_posix() for each in out.rglob("*") if each.is_file())


def test_images_go_to_the_folder_of_their_class(tmp_path: Path) -> None:
    data = labelled(tmp_path / "in", ["cat", "dog"], [[0], [1], [0]])
    done = conversion.convert(data, "imagefolder", tmp_path / "out", WriteOptions(image_files="copy"))
    assert tree(tmp_path / "out") == ["cat/0.png", "cat/2.png", "dog/1.png"]
    assert (done.written.images, done.written.annotations, done.images_placed) == (3, 3, 3)
    back = api.read(tmp_path / "out")
    assert back.formats == {"imagefolder"}


def test_splits(tmp_path: Path) -> None:
    splits = {"val": [0, 1], "fold2": [2], "train2017": [3], "test": [1]}
    data = labelled(tmp_path / "in", ["cat", "dog"], [[0], [1], [0], [1], [1]], splits)
    done = conversion.convert(data, "imagefolder", tmp_path / "out", WriteOptions())
    assert tree(tmp_path / "out") == [
        "train/cat/2.png",
        "train/dog/3.png",
        "train/dog/4.png",
        "val/cat/0.png",
        "val/dog/1.png",
    ]
    assert done.written.notes == (
        "images of no split go to train: 1", "images in several splits, of which the first counts: 1",
        "split 'fold2' is written as 'train'", "split 'train2017' is written as 'train'",
    )  # fmt: skip


def test_what_a_folder_cannot_hold_stops_it(tmp_path: Path) -> None:
    data = labelled(tmp_path / "in", ["cat", "dog"], [[0, 1], [1], []])
    with pytest.raises(LossError) as told:
        conversion.convert(data, "imagefolder", tmp_path / "out", WriteOptions())
    assert "1 label beyond an image's first is left out" in str(told.value)
    assert "1 image without a label is left out" in str(told.value)
    done = conversion.convert(data, "imagefolder", tmp_path / "out", WriteOptions(allow_loss=True))
    assert tree(tmp_path / "out") == ["cat/0.png", "dog/1.png", "skipped.jsonl"]
    assert [each["why"] for each in done.written.skipped] == [
        "a class folder holds one label an image",
        "it has no label",
    ]


def test_images_that_are_not_there_are_told(tmp_path: Path) -> None:
    data = labelled(tmp_path / "in", ["cat", "dog"], [[0], [1]])
    paths = np.array([str(tmp_path / "in/0.png"), ""], dtype=object)
    images = data.table("images").with_columns(path=paths)
    data = replace(data, tables={**data.tables, "images": images})
    with pytest.raises(LossError, match="1 image whose file was not found is left out"):
        conversion.convert(data, "imagefolder", tmp_path / "out", WriteOptions())
    done = conversion.convert(data, "imagefolder", tmp_path / "out", WriteOptions(allow_loss=True))
    assert [each["why"] for each in done.written.skipped] == [
        "its image file was not found, and class folders are made of these"
    ]
    assert done.written.annotations == 1
    with pytest.raises(UsageError, match="link or copy"):
        conversion.convert(
            data, "imagefolder", tmp_path / "none", WriteOptions(image_files="none", allow_loss=True)
        )


def test_names_of_folders() -> None:
    names = {"cat", "a/b", "a_b", ".hidden", "images", "Train", ".."}
    assert folders(names) == {
        "cat": "cat", "a_b": "a_b", "a/b": "a_b-2", ".hidden": "_.hidden", "images": "images_", "Train": "Train_", "..": "__",
    }  # fmt: skip


def test_words_of_splits() -> None:
    assert [word(each) for each in ("Val", "valid", "test-dev", "train2017", "fold1")] == [
        "Val", "valid", "test", "train", "train",
    ]  # fmt: skip
