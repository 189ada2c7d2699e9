import json
from pathlib import Path

import numpy as np
import pytest

from annotool.errors import NoDatasetError
from annotool.schema import SCHEMA
from tests.formats.yolo.build import ROW, put, read, usual


def test_sources(tmp_path: Path) -> None:
    root = put(usual(tmp_path, {"train/a": ROW, "val/b": b"\0\0"}), {"classes.txt": "cat\ndog\n"})
    data = read(root)
    table = data.table("sources")
    assert list(zip(table["file"], table["role"], table["records"].tolist(), strict=True)) == [
        ("data.yaml", "config", 0),
        ("classes.txt", "classes", 0),
        ("labels/train/a.txt", "labels", 1),
        ("labels/val/b.txt", "labels", 1),
    ]
    assert data.formats == {"yolo"}
    for source, file in enumerate(table["file"].tolist()):
        assert bytes(data.source_bytes(source)) == (root / file).read_bytes()


def test_tables_are_those_of_the_schema(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": ROW}))
    for name, table in data.tables.items():
        assert {column: str(values.dtype) for column, values in table.columns.items()} == {
            column: spec.dtype for column, spec in SCHEMA[name].items()
        }


def test_columns_that_are_constant_cost_nothing(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": ROW * 100}, images=False))
    rows = data.table("annotations")
    spread = {name for name, values in rows.columns.items() if values.strides == (0,)}
    assert {
        "x",
        "w",
        "kind",
        "seg_start",
        "kpt_start",
        "area",
        "score",
        "iscrowd",
        "bbox_derived",
        "id",
    } <= spread


def test_facts_are_json(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {"train/a": ROW}))
    assert json.loads(json.dumps(data.facts)) == data.facts
    assert data.facts["image_root"] == str(tmp_path)


def test_a_shard_keeps_its_rows(tmp_path: Path) -> None:
    data = read(usual(tmp_path, {f"train/{name}": ROW * 2 for name in "abc"}))
    parts = data.shards(3)
    assert [len(part.table("annotations")) for part in parts] == [2, 2, 2]
    assert [part.table("images")["image"].tolist() for part in parts] == [[0], [1], [2]]
    np.testing.assert_array_equal(parts[1].boxes.xywh, data.boxes.xywh[2:4])


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NoDatasetError, match=r"no YOLO dataset \(no data.yaml"):
        read(tmp_path)
    put(tmp_path, {"a.txt": ROW})
    with pytest.raises(NoDatasetError, match="give the folder of the label files"):
        read(tmp_path / "a.txt")


def test_of_several_the_first(tmp_path: Path) -> None:
    root = usual(tmp_path, {"train/a": ROW})
    put(root, {"second.yaml": "train: images/train\nval: images/train\nnames: [bird]\n"})
    assert read(root / "second.yaml").table("categories")["name"].tolist() == ["bird"]
    assert read(root).table("categories")["name"].tolist() == ["cat", "dog"]
