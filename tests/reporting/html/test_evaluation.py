"""The page of an evaluation: the numbers behind its charts are those of the evaluation, and names stay text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from annotool import api
from annotool.metrics.evaluation import Evaluation
from annotool.reporting.html.evaluation import lines
from annotool.table import Table


@pytest.fixture(scope="module")
def detection(sample_data: Path) -> Evaluation:
    data = api.read(sample_data / "coco", predictions=sample_data / "predictions/coco_results.json")
    return api.evaluate(data)


@pytest.fixture(scope="module")
def classification(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    data = api.read(sample_data / "classes")
    scores = np.random.default_rng(3).dirichlet(np.ones(len(data.labels)), len(data.table("images")))
    return api.evaluate(replace(data, probabilities=scores))


def page(told: Evaluation) -> str:
    return "\n".join(lines(told))


def behind(html: str, name: str) -> list[list[str]]:
    """The cells of the numbers that are offered as a file."""
    found = re.search(rf'data-name="{re.escape(name)}".*?(<table>.*?</table>)', html, re.DOTALL)
    assert found, name
    return [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(found[1]).iter("tr")]


def test_numbers_behind_the_charts_are_the_evaluations(
    detection: Evaluation, classification: Evaluation
) -> None:
    for told, files in (
        (detection, {"categories": "categories", "curves": "curves", "confusion": "confusion", "mistakes": "errors", "parts": "slices"}),
        (classification, {"categories": "categories", "curves": "curves", "confusion": "confusion", "reliability": "reliability"}),
    ):  # fmt: skip
        html = page(told)
        for file, name in files.items():
            held, (head, *rows) = told.tables[name], behind(html, f"{file}.csv")
            assert head == [*held]
            for at, column in enumerate(held):
                cells = [row[at] for row in rows]
                values = held[column].tolist()
                if held[column].dtype.kind == "f":
                    assert np.array(cells, dtype=float) == pytest.approx(values, rel=1e-5, nan_ok=True)
                else:
                    assert cells == [str(each) for each in values]
        overall = {name: float(value) for name, value in behind(html, "numbers.csv")[1:]}
        assert overall == pytest.approx(dict(told.numbers), rel=1e-5, nan_ok=True)


def test_what_is_drawn_has_the_size_of_the_numbers(detection: Evaluation) -> None:
    html, rows = page(detection), detection.tables["categories"]
    drawn = re.search(r'<svg[^>]*aria-label="AP a category".*?</svg>', html, re.DOTALL)
    assert drawn
    widths = [float(each.attrib["width"]) for each in ET.fromstring(drawn[0]).iter("rect")]
    best = np.sort(rows["AP"])[::-1]
    assert np.array(widths) / widths[0] == pytest.approx(best / best[0], abs=0.005)
    matrix = re.search(r'<svg[^>]*aria-label="Truth by row.*?</svg>', html, re.DOTALL)
    assert matrix
    cells = [
        each for each in ET.fromstring(matrix[0]).iter("rect") if each.attrib["class"] in ("right", "wrong")
    ]
    assert len(cells) == len(detection.tables["confusion"])


def test_names_stay_text(detection: Evaluation) -> None:
    evil = '<img src=x onerror="alert(1)">'
    tables = {}
    for name, held in detection.tables.items():
        columns = {
            key: np.array([evil if each == "apple" else each for each in values.tolist()], dtype=object)
            if values.dtype.kind == "O" else values
            for key, values in held.columns.items()
        }  # fmt: skip
        tables[name] = Table(columns)
    html = page(replace(detection, tables=tables, notes=(evil,)))
    assert "<img" not in html and "&lt;img" in html


def test_many_categories_and_none(detection: Evaluation) -> None:
    many = [f"category {at}" for at in range(200)]
    held = detection.tables["categories"].take(np.arange(200) % 3)
    held = held.with_columns(category=np.array(many, dtype=object))
    confusion = Table({"truth": np.array(many, dtype=object), "predicted": np.array(many[1:] + many[:1], dtype=object),
                       "count": np.arange(200) + 1})  # fmt: skip
    html = page(replace(detection, tables={**detection.tables, "categories": held, "confusion": confusion}))
    assert "160 more" in html and "Shown: the 24 with most mistakes" in html
    assert len(html) < 1_000_000
    empty = page(replace(detection, tables={"categories": held.take(np.arange(0))}))
    assert "All numbers" in empty and "<svg" not in empty


def test_one_confusion_is_said_to_happen_once(classification: Evaluation) -> None:
    held = Table(
        {
            name: np.array(["a", "b"][:: 1 if name == "truth" else -1], dtype=object)
            for name in ("truth", "predicted")
        }
    )
    for count, said in ((1, ": 1 time. "), (2, ": 2 times. ")):
        confusion = held.with_columns(count=np.array([count, 0]))
        told = replace(classification, tables={**classification.tables, "confusion": confusion})
        assert said in page(told)
