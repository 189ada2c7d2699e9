from typing import Any

import numpy as np
import pytest

import annotool
from annotool.metrics.evaluation import evaluate
from annotool.metrics.slices import finding_parts, split_parts
from annotool.testing import tiny

BOX, SMALL = (10, 10, 200, 200), (300, 300, 8, 8)
SPLITS = {"train": [0, 1], "val": [2]}


def rows_of(told: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = told.tables["slices"].frame.to_dict("records")
    return {(row["slice"], row["part"]): row for row in rows}


def test_sizes_and_splits(predicted: Any) -> None:
    truths = [{"box": BOX}, {"box": SMALL, "image": 1}, {"box": BOX, "image": 2}]
    guesses = [{"box": BOX, "score": 0.9}, {"box": BOX, "image": 2, "score": 0.8}]
    held = rows_of(evaluate(predicted(truths, guesses, splits=SPLITS)))
    numbers = {key: (row["images"], row["objects"], row["AP50"], row["AR100"]) for key, row in held.items()}
    assert numbers["size", "large"] == (2, 2, pytest.approx(1), 1)
    assert numbers["size", "small"] == (1, 1, 0, 0)
    assert numbers["size", "medium"] == (
        0,
        0,
        pytest.approx(np.nan, nan_ok=True),
        pytest.approx(np.nan, nan_ok=True),
    )
    assert numbers["split", "train"] == (2, 2, pytest.approx(51 / 101), 0.5)
    assert numbers["split", "val"] == (1, 1, pytest.approx(1), 1)


def test_frequency_is_by_images(predicted: Any) -> None:
    box = {"box": BOX}
    truths = [
        *({**box, "image": at} for at in range(101)),
        *({**box, "image": at, "category": 1} for at in range(11)),
        *({**box, "image": 0, "category": 2} for _ in range(200)),
    ]
    guesses = [{**row, "score": 0.5} for row in truths[:101]]
    held = rows_of(evaluate(predicted(truths, guesses, 101)))
    numbers = {
        key[1]: (row["images"], row["objects"], row["AP50"])
        for key, row in held.items()
        if key[0] == "frequency"
    }
    assert numbers == {"rare": (1, 200, 0), "common": (11, 11, 0), "frequent": (101, 101, pytest.approx(1))}


def test_images_with_and_without_findings(predicted: Any) -> None:
    truths = [{"box": BOX}, {"box": (500, 10, 400, 200), "image": 1}, {"box": BOX, "image": 2}]
    guesses = [{"box": BOX, "score": 0.9}, {"box": BOX, "image": 1, "score": 0.9}]
    data = predicted(truths, guesses)
    found = annotool.audit(data, select=["BOX002"])
    held = rows_of(evaluate(data, findings=found))
    assert {
        part: (row["images"], row["objects"]) for (kind, part), row in held.items() if kind == "finding"
    } == {
        "without any": (2, 2),
        "with any": (1, 1),
        "BOX002": (1, 1),
    }
    assert held["finding", "with any"]["AP50"] == 0
    assert held["finding", "without any"]["AP50"] == pytest.approx(51 / 101)


def test_one_split_is_no_part() -> None:
    assert split_parts(tiny(2, splits={"train": [0, 1]})) == {}
    parts = split_parts(tiny(3, splits=SPLITS))
    assert {part: mask.tolist() for (_, part), mask in parts.items()} == {
        "train": [True, True, False],
        "val": [False, False, True],
    }


def test_findings_on_no_image_are_in_no_part() -> None:
    data = tiny(2, categories=["cat", "cat "])
    parts = finding_parts(data, annotool.audit(data, select=["CLS"]))
    assert list(parts) == [("finding", "without any"), ("finding", "with any")]
    assert parts["finding", "without any"].all()
