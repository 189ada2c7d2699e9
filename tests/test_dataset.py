from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool import parallel
from annotool.dataset import Dataset, concat
from annotool.schema import NO_ID
from annotool.table import Table
from annotool.testing import tiny


def three() -> Dataset:
    return tiny(
        images=3,
        annotations=[
            {"image": 2},
            {"image": 0},
            {"image": 0, "category": 1},
            {"image": -1},
            {"image": 1, "category": -1},
        ],
        splits={"train": [0, 1], "val": [2, 0]},
    )


def test_tables_for_people_are_frames() -> None:
    data = three()
    for frame in (
        data.images,
        data.annotations,
        data.categories,
        data.splits,
        data.sources,
        data.predictions,
    ):
        assert isinstance(frame, pd.DataFrame)
    assert data.annotations["image"].tolist() == [2, 0, 0, -1, 1]


def test_values_of_the_image_stand_beside_each_annotation() -> None:
    data = three()
    assert data.image_values("width").tolist()[:3] == [640.0, 640.0, 640.0]
    assert np.isnan(data.image_values("width")[3])
    assert data.image_values("id")[3] == NO_ID
    assert data.annotation_labels.tolist() == [0, 0, 1, 0, -1]
    assert data.names_of(np.array([1, -1])).tolist() == ["dog", ""]


def test_the_first_split_of_an_image_is_its_split() -> None:
    assert three().image_splits.tolist() == ["train", "train", "val"]
    assert three().split_names == ("train", "val")


@given(st.integers(1, 6))
def test_shards_hold_every_row_once_and_keep_keys(n: int) -> None:
    data = three()
    parts = data.shards(n)
    for name in ("images", "annotations", "splits"):
        rows = np.concatenate([part.table(name)["image"] for part in parts])
        assert sorted(rows.tolist()) == sorted(data.table(name)["image"].tolist())
    for part in parts:
        at = part.image_rows(part.table("annotations")["image"])
        own = part.table("images")["image"]
        assert all(
            own[row] == key
            for row, key in zip(at, part.table("annotations")["image"], strict=True)
            if key >= 0
        )
    assert sum(len(part.problems) for part in parts) == len(data.problems)


def test_unknown_size_falls_back_to_fractions() -> None:
    data = tiny(
        images=[{"width": float("nan"), "height": float("nan")}],
        annotations=[{"fractions": (0.1, 0.2, 0.3, 0.4)}],
        format_name="yolo",
    )
    boxes = data.boxes
    assert boxes.fraction.tolist() == [True]
    np.testing.assert_allclose(boxes.xywh[0], [0.1, 0.2, 0.3, 0.4])
    assert boxes.width.tolist() == [1.0]
    assert boxes.usable.tolist() == [True]


def test_two_processes_see_the_rings_that_one_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = [0.0, 0, 10, 0, 10, 10]
    many = [{"image": n % 3, "polygon": [[*ring, n, n + 1.5]] * (n % 4)} for n in range(50)]
    alone, both = tiny(images=3, annotations=many), tiny(images=3, annotations=many)
    monkeypatch.setattr("annotool.dataset.RING_ROWS", 8)
    here, main, done = alone.rings, os.getpid(), []
    result = parallel.Aside.result

    def noted(self: parallel.Aside[Table]) -> Table:
        done.append(self.pid)
        return result(self)

    monkeypatch.setattr(parallel, "possible", lambda: os.getpid() == main)
    monkeypatch.setattr(parallel, "LARGE", 1)
    monkeypatch.setattr(parallel.Aside, "result", noted)
    for name, values in here.columns.items():
        assert values.dtype == both.rings[name].dtype
        np.testing.assert_array_equal(values, both.rings[name])
    assert len(here) > 50
    assert len(done) == 1


def test_rings_are_summarised_and_not_kept() -> None:
    data = tiny(
        annotations=[
            {"polygon": [[0, 0, 10, 0, 10, 10, 0, 10], [20, 20, 30, 20, 30]]},
            {"box": (0, 0, 5, 5)},
            {"polygon": [[1, 1, 2, 2, 3, 1]]},
        ]
    )
    rings = data.rings
    assert rings["row"].tolist() == [0, 0, 2]
    assert rings["ring"].tolist() == [0, 1, 0]
    assert rings["numbers"].tolist() == [8, 5, 6]
    assert rings["area"].tolist()[0] == 100.0
    assert rings["x1"].tolist()[0] == 10.0


def test_concat_shifts_keys_and_unifies_categories_by_name() -> None:
    one = tiny(images=2, annotations=[{"image": 1}], categories=("cat", "dog"))
    two = tiny(images=1, annotations=[{"image": 0, "category": 1}, {"image": -1}], categories=("bird", "cat"))
    both = concat([one, two])
    assert both.table("annotations")["image"].tolist() == [1, 2, -1]
    assert both.table("annotations")["category"].tolist() == [0, 3, 2]
    assert both.labels == ("cat", "dog", "bird")
    assert both.annotation_labels.tolist() == [0, 0, 2]
    assert both.table("annotations")["source"].tolist() == [0, 1, 1]
    assert bytes(both.source_bytes(1)) == bytes(two.source_bytes(0))
    assert both.table("images")["image"].tolist() == [0, 1, 2]
    assert both.boxes.usable.tolist() == [True, True, False]


def test_an_empty_dataset_has_all_tables() -> None:
    data = Dataset(tables={})
    assert len(data.images) == 0
    assert len(data.boxes.usable) == 0
    assert len(data.pairs.first) == 0
    assert len(data.rings) == 0
    assert data.labels == ()
    assert [len(part.table("images")) for part in data.shards(2)] == [0, 0]


def test_tables_cannot_be_edited_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        three().table("annotations")["x"][0] = 1
