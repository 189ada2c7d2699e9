from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool import api, conversion, formats
from annotool.errors import LossError, UsageError
from annotool.formats.base import WriteOptions
from annotool.reporting.conversion import lines
from annotool.testing import tiny


def test_what_stops_is_told_before_anything_is_written(tmp_path: Path) -> None:
    data = tiny(annotations=[{"polygon": [[0, 0, 90, 0, 90, 90]]}])
    with pytest.raises(LossError, match="Nothing was written"):
        conversion.convert(data, "voc", tmp_path / "out", WriteOptions(task="segment"))
    assert os.listdir(tmp_path) == []
    done = conversion.convert(data, "voc", tmp_path / "out", WriteOptions(task="segment", allow_loss=True))
    assert done.written.annotations == 1


@pytest.mark.parametrize("to", ["coco", "voc", "yolo"])
def test_what_cannot_be_written_is_listed(tmp_path: Path, to: str) -> None:
    rows = [{}, {"image": -1}, {"category": -1}, {"box": (0, float("nan"), 5, 5)}]
    done = conversion.convert(tiny(annotations=rows), to, tmp_path / "out", WriteOptions())
    listed = [json.loads(line) for line in (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()]
    assert done.written.annotations == 1
    assert [each["annotation_id"] for each in listed] == [2, 3, 4]
    assert all(
        set(each) == {"table", "annotation_id", "image", "category", "why", "file", "line"} for each in listed
    )
    assert len({each["why"] for each in listed}) == 3


@pytest.mark.parametrize(
    ("to", "options", "told"),
    [
        ("kitti", {}, "no format is called 'kitti'"),
        ("yolo", {"task": "boxes"}, "expected one of detect"),
        ("yolo", {"crowd": "drop"}, "expected one of skip"),
        ("yolo", {"image_files": "move"}, "expected one of link"),
        ("yolo", {"val": 2.0}, "from 0 to below 1"),
        ("yolo", {"val": -1.0}, "from 0 to below 1"),
    ],
)
def test_wrong_calls(tmp_path: Path, to: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        conversion.convert(tiny(), to, tmp_path / "out", WriteOptions(**options))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("to", ["coco", "voc", "yolo"])
@pytest.mark.parametrize("how", ["link", "copy", "none"])
def test_images_go_where_the_format_wants_them(tmp_path: Path, to: str, how: str) -> None:
    from PIL import Image

    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "0.png"
    Image.new("RGB", (640, 480)).save(file)
    data = tiny(
        images=[{"file_name": "0.png", "path": str(file)}], annotations=[{}], paths=(tmp_path / "in",)
    )
    done = conversion.convert(data, to, tmp_path / "out", WriteOptions(image_files=how))
    placed = list((tmp_path / "out").rglob("*.png"))
    assert done.images_placed == len(placed) == (how != "none")
    assert all(each.read_bytes() == file.read_bytes() for each in placed)
    assert file.stat().st_nlink == 1 + (how == "link")


def test_input_tables_are_unchanged(tmp_path: Path) -> None:
    data = tiny(annotations=[{}, {"polygon": [[0, 0, 9, 0, 9, 9]]}])
    before = {c: data.table("annotations")[c].copy() for c in data.table("annotations")}
    for to in ("coco", "voc", "yolo"):
        conversion.convert(data, to, tmp_path / to, WriteOptions())
    for column, values in before.items():
        np.testing.assert_array_equal(values, data.table("annotations")[column])


def test_a_format_that_is_only_read_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(formats.registry()["yolo"]), "writes", False)
    with pytest.raises(
        UsageError, match="yolo is read only: it cannot be written yet; choose one of coco, csv"
    ):
        conversion.known("yolo")


def test_labels_of_images_are_told_where_to_go(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/labels.csv").write_text("file,label\n1.jpg,cat\n2.jpg,dog\n")
    with pytest.raises(
        LossError, match=r"Nothing was written; coco, csv, huggingface can; --allow-loss goes on$"
    ):
        api.convert(tmp_path / "in", "yolo", tmp_path / "out")
    done = api.convert(tmp_path / "in", "coco", tmp_path / "out")
    assert "coco, 2 images, 2 labels, 0 image files placed" in next(iter(lines(done)))
