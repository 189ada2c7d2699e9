import csv
import json
from typing import Any

import numpy as np
import pytest
from rich.text import Text

from annotool.metrics.evaluation import Evaluation
from annotool.reporting.evaluation import FORMS, lines
from annotool.table import Table

NAN = float("nan")


def texts(*values: str) -> Any:
    return np.array(values, dtype=object)


def told() -> Evaluation:
    """Twelve categories, of which each is once taken for the first."""
    names = [f"c{at}" for at in range(11)] + ["[red]"]
    numbers = dict.fromkeys(("AP", "AP50", "AP75", "APm", "APl", "AR1", "AR10", "AR100", "VOC", "VOC11"), 0.5)
    numbers |= {"APs": NAN, "ARs": NAN, "ARm": 0.25, "ARl": 0.75}
    count = np.arange(12)
    categories = {"category": texts(*names), "objects": count, "images": count, "predictions": 1000 * count}
    categories |= {name: np.linspace(0, 1, 12) for name in ("AP", "AP50", "AP75", "AR100", "VOC")}
    categories["AP"] = np.append(categories["AP"][:-1], NAN)
    confusion = {
        "truth": texts(*names, "(background)"),
        "predicted": texts(*["c0"] * 12, "c1"),
        "count": np.arange(13) + 1,
    }
    return Evaluation(
        "detection",
        {"geometry": "bbox", "least_score": 0.25},
        {"images": 1234, "left_out": 0},
        numbers,
        {
            "categories": Table(categories),
            "errors": Table({"error": texts("missed"), "count": np.array([3]), "dAP": np.array([0.125])}),
            "confusion": Table(confusion),
        },
        ("a note of [red]",),
    )


def plain(form: str) -> list[str]:
    return [Text.from_markup(line).plain if form == "text" else line for line in lines(told(), form)]


def test_text() -> None:
    page = plain("text")
    assert page[0] == "detection (geometry bbox, least score 0.25): 1,234 images"
    assert (
        "AP 0.500   at IoU .5 0.500   at .75 0.500   small not defined   medium 0.500   large 0.500" in page
    )
    row = next(line for line in page if line.startswith("[red]"))
    assert row.split() == ["[red]", "11", "11", "11,000", "-", "1.000", "1.000", "1.000", "1.000"]
    assert "missed      3  0.125" in page
    pairs = page[page.index("taken for another") + 1 :]
    assert pairs[0] == "       12  [red] as c0"
    assert pairs[10].strip() == "and 1 other pair"
    assert page[-1] == "note: a note of [red]"


def test_json_has_everything_and_null_for_what_is_not_defined() -> None:
    page = json.loads("\n".join(plain("json")))
    assert list(page) == [
        "task",
        "settings",
        "counts",
        "numbers",
        "notes",
        "categories",
        "errors",
        "confusion",
    ]
    assert page["numbers"]["APs"] is None
    assert page["categories"][11]["AP"] is None
    assert page["errors"] == [{"error": "missed", "count": 3, "dAP": 0.125}]
    assert len(page["confusion"]) == 13


def test_csv_has_the_whole_and_each_category() -> None:
    rows = list(csv.DictReader(plain("csv")))
    assert [row["category"] for row in rows] == ["", *(f"c{at}" for at in range(11)), "[red]"]
    assert (rows[0]["images"], rows[0]["AP"], rows[0]["APs"], rows[0]["ARl"]) == ("1234", "0.5", "", "0.75")
    assert (rows[12]["AP"], rows[12]["AP50"], rows[12]["ARl"]) == ("", "1.0", "")


@pytest.mark.parametrize("form", FORMS)
def test_an_evaluation_without_categories(form: str) -> None:
    table = told().tables["categories"].take(np.zeros(0, dtype=np.int64))
    empty = Evaluation("detection", {}, {}, dict(told().numbers), {"categories": table})
    assert list(lines(empty, form))
