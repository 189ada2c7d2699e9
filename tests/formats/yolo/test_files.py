import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotool.formats.base import ReadOptions
from annotool.formats.yolo.files import image_files, read_files, text_files, tree
from tests.formats.yolo.build import ROW, codes, one, put, read, texts, usual

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:5a\nsize 20480\n"


def test_suffixes_in_any_case() -> None:
    names = ["a.TXT", "b.jpg", "c.JPEG", "d", "e.txt.bak", ".txt", "f.Png"]
    assert image_files(names) == ["b.jpg", "c.JPEG", "f.Png"]
    assert text_files(names) == ["a.TXT", ".txt"]


def test_tree(tmp_path: Path) -> None:
    put(tmp_path, {"b.txt": "", "a.txt": "", "sub/deep/c.txt": "", ".hidden/d.txt": ""})
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    options = ReadOptions(overlay={tmp_path / "a.txt": None})
    found = tree(tmp_path, options, {})
    below = {os.path.relpath(folder, tmp_path): names for folder, names in found.items()}
    assert below == {".": ["b.txt"], "sub": [], "sub/deep": ["c.txt"]}
    assert tree(tmp_path / "nowhere", options, {}) == {}


def test_companions_and_locks_are_neither_labels_nor_images(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW, "val/b": ROW})
    put(root, {"labels/train/~$a.txt": b"\0", "labels/train/._a.txt": b"\0", "images/train/~$a.png": b"\0"})
    data = read(root)
    assert len(data.table("images")) == 2
    assert not len(data.problems)


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = usual(tmp_path, {"train/a": ROW, "val/b": ROW})
    listed = os.scandir

    def denied(path: Any) -> Iterator[Any]:
        if str(path).endswith("labels/train"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", denied)
    data = read(root)
    assert texts(data, "SCH001") == [f"{root}/labels/train cannot be listed: Permission denied"]
    assert len(data.table("annotations")) == 1


def test_one_buffer(tmp_path: Path) -> None:
    big = b"0 .5 .5 .1 .1\n" * 10_000
    files = {
        "a.txt": b"1",
        "b.txt": b"",
        "c.txt": big,
        "d.txt": "é".encode(),
        "e.txt": b"\0\1",
        "f.txt": POINTER,
    }
    put(tmp_path, files)
    held = read_files({str(tmp_path): [*files, "gone.txt"]}, ReadOptions())
    texts = [
        held.buffer[start:end] for start, end in zip(held.start.tolist(), held.end.tolist(), strict=True)
    ]
    assert texts == [b"1", b"", big, "é".encode(), b"", b"", b""]
    assert [held.buffer[end : end + 1] for end in held.end.tolist()] == [b"\n"] * 7
    assert {at: wrong.kind for at, wrong in held.wrong.items()} == {4: "binary", 5: "pointer", 6: "unread"}
    assert dict(held.apart) == {4: b"\0\1", 5: POINTER}


def test_no_files() -> None:
    assert read_files({}, ReadOptions()).buffer == b"\n"


def test_pointers_in_place_of_labels(tmp_path: Path) -> None:
    data = one(tmp_path, POINTER)
    assert texts(data, "SCH001") == ["a git-lfs pointer in place of the labels; run: git lfs pull"]
    assert data.table("sources")["records"].tolist() == [0, 1]


def test_overlay(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW, "train/b": ROW, "train/c": ROW})
    overlay = {
        root / "labels/train/a.txt": b"1 .5 .5 .2 .4\n1 .5 .5 .2 .4\n",
        root / "labels/train/b.txt": None,
        root / "labels/train/c.txt": b"",
        root / "data.yaml": b"train: images/train\nval: images/train\nnames: [x, y]\n",
    }
    data = read(root, overlay=overlay)
    assert data.names_of(data.table("annotations")["category"]).tolist() == ["y", "y"]
    assert data.table("sources")["file"].tolist() == ["data.yaml", "labels/train/a.txt", "labels/train/c.txt"]
    assert data.table("images")["source"].tolist() == [1, -1, 2]
    assert codes(data) == {}
