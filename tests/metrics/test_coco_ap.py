import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import annotool
from annotool.dataset import Dataset
from annotool.metrics import coco_ap, evaluation
from annotool.metrics.coco_ap import NUMBERS, interpolated
from annotool.metrics.scene import scene
from annotool.table import Array

# Few places and few scores: overlaps, ties of both, and areas on the edges of the ranges come by themselves.
SIDES = st.sampled_from([0, 1, 10, 16, 31, 32, 33, 64, 96, 97, 150])
BOXES = st.tuples(
    st.integers(0, 4).map(lambda n: n * 8), st.integers(0, 3).map(lambda n: n * 8), SIDES, SIDES
)
PLACES = {"image": st.integers(0, 2), "category": st.integers(0, 2)}
TRUTHS = st.lists(
    st.fixed_dictionaries({**PLACES, "box": BOXES, "iscrowd": st.sampled_from([0, 0, 0, 1]), "area": st.sampled_from([1.0, 1024.0, 1025.0, 9216.0, 9217.0, 2e10])}),
    max_size=12,
)  # fmt: skip
GUESSES = st.lists(
    st.fixed_dictionaries({**PLACES, "box": BOXES, "score": st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])}),
    min_size=1,
    max_size=25,
)


def twelve(data: Dataset) -> Array:
    numbers = evaluation.evaluate(data).numbers
    return np.array([numbers[name] for name in NUMBERS])


def agree(ours: Array, theirs: Array) -> None:
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


@settings(max_examples=150)
@given(TRUTHS, GUESSES)
def test_the_twelve_numbers_are_those_of_pycocotools(
    predicted: Any, given_to_coco: Any, stats_of_coco: Any, truths: Any, guesses: Any
) -> None:
    data = predicted(truths, guesses)
    agree(twelve(data), stats_of_coco(*given_to_coco(truths, guesses)))


def generated(seed: int, images: int, objects: int, found: int) -> tuple[list[Any], list[Any]]:
    """Truths, a tenth of them crowds, and guesses near them with a few scores; the last image is empty."""
    rng = np.random.default_rng(seed)
    sides = np.exp(rng.normal(3.5, 1, (objects, 2))).clip(2, 300).round(1)
    box = np.concatenate([rng.uniform(0, 300, (objects, 2)).round(1), sides], axis=1)
    truths = [
        {"image": int(rng.integers(images - 1)), "category": int(rng.integers(2)), "box": each.tolist(), "iscrowd": int(rng.random() < 0.1)}
        for each in box
    ]  # fmt: skip
    guesses = []
    for at in rng.integers(objects, size=found).tolist():
        near = box[at] + rng.normal(0, 0.1, 4) * np.tile(sides[at], 2)
        category = truths[at]["category"] if rng.random() < 0.8 else 2
        guesses.append(
            {"image": truths[at]["image"], "category": category, "box": near.clip(1).tolist(), "score": round(rng.random(), 2)}
        )  # fmt: skip
    return truths, guesses


@pytest.mark.parametrize(("images", "objects", "found"), [(2, 20, 400), (8, 300, 900), (4, 1, 30)])
def test_more_than_a_hundred_guesses_crowds_and_a_category_without_objects(
    predicted: Any, given_to_coco: Any, stats_of_coco: Any, images: int, objects: int, found: int
) -> None:
    for seed in range(3):
        truths, guesses = generated(seed, images, objects, found)
        data = predicted(truths, guesses, images)
        agree(twelve(data), stats_of_coco(*given_to_coco(truths, guesses, images)))


def read(folder: Path, truth: Any, results: Any) -> Dataset:
    for name, value in (("truth.json", truth), ("results.json", results)):
        (folder / name).write_text(json.dumps(value))
    return annotool.read(folder / "truth.json", predictions=folder / "results.json", images="none")


def test_what_cannot_be_scored_changes_nothing(
    stats_of_coco: Callable[..., Array], given_to_coco: Any, tmp_path: Path
) -> None:
    """Results of unknown images (pycocotools stops at those) and categories, without a score: as if they were not there."""
    truths, guesses = generated(2, 4, 40, 150)
    truth, results = given_to_coco(truths, guesses, 4)
    first = results[0]
    odd = [
        {**first, "image_id": 77},
        {**first, "category_id": 99, "score": 1.0},
        {**first, "score": float("nan")},
        {**first, "score": None},
        {**first, "bbox": [float("nan"), 1, 2, 3], "score": 1.0},
    ]
    told = evaluation.evaluate(read(tmp_path, truth, [*odd[:3], *results, *odd[3:]]))
    agree(np.array([told.numbers[name] for name in NUMBERS]), stats_of_coco(truth, results, "bbox"))
    assert told.counts["predictions"] - told.counts["left_out"] == len(results)


@pytest.mark.parametrize("first_id", [0, 1])
@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_the_toy_example(
    toy: Any, stats_of_coco: Callable[..., Array], tmp_path: Path, kind: str, first_id: int
) -> None:
    truth, results = json.loads(json.dumps(toy))
    for at, row in enumerate(truth["annotations"]):
        x, y, w, h = row["bbox"]
        row["id"] = at + first_id
        row["segmentation"] = [[x, y, x + w, y + h / 3, x + w, y + h, x, y + h]]
    results = [{name: row[name] for name in ("image_id", "category_id", "bbox", "score")} for row in results]
    told = evaluation.evaluate(read(tmp_path, truth, results), geometry=kind)
    agree(np.array([told.numbers[name] for name in NUMBERS]), stats_of_coco(truth, results, kind))
    assert any("has the id 0" in note for note in told.notes) == (first_id == 0)


def test_images_stand_in_the_order_of_their_ids_and_the_last_of_equal_ids_counts(
    stats_of_coco: Callable[..., Array], given_to_coco: Any, tmp_path: Path
) -> None:
    truths = [{"image": at % 3, "box": (10 * at, 10, 40, 40), "id": 1 + at % 5} for at in range(7)]
    guesses = [{"image": at % 3, "box": (10 * at + 2, 10, 40, 40), "score": 0.5} for at in range(7)]
    truth, results = given_to_coco(truths, guesses)
    truth["images"].reverse()
    told = evaluation.evaluate(read(tmp_path, truth, results))
    agree(np.array([told.numbers[name] for name in NUMBERS]), stats_of_coco(truth, results, "bbox"))
    assert any("repeat an annotation id: 2;" in note for note in told.notes)


def test_categories_of_one_name_in_one_file_are_two(
    stats_of_coco: Callable[..., Array], given_to_coco: Any, tmp_path: Path
) -> None:
    truths = [{"category": at % 2, "box": (60 * at, 10, 40, 40)} for at in range(4)]
    guesses = [{"category": 0, "box": (60 * at, 10, 40, 40), "score": 0.5} for at in range(4)]
    truth, results = given_to_coco(truths, guesses)
    truth["categories"][1]["name"] = "cat"
    told = evaluation.evaluate(read(tmp_path, truth, results))
    agree(np.array([told.numbers[name] for name in NUMBERS]), stats_of_coco(truth, results, "bbox"))


@given(TRUTHS, GUESSES)
def test_a_part_of_the_images_is_as_if_there_were_no_others(
    predicted: Any, truths: Any, guesses: Any
) -> None:
    data = predicted(truths, guesses)
    sides = scene(data)
    judged = coco_ap.judge(sides, evaluation.paired(sides, None))
    part = coco_ap.summary(coco_ap.curves(sides, judged, np.array([True, False, True])))
    own = predicted(
        [row for row in truths if row["image"] != 1], [row for row in guesses if row["image"] != 1]
    )
    if len(own.table("predictions")):
        agree(np.array(list(part.values())), twelve(own))


def test_precision_at_recalls() -> None:
    precision, where = interpolated(np.array([True, False, True]), np.array([False, True, False]), 4)
    assert precision[:26] == pytest.approx(np.ones(26))
    assert precision[26:51] == pytest.approx(np.full(25, 2 / 3))
    assert precision[51:].tolist() == [0.0] * 50
    assert set(where.tolist()) == {0, 2, 3}


def test_curves_fall_and_end_where_recall_ends(predicted: Any) -> None:
    truths, guesses = generated(1, 4, 60, 200)
    held = evaluation.evaluate(predicted(truths, guesses, 4))
    for name in ("cat", "dog"):
        rows = held.tables["curves"].take(held.tables["curves"]["category"] == name)
        assert rows["recall"].tolist() == np.linspace(0, 1, 101).tolist()
        assert (np.diff(rows["precision50"]) <= 0).all()
        at = held.tables["categories"]["category"].tolist().index(name)
        assert rows["precision50"].mean() == pytest.approx(held.tables["categories"]["AP50"][at])
        assert rows["precision"].mean() == pytest.approx(held.tables["categories"]["AP"][at])
        assert ((rows["score50"] > 0) | (rows["precision50"] == 0)).all()
    assert "emu" not in held.tables["curves"]["category"].tolist()
