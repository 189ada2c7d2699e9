from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from annotool.config import Config
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.splitting.belonging import belonging
from annotool.splitting.dealing import Dealt, deal
from annotool.testing import tiny

RATIOS = {"train": 0.75, "val": 0.25}


def dealt(data: Dataset, *words: str, seed: int = 0, ratios: Any = None, **keep: str) -> Dealt:
    return deal(data, ratios or RATIOS, belonging(data, words, Config().rules), seed, keep)


def splits_by_name(done: Dealt) -> dict[str, str]:
    names = done.data.table("images")["file_name"].tolist()
    assert len(done.data.table("splits")) == len(names)
    return dict(zip(names, done.data.image_splits.tolist(), strict=True))


def animals(order: list[int], categories: tuple[str, str] = ("cat", "dog")) -> Dataset:
    """Forty images of one to three annotations, in any order; every fourth shows a dog too."""
    rows = []
    for place, number in enumerate(order):
        cat = categories.index("cat")
        rows += [{"image": place, "category": cat}] * (number % 3 + 1)
        rows += [{"image": place, "category": 1 - cat}] * (number % 4 == 0)
    return tiny([{"file_name": f"{number:02}.jpg"} for number in order], rows, categories)


def test_the_order_of_images_and_categories_does_not_matter() -> None:
    found = splits_by_name(dealt(animals([*range(40)])))
    mixed = np.random.default_rng(1).permutation(40).tolist()
    assert splits_by_name(dealt(animals(mixed))) == found
    assert splits_by_name(dealt(animals(mixed, ("dog", "cat")))) == found
    assert splits_by_name(dealt(animals([*range(40)]), seed=1)) != found
    assert [*found.values()].count("train") == 30


def test_the_place_of_a_dataset_and_its_old_splits_do_not_matter() -> None:
    data = animals([*range(40)])
    names = np.array([f"train/images/{name}" for name in data.table("images")["file_name"]], dtype=object)
    moved = replace(
        data, tables={**data.tables, "images": data.table("images").with_columns(file_name=names)}
    )
    assert [*splits_by_name(dealt(moved)).values()] == [*splits_by_name(dealt(data)).values()]


def test_groups_stay_whole_and_are_counted() -> None:
    names = [{"file_name": f"v{at // 4}_{at}.jpg"} for at in range(48)]
    data = tiny(names, [{"image": at, "category": int(at < 8)} for at in range(48)])
    done = dealt(data, r"^(v\d+)_")
    found = splits_by_name(done)
    for video in range(12):
        assert len({found[f"v{video}_{at}.jpg"] for at in range(video * 4, video * 4 + 4)}) == 1
    assert [*found.values()].count("val") == 12
    assert done.groups.tolist() == [10, 2]
    assert {found["v0_0.jpg"], found["v1_4.jpg"]} == {"train", "val"}


def test_old_splits_go_and_it_is_said() -> None:
    done = dealt(tiny(8, splits={"train": [*range(8)], "test": [0, 1]}))
    assert sorted(done.data.split_names) == ["train", "val"]
    assert done.notes == ("all images of train, test were dealt out anew; --keep NAME keeps one as it is",)


def test_a_kept_split_stays() -> None:
    data = tiny(12, splits={"train": [*range(8)], "test": [8, 9, 10, 11]})
    done = dealt(data, test="test")
    found = splits_by_name(done)
    assert [name for name, split in found.items() if split == "test"] == [
        "8.jpg",
        "9.jpg",
        "10.jpg",
        "11.jpg",
    ]
    assert [*found.values()].count("train") == 6
    assert done.kept == ("test",)
    assert "kept as it was: test" in done.notes
    assert done.left_out == ()


def test_what_belongs_to_a_kept_image_is_left_out() -> None:
    names = [{"file_name": f"v{at // 3}_{at}.jpg"} for at in range(12)]
    data = tiny(names, [{"image": at} for at in range(12)], splits={"train": [*range(10)], "test": [10, 11]})
    done = dealt(data, r"^(v\d)", test="test")
    assert splits_by_name(done).get("v3_9.jpg") is None
    assert len(done.group) == len(done.data.table("images")) == len(done.data.table("annotations")) == 11
    assert done.left_out == (
        {"table": "images", "image": "v3_9.jpg", "why": "it belongs to 'v3', which is in a kept split"},
    )
    assert any("1 image belongs to a group with images of test: left out" in note for note in done.notes)


def test_nothing_left_to_deal() -> None:
    with pytest.raises(UsageError, match="no image is left to be dealt out"):
        dealt(tiny(3, splits={"test": [0, 1, 2]}), test="test")


def test_images_without_annotations_are_shared_out_too() -> None:
    data = tiny(80, [{"image": at} for at in range(40)])
    found = dealt(data).data.image_splits
    assert (found[:40] == "val").sum() == (found[40:] == "val").sum() == 10
