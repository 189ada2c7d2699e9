import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from annotool import api
from annotool.reporting.balance import FORMS, code, lines
from annotool.testing import tiny


def told(data: object, form: str) -> str:
    return "\n".join(lines(api.balance(data), form))  # type: ignore[arg-type]


def test_json_holds_what_the_api_has(sample_data: Path) -> None:
    counted = api.balance(sample_data / "faulty/coco")
    held = json.loads(told(sample_data / "faulty/coco", "json"))
    assert counted.boxes is not None
    tables = {"splits": counted.splits, "categories": counted.categories, "scarce": counted.scarce}
    tables |= {
        f"boxes {name}": getattr(counted.boxes, name)
        for name in ("per_image", "sides", "aspects", "resized", "judged")
    }
    assert set(held["boxes"]) == {name.split()[1] for name in tables if " " in name}
    for name, table in tables.items():
        found = held["boxes"][name.split()[1]] if " " in name else held[name]
        frame = pd.DataFrame(found, columns=list(table))
        for column in table:
            values = pd.Series(table[column].tolist())
            if pd.api.types.is_numeric_dtype(values):
                assert frame[column].astype(float).to_numpy() == pytest.approx(
                    values.replace([float("inf")], float("nan")).to_numpy(dtype=float), nan_ok=True
                )
            else:
                assert frame[column].tolist() == values.tolist()


def test_csv_is_the_table_of_the_categories(sample_data: Path) -> None:
    rows = list(csv.DictReader(told(sample_data / "coco", "csv").splitlines()))
    own = api.balance(sample_data / "coco").categories.frame
    assert [int(row["instances"]) for row in rows] == own["instances"].tolist()
    assert [(row["split"], row["category"]) for row in rows] == list(
        zip(own["split"], own["category"], strict=True)
    )


def test_markdown_has_a_row_a_category_and_column_a_split(sample_data: Path) -> None:
    text = told(sample_data / "coco", "markdown")
    assert "| `apple` | 58 | 38 | 20 | 55.8% | 23 | common |" in text
    assert "| train | 16 | 1 | 68 |" in text
    assert "- under 100 annotations: 3 (`banana`, `orange`, `apple`)" in text


@pytest.mark.parametrize(
    ("name", "expected"), [("cat", "`cat`"), ("a|b\nc", "`a\\|b c`"), ("a`b", "`` a`b ``")]
)
def test_a_name_stays_in_its_cell(name: str, expected: str) -> None:
    assert code(name) == expected


def test_text_names_a_few_and_counts_the_rest() -> None:
    text = told(tiny(1, [{}], [f"c{at}" for at in range(12)]), "text")
    assert "under 10 instances: 12 (c1, c2, c3, c4, c5, c6, c7, c8 and 4 more)" in text
    assert "Gini 0.000" in text


@pytest.mark.parametrize("form", FORMS)
def test_nothing_to_count(form: str) -> None:
    assert told(tiny(0, [], ()), form)
