from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.errors import AnnotoolError, JournalError, UsageError
from annotool.findings import Findings, Fix
from annotool.fixes import inplace, output
from annotool.formats.base import objects
from annotool.rules.base import found
from tests.fixes import toy

SICK = b"image 1 a.png 100 100\nbox 1 1 0 90 10 10.5 20 210\r\nbox 2 1 0 90 10 20 20 400\n"
MENDED = b"image 1 a.png 100 100\nbox 1 1 0 90 10 10 20 200\r\nbox 2 1 0 90 10 20 20 400\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A dataset of two files, one of them sick, with images and what is none of its business."""
    root = tmp_path / "in put"
    for folder in ("яблоки", "b"):
        (root / folder).mkdir(parents=True)
        (root / folder / "a.png").write_bytes(b"image of " + folder.encode())
    (root / "яблоки" / "sick v1.0.toy").write_bytes(SICK)
    (root / "b" / "well.toy").write_bytes(b"image 1 a.png 100 100\r\n")
    (root / "b" / "labels.cache").write_bytes(b"stale")
    (root / "readme.md").write_bytes(b"not read")
    return root


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_mended_copy(given: Path, tmp_path: Path) -> None:
    before, out = tree(given), tmp_path / "new" / "out"
    journal = output.write(toy.proposal(given), out)
    assert journal == out / "fixes.jsonl"
    written = tree(out)
    assert written.pop("fixes.jsonl").startswith(b'{"annotool":')
    assert written == {
        "b/a.png": b"image of b",
        "b/well.toy": b"image 1 a.png 100 100\r\n",
        "яблоки/a.png": "image of яблоки".encode(),
        "яблоки/sick v1.0.toy": MENDED,
    }
    assert tree(given) == before
    assert (out / "b" / "a.png").samefile(given / "b" / "a.png"), "images are hard links"
    assert not (out / "b" / "well.toy").samefile(given / "b" / "well.toy"), "labels are not: they get edited"
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == ["out"]


def test_images_are_copied_where_they_cannot_be_linked(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    output.write(toy.proposal(given), tmp_path / "out")
    assert (tmp_path / "out" / "b" / "a.png").read_bytes() == b"image of b"
    assert not (tmp_path / "out" / "b" / "a.png").samefile(given / "b" / "a.png")


def test_a_linked_image_folder_becomes_a_real_one(given: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (given / "b" / "a.png").rename(tmp_path / "elsewhere" / "a.png")
    (given / "b" / "a.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    output.write(toy.proposal(given), tmp_path / "out")
    held = tmp_path / "out" / "b" / "a.png"
    assert held.read_bytes() == b"image of b" and not held.is_symlink() and not held.parent.is_symlink()


def test_undo_of_a_mended_copy(given: Path, tmp_path: Path) -> None:
    journal = output.write(toy.proposal(given), tmp_path / "out")
    assert inplace.undo(journal) == ("яблоки/sick v1.0.toy",)
    assert (tmp_path / "out" / "яблоки" / "sick v1.0.toy").read_bytes() == SICK
    assert inplace.undo(journal) == (), "there is nothing left to undo"


def test_images_that_lie_elsewhere_come_along(given: Path, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.png").write_bytes(b"far")
    made = toy.proposal(given)
    images = made.data.table("images")
    far = images.with_columns(path=objects([str(tmp_path / "far" / "a.png"), *images["path"][1:]]))
    made = replace(made, data=replace(made.data, tables={**made.data.tables, "images": far}))
    output.write(made, tmp_path / "out")
    assert (tmp_path / "out" / "images" / "a.png").read_bytes() == b"far"
    assert output.elsewhere("../..\\C:/x/./a.png", "train") == "images/train/x/a.png"


def test_two_images_never_become_one(given: Path, tmp_path: Path) -> None:
    for name in "pq":
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").touch()
    made = toy.proposal(given)
    paths = objects([str(tmp_path / name / "a.png") for name in "pq"])
    far = made.data.table("images").with_columns(path=paths)
    made = replace(made, data=replace(made.data, tables={**made.data.tables, "images": far}))
    with pytest.raises(UsageError, match="would both become images/a.png"):
        output.write(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("where", ["in put", "in put/b/deep", "taken"])
def test_only_a_new_or_empty_folder_apart_from_the_data(given: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    before = tree(tmp_path)
    with pytest.raises(UsageError):
        output.write(toy.proposal(given), tmp_path / where)
    assert tree(tmp_path) == before


def test_apply_gives_the_very_same_copy(given: Path, tmp_path: Path) -> None:
    journal = output.write(toy.proposal(given), tmp_path / "out")
    output.apply(journal, toy.read(given), tmp_path / "again")
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_apply_refuses_other_files(given: Path, tmp_path: Path) -> None:
    journal = output.write(toy.proposal(given), tmp_path / "out")
    with pytest.raises(JournalError, match=r"no such file in the dataset"):
        output.apply(journal, toy.read(given / "b"), tmp_path / "again")
    sick = given / "яблоки" / "sick v1.0.toy"
    sick.write_bytes(SICK.replace(b"10.5", b"10.6"))
    with pytest.raises(
        JournalError, match=r"sick v1\.0\.toy: is not the file .* expected sha256 \w{64}, found sha256 \w{64}"
    ):
        output.apply(journal, toy.read(given), tmp_path / "again")
    assert not (tmp_path / "again").exists()


class Second(toy.Missing):
    """Drops the image of b/."""

    def check(self, data: Dataset) -> Findings:
        rows = data.table("images")
        mine = data.table("sources")["file"][rows["source"]] == "b/well.toy"
        return found(self, "b", rows, take=np.flatnonzero(mine & (rows["source"] >= 0)), fix=Fix.UNSAFE)


@pytest.mark.parametrize(
    ("name", "left_out"), [("a.png", []), ("a.jpg", ["b/a.jpg"])], ids=["listed", "in a folder"]
)
def test_images_that_would_be_found_again_are_left_out(
    given: Path, tmp_path: Path, name: str, left_out: list[str]
) -> None:
    (given / "b" / "a.png").rename(given / "b" / name)
    (given / "b" / "well.toy").write_text(f"image 1 {name} 100 100\nbox 1 1 0 0 0 1 1 1\n")
    made = toy.proposal(given, unsafe=True, rules=[Second()])
    assert made.taken_back == {} and made.dropped_images == {str(given / "b" / name)}
    journal = output.write(made, tmp_path / "out")
    assert json.loads(journal.read_bytes().split(b"\n")[0])["left_out"] == left_out
    assert (f"b/{name}" in tree(tmp_path / "out")) is not bool(left_out)
    output.apply(journal, toy.read(given), tmp_path / "again")
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_a_full_disk_leaves_nothing(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "save", full)
    before = tree(tmp_path)
    with pytest.raises(AnnotoolError, match="No space left on device"):
        output.write(toy.proposal(given), tmp_path / "out")
    assert tree(tmp_path) == before and not (tmp_path / "out").exists()
