"""PRD005: each fault of predictions, and predictions without any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotool import api
from annotool.dataset import Dataset
from annotool.rules.prd.prediction_file_invalid import PredictionFileInvalid
from annotool.testing import check_rule
from tests.formats.coco.build import category, document, image, put

TRUTH = document([image(1), image(2)], categories=[category(1), category(2, "dog")])
GOOD = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 50, 40], "score": 0.5}


def found(tmp_path: Path, results: Any) -> list[tuple[str, str, str]]:
    """Severity, pointer and text of each PRD005 of an audit with these results."""
    text = results if isinstance(results, str | bytes) else json.dumps(results)
    put(tmp_path, {"labels.json": TRUTH, "results.json": text})
    data = read(tmp_path)
    findings = api.audit(data, select=["PRD005"])
    assert all(part.rule == "PRD005" for part in findings.blocks)
    grades = ("info", "warning", "error")
    return [
        (grades[part.columns["severity"][row]], str(part.columns["pointer"][row]), part.text(row))
        for part in findings.blocks
        for row in range(len(part))
    ]


VALID: dict[str, Any] = {
    "one": [GOOD],
    "none": [],
    "two in one place": [GOOD, {**GOOD, "score": 0.25}],
    "zero and one": [{**GOOD, "score": 0}, {**GOOD, "score": 1}],
    "another category": [GOOD, {**GOOD, "category_id": 2}],
    "another image": [GOOD, {**GOOD, "image_id": 2}],
    "masks that differ": [
        {**GOOD, "segmentation": {"size": [480, 640], "counts": each}} for each in ("PPYo0", "PPYo1")
    ],
}
INVALID: dict[str, tuple[Any, list[tuple[str, str, str]]]] = {
    "unknown image": (
        [GOOD, {**GOOD, "image_id": 7}, {**GOOD, "image_id": 7, "score": 0.1}],
        [("error", "/1", "the ground truth has no image 7: 2 not scored")],
    ),
    "unknown category": (
        [GOOD, {**GOOD, "category_id": 9}],
        [("error", "/1", "the ground truth has no category 9: 1 not scored")],
    ),
    "images from 0": (
        [{**GOOD, "image_id": 0}, GOOD],
        [("error", "", "image ids count from 0 (0 to 1), those of the ground truth from 1; no prediction is scored")],
    ),
    "categories from 0": (
        [{**GOOD, "category_id": 0}, GOOD],
        [("error", "", "category ids count from 0 (0 to 1), those of the ground truth from 1; no prediction is scored")],
    ),
    "a score above one": (
        [{**GOOD, "score": 87.5}], [("error", "/0", "score 87.5 is not between 0 and 1")]
    ),
    "a score below zero": (
        [{**GOOD, "score": -0.5}], [("error", "/0", "score -0.5 is not between 0 and 1")]
    ),
    "no score": (
        [GOOD, {key: value for key, value in GOOD.items() if key != "score"}],
        [("error", "/1", "score is missing")],
    ),
    "no score anywhere": (
        [{**GOOD, "bbox": [x, 10, 50, 40], "score": None} for x in (1, 2)],
        [("error", f"/{at}", "score: expected a number, got null") for at in range(2)],
    ),
    "NaN": (
        '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": NaN}]',
        [("error", "/0", "score holds a number that is not finite: NaN")],
    ),
    "the same twice": ([GOOD, GOOD], [("warning", "/1", "the very same result stands at /0 already")]),
    "a box of three": (
        [{**GOOD, "bbox": [1, 2, 3]}], [("error", "/0", "bbox: expected 4 numbers x, y, w, h, got [1, 2, 3]")]
    ),
    "no record": ([GOOD, 7], [("error", "/1", "expected a record in braces, got 7")]),
    "empty": ("", [("error", "", "the file is empty")]),
}  # fmt: skip


def read(tmp_path: Path) -> Dataset:
    return api.read(tmp_path / "labels.json", predictions=tmp_path / "results.json", images="none")


@pytest.mark.parametrize("results", VALID.values(), ids=list(VALID))
def test_valid(tmp_path: Path, results: Any) -> None:
    assert found(tmp_path, results) == []
    check_rule(PredictionFileInvalid, valid=[read(tmp_path)])


@pytest.mark.parametrize(("results", "expected"), INVALID.values(), ids=list(INVALID))
def test_invalid(tmp_path: Path, results: Any, expected: list[tuple[str, str, str]]) -> None:
    assert found(tmp_path, results) == expected
    check_rule(
        PredictionFileInvalid, invalid=[(read(tmp_path), [{"message": told} for _, _, told in expected])]
    )


def test_what_counts_from_zero_is_not_scored(tmp_path: Path) -> None:
    found(tmp_path, [{**GOOD, "image_id": 0}, GOOD])
    data = read(tmp_path)
    assert data.table("predictions")["image"].tolist() == [-1, -1]


def test_a_fix_leaves_predictions_alone(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + json.dumps([{**GOOD, "score": "0.5"}]).encode()
    put(tmp_path, {"set/labels.json": TRUTH, "results.json": text})
    made = api.fix(tmp_path / "set", predictions=tmp_path / "results.json", unsafe=True, images="none")
    assert tmp_path / "results.json" not in made.overlay
    assert made.fixed.table("predictions")["score"].tolist() == [0.5]
