import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as api

import annotool
from annotool.metrics.coco_ap import NUMBERS
from annotool.metrics.evaluation import evaluate, prepared
from annotool.metrics.masks import encoded
from annotool.metrics.scene import scene

ROWS = st.fixed_dictionaries(
    {
        "image": st.integers(0, 1),
        "category": st.integers(0, 1),
        "box": st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(10, 120)] * 2),
        "shape": st.sampled_from(["corner", "two rings", "runs", "text"]),
        "iscrowd": st.sampled_from([0, 0, 0, 1]),
        "score": st.sampled_from([0.1, 0.5, 0.9]),
    }
)


def outlined(row: dict[str, Any]) -> dict[str, Any]:
    """The row with a segmentation in its box: rings, or runs as numbers or as text."""
    x, y, w, h = row["box"]
    rings = [[x, y, x + w, y, x + w, y + h / 2, x, y + h]]
    if row["shape"] == "two rings":
        rings = [[x, y, x + w / 3, y, x, y + h], [x + w / 2, y, x + w, y, x + w, y + h]]
    held: Any = rings
    if row["shape"] in ("runs", "text") or row["iscrowd"]:
        pixels = np.zeros((480, 640), dtype=np.uint8, order="F")
        pixels[y : y + h : 2, x : x + w] = 1
        held = api.encode(pixels)
        held["counts"] = held["counts"].decode()
    if row["shape"] == "runs":
        flat = pixels.T.ravel()
        edges = np.flatnonzero(np.diff(flat)) + 1
        runs = np.diff([0, *edges.tolist(), len(flat)]).tolist()
        held = {"size": [480, 640], "counts": [0, *runs] if flat[0] else runs}
    return {**row, "segmentation": held}


def written(folder: Path, truth: Any, results: Any) -> annotool.Dataset:
    for name, value in (("truth.json", truth), ("results.json", results)):
        (folder / name).write_text(json.dumps(value))
    return annotool.read(folder / "truth.json", predictions=folder / "results.json", images="none")


@settings(max_examples=40)
@given(st.lists(ROWS, min_size=1, max_size=6), st.lists(ROWS, min_size=1, max_size=8))
def test_masks_score_as_in_pycocotools(
    given_to_coco: Any, stats_of_coco: Any, tmp_path_factory: Any, truths: Any, guesses: Any
) -> None:
    truth, results = given_to_coco([*map(outlined, truths)], [*map(outlined, guesses)], 2)
    told = evaluate(written(tmp_path_factory.mktemp("masks"), truth, results), geometry="segm").numbers
    np.testing.assert_allclose(
        [told[name] for name in NUMBERS], stats_of_coco(truth, results, "segm"), atol=1e-9
    )


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_results_without_boxes_have_the_area_of_their_masks(
    given_to_coco: Any, stats_of_coco: Any, tmp_path: Path, kind: str
) -> None:
    box = {
        "box": (8, 8, 45, 30),
        "shape": "text",
        "iscrowd": 0,
        "score": 0.5,
    }  # area 1350 as a box, half as a mask
    truths = [outlined({**box, "area": 1350.0}), outlined({**box, "box": (200, 200, 90, 90)})]
    guesses = [outlined(box), outlined({**box, "box": (300, 300, 45, 30)})]
    truth, results = given_to_coco(truths, guesses, 1)
    for row in results:
        del row["bbox"]
    told = evaluate(written(tmp_path, truth, results), geometry=kind).numbers
    np.testing.assert_allclose(
        [told[name] for name in NUMBERS], stats_of_coco(truth, results, kind), atol=1e-9
    )


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_more_masks_than_a_byte_counts(given_to_coco: Any, tmp_path: Path, kind: str) -> None:
    """Where mask.area of pycocotools fails with numpy 2, as loadRes does then; areas are those of one mask at a time."""
    row = {"shape": "text", "iscrowd": 0}
    boxes = [(5 * (at % 60), 5 * (at // 60), 20 + at % 40, 20 + at % 31) for at in range(600)]
    guesses = [
        outlined({**row, "box": box, "score": at / 600, "image": at % 3}) for at, box in enumerate(boxes)
    ]
    truth, results = given_to_coco(guesses[::7], guesses)
    for each in results:
        del each["bbox"]
    sides, _ = prepared(written(tmp_path, truth, results), np.ones(3, dtype=bool), kind)
    assert sides.guesses["area"].tolist() == [
        int(api.area(results[row]["segmentation"])) for row in sides.guesses["row"].tolist()
    ]
    assert len(sides.guesses) == 600


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_a_mask_without_a_pixel_is_a_wrong_answer(
    given_to_coco: Any, stats_of_coco: Any, tmp_path: Path, kind: str
) -> None:
    right = outlined({"box": (8, 8, 45, 30), "shape": "text", "iscrowd": 0, "score": 0.5})
    blank = {**right, "score": 0.9, "segmentation": {"size": [480, 640], "counts": [480 * 640]}}
    blank["segmentation"] = api.frPyObjects(blank["segmentation"], 480, 640)
    blank["segmentation"]["counts"] = blank["segmentation"]["counts"].decode()
    truth, results = given_to_coco([right, {**blank, "area": 0.0}], [right, blank], 1)
    for row in results:
        del row["bbox"]
    told = evaluate(written(tmp_path, truth, results), geometry=kind)
    np.testing.assert_allclose(
        [told.numbers[name] for name in NUMBERS], stats_of_coco(truth, results, kind), atol=1e-9
    )
    assert told.counts["left_out"] == 0
    assert told.numbers["AP50"] == pytest.approx(0.5 * 51 / 101)


def test_what_cannot_be_drawn_is_empty_and_what_has_no_outline_is_its_box(
    given_to_coco: Any, tmp_path: Path
) -> None:
    box = {"box": (10, 20, 30, 40)}
    truth, results = given_to_coco([box, {**box, "segmentation": [[1, 2, 3, 4]]}], [{**box, "score": 0.5}], 1)
    data = written(tmp_path, truth, results)
    truths, guesses = encoded(data, scene(data))
    assert [int(api.area(each)) for each in (*truths, *guesses)] == [1200, 0, 1200]
    assert prepared(data, np.array([True]), "bbox")[1] is None
    assert evaluate(data, geometry="segm").numbers["AP50"] == pytest.approx(51 / 101)


@pytest.mark.parametrize(
    "shape",
    [
        {"size": [480, 640], "counts": [5, 5]},
        {"size": [480, 640], "counts": [0, -5, 480 * 640 + 5]},
        {"size": [2**20, 2**20], "counts": [0, 2**40]},
        {"size": [480, 640], "counts": "?"},
        [[1e300, 0, 1e300, 5, 0, 5]],
        [[0, 0, 1e12, 5, 0, 5]],
        [[1, 2]],
    ],
)  # fmt: skip
def test_broken_outlines_find_nothing(given_to_coco: Any, tmp_path: Path, shape: Any) -> None:
    box = {"box": (10, 20, 30, 40)}
    truth, results = given_to_coco(
        [box, {**box, "segmentation": shape}], [{**box, "score": 0.5, "segmentation": shape}], 1
    )
    told = evaluate(written(tmp_path, truth, results), geometry="segm")
    assert told.numbers["AP50"] == 0


def test_images_of_unknown_size_have_no_masks(given_to_coco: Any, tmp_path: Path) -> None:
    truth, results = given_to_coco([{"box": (1, 2, 30, 40)}], [{"box": (1, 2, 30, 40), "score": 0.5}], 1)
    del truth["images"][0]["width"]
    assert evaluate(written(tmp_path, truth, results)).numbers["AP50"] == pytest.approx(1)
    assert evaluate(written(tmp_path, truth, results), geometry="segm").numbers["AP50"] == 0
