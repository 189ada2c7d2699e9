"""Scenes of a few boxes, and what pycocotools itself says of them."""

import contextlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annotool.dataset import Dataset
from annotool.schema import make
from annotool.table import Array
from annotool.testing import tiny

Rows = Sequence[Mapping[str, Any]]
Predicted = Callable[..., Dataset]
Stats = Callable[[Mapping[str, Any], Rows, str], Array]
Given = Callable[[Rows, Rows, int], tuple[dict[str, Any], list[dict[str, Any]]]]

NAMES = ("cat", "dog", "emu")


def with_predictions(truths: Rows, guesses: Rows, images: int = 3, **more: Any) -> Dataset:
    """A dataset of rows {image, category, box, ...} and predictions of rows {image, category, box, score}."""
    data = tiny(images, [{"area": row["box"][2] * row["box"][3], **row} for row in truths], NAMES, **more)
    box = np.array([row["box"] for row in guesses], dtype=np.float64).reshape(-1, 4)
    columns = {name: np.array([row.get(name, 0) for row in guesses]) for name in ("image", "category")}
    score = np.array([row["score"] for row in guesses], dtype=np.float64)
    boxes = dict(zip("xywh", box.T, strict=True))
    table = make("predictions", len(guesses), **columns, **boxes, score=score, kind=np.full(len(guesses), 2))
    return replace(data, tables={**data.tables, "predictions": table})


def coco_given(truths: Rows, guesses: Rows, images: int = 3) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The same as COCO's two files."""
    truth = {
        "images": [
            {"id": at + 1, "file_name": f"{at}.jpg", "width": 640, "height": 480} for at in range(images)
        ],
        "categories": [{"id": at + 1, "name": name} for at, name in enumerate(NAMES)],
        "annotations": [
            {
                "id": row.get("id", at + 1),
                "image_id": row.get("image", 0) + 1,
                "category_id": row.get("category", 0) + 1,
                "bbox": list(map(float, row["box"])),
                "area": float(row.get("area", row["box"][2] * row["box"][3])),
                "iscrowd": row.get("iscrowd", 0),
                **({"segmentation": row["segmentation"]} if "segmentation" in row else {}),
            }
            for at, row in enumerate(truths)
        ],
    }
    results = [
        {
            "image_id": row.get("image", 0) + 1,
            "category_id": row.get("category", 0) + 1,
            "score": row["score"],
            **({"bbox": list(map(float, row["box"]))} if "box" in row else {}),
            **({"segmentation": row["segmentation"]} if "segmentation" in row else {}),
        }
        for row in guesses
    ]
    return truth, results


def coco_stats(truth: Mapping[str, Any], results: Rows, kind: str = "bbox") -> Array:
    """The twelve numbers of COCOeval, NaN for its -1."""
    with contextlib.redirect_stdout(io.StringIO()):
        held = COCO()
        held.dataset = json.loads(json.dumps(truth))
        held.createIndex()
        run = COCOeval(held, held.loadRes(json.loads(json.dumps(list(results)))), kind)
        run.evaluate()
        run.accumulate()
        run.summarize()
    return np.where(run.stats == -1, np.nan, run.stats)


@pytest.fixture(scope="session")
def predicted() -> Predicted:
    return with_predictions


@pytest.fixture(scope="session")
def given_to_coco() -> Given:
    return coco_given


@pytest.fixture(scope="session")
def stats_of_coco() -> Stats:
    return coco_stats


@pytest.fixture(scope="session")
def toy(real_data: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Twelve cats and what a model found: ground truth and results."""
    folder = real_data / "predictions_toy/toyexample"
    truth = json.loads((folder / "gts_coco_format/toy_example_coco.JSON").read_text())
    return truth, json.loads((folder / "dets_coco_format/coco_dets.json").read_text())["annotations"]
