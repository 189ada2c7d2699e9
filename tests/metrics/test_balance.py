from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO

from annotool import api
from annotool.dataset import Dataset
from annotool.metrics.balance import (
    added,
    balance,
    count,
    image_counts,
    imbalance_ratio,
    instance_counts,
    normalised_entropy,
    of_counts,
)
from annotool.testing import tiny

NAN = float("nan")
NAMES = ("cat", "dog", "emu")
rows = st.fixed_dictionaries(
    {
        "image": st.integers(-1, 4),
        "category": st.integers(-1, 2),
        "area": st.sampled_from([0.0, 1023.9, 1024.0, 5000.0, 9216.0, 1e6, NAN]),
    }
)
SPLITS = {"val": [1, 2], "train": [0, 1, 4]}  # image 1 is in both, image 3 in none


def dataset(annotations: list[dict[str, float]]) -> Dataset:
    return tiny(5, annotations, NAMES, splits=SPLITS)


@given(st.lists(rows, max_size=40))
def test_counts_are_those_of_pandas(annotations: list[dict[str, float]]) -> None:
    data = dataset(annotations)
    result = balance(data)
    assert result.splits["split"].tolist() == ["", "train", "val"]
    frame = pd.DataFrame(annotations, columns=["image", "category", "area"])
    frame["area"] = frame["area"].fillna(100.0 * 50.0)  # the box
    kept = frame[(frame["image"] >= 0) & (frame["category"] >= 0)]
    rows = result.categories.frame.to_dict("records")
    by_key = {(row["split"], row["category"]): row for row in rows}
    assert len(by_key) == len(rows) == 9
    for split, members in {"": range(5), **SPLITS}.items():
        part = kept[kept["image"].isin(list(members))]
        for number, name in enumerate(NAMES):
            own, got = part[part["category"] == number], by_key[split, name]
            shown = own["image"].nunique()
            assert (got["instances"], got["images"]) == (len(own), shown)
            assert got["share"] == pytest.approx(len(own) / max(len(part), 1))
            assert got["per_image"] == pytest.approx(len(own) / max(shown, 1))
            bins = pd.cut(own["area"], [-1, 32**2, 96**2, np.inf], right=False)
            assert [got["small"], got["medium"], got["large"]] == bins.value_counts(sort=False).tolist()
        used = set(frame[frame["image"].isin(list(members))]["image"])
        place = result.splits["split"].tolist().index(split)
        assert result.splits["images"][place] == len(list(members))
        assert result.splits["without_objects"][place] == len(set(members) - used)
    assert set(result.unused) == set(NAMES) - {NAMES[int(c)] for c in kept["category"]}


@given(st.lists(rows, max_size=40), st.integers(1, 4))
def test_counts_of_shards_add_up(annotations: list[dict[str, float]], shards: int) -> None:
    data = dataset(annotations)
    whole, parts = count(data), added([count(part) for part in data.shards(shards)])
    assert (parts.categories, parts.splits) == (whole.categories, whole.splits)
    for name in ("instances", "images", "sizes", "total", "empty"):
        assert (getattr(parts, name) == getattr(whole, name)).all(), name
    assert (instance_counts(data) == whole.instances[0]).all()
    assert (image_counts(data) == whole.images[0]).all()


@given(st.lists(st.integers(0, 1000), max_size=12))
def test_entropy_is_that_of_scipy(counts: list[int]) -> None:
    n = np.array(counts, dtype=np.int64)
    some = n[n > 0]
    if len(some) < 2:
        assert np.isnan(normalised_entropy(n))
    else:
        assert normalised_entropy(n) == pytest.approx(scipy.stats.entropy(some, base=len(some)))
        assert imbalance_ratio(n) == some.max() / some.min()


def test_entropy_by_hand() -> None:
    """Two categories 3 : 1 have 0.811 bits; four equal ones are wholly even."""
    assert normalised_entropy(np.array([30, 10])) == pytest.approx(0.8112781)
    assert normalised_entropy(np.array([5, 0, 5, 5, 5])) == pytest.approx(1)
    assert imbalance_ratio(np.array([30, 0, 10])) == 3
    assert np.isnan(imbalance_ratio(np.array([0, 0])))


def test_names_count_over_all_files() -> None:
    names = [{"name": "cat"}, {"name": "dog"}, {"name": "dog", "source": 1}]
    two = [{"file": "train.json"}, {"file": "val.json"}]
    result = balance(
        tiny(2, [{"category": 0}, {"category": 1}, {"category": 2, "image": 1}], names, sources=two)
    )
    assert result.categories["category"].tolist() == ["cat", "dog"]
    assert result.categories["instances"].tolist() == [1, 2]
    assert result.imbalance_ratio == 2
    assert result.entropy == pytest.approx(scipy.stats.entropy([1, 2], base=2))
    assert result.images_without_objects == 0


def test_a_class_list_that_nothing_goes_by_does_not_count() -> None:
    files = [
        {"file": "data.yaml", "format": "yolo"},
        {"file": "classes.txt", "format": "yolo", "role": "classes"},
    ]
    names = [{"name": "cat"}, {"name": "dog"}, {"name": "emu", "source": 1}, {"name": "cat", "source": 1}]
    result = balance(tiny(1, [{"category": 0}], names, format_name="yolo", sources=files))
    assert result.categories["category"].tolist() == ["cat", "dog"]
    assert result.unused == ("dog",)
    assert balance(tiny(1, [], names, format_name="yolo", sources=files)).unused == ("cat", "dog", "emu")


def test_sizes_not_known_are_in_no_bin() -> None:
    fractions = [{"fractions": (0.1, 0.1, 0.5, 0.5)}]
    counts = count(tiny([{"width": NAN}], fractions, format_name="yolo"))
    assert counts.instances.tolist() == [[1, 0]]
    assert counts.sizes.sum() == 0


def test_an_empty_dataset() -> None:
    result = of_counts(count(tiny(0, categories=())))
    assert len(result.categories) == 0
    assert np.isnan(result.entropy)
    assert result.unused == ()


def test_numbers_are_those_of_pycocotools(sample_data: Path, real_data: Path) -> None:
    """Annotations, images and sizes of each category, as COCO's own reader counts them."""
    for file in (sample_data / "coco/annotations/instances_train.json", real_data / "taco/annotations.json"):
        coco = COCO(file)
        rows = balance(api.read(file, images="none")).categories.frame
        for row in rows[rows["split"] == ""].to_dict("records"):
            (category,) = coco.getCatIds(catNms=[row["category"]])
            assert row["instances"] == len(coco.getAnnIds(catIds=[category]))
            assert row["images"] == len(coco.getImgIds(catIds=[category]))
            own = (
                each for of_image in coco.imgToAnns.values() for each in of_image
            )  # TACO has an id twice: no loadAnns
            areas = [each["area"] for each in own if each["category_id"] == category]
            bins = np.histogram(areas, [0, 32**2, 96**2, np.inf])[0]
            assert [row["small"], row["medium"], row["large"]] == bins.tolist()
