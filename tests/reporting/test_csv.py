from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np

from annotool.api import lines
from annotool.reporting.csv import COLUMNS
from annotool.reporting.told import Told


def table(told: Told) -> list[dict[str, str]]:
    return list(csv.DictReader(lines(told, "csv")))


def test_the_columns_are_those_of_json(told: Told) -> None:
    keys = list(json.loads(next(iter(lines(told, "jsonl")))))
    assert [*COLUMNS, "joined"] == keys
    assert next(iter(lines(told, "csv"))) == ",".join(COLUMNS)


def test_a_row_a_finding(told: Told) -> None:
    fact, name, outside = table(told)
    assert outside["file"] == "annotations.json"
    assert outside["line"] == "4"
    assert json.loads(outside["values"]) == {"by": 61.0}
    assert outside["known"] == "false"
    assert (fact["file"], fact["line"], fact["image_id"], fact["split"]) == ("", "", "", "")
    assert json.loads(fact["values"]) == {"ratio": "inf"}
    assert name["category"] == "[red]"


def test_joined_columns_come_last_and_hide_none_of_ours(told: Told) -> None:
    columns = {
        "annotator": np.array(["ann", "bob"], dtype=object),
        "split": np.array(["x", "y"], dtype=object),
    }
    got = table(replace(told, data=replace(told.data, joined=columns)))
    assert list(got[0]) == [*COLUMNS, "annotator", "joined.split"]
    assert (got[2]["annotator"], got[2]["split"], got[2]["joined.split"]) == ("bob", "val", "y")
    assert (got[0]["annotator"], got[0]["joined.split"]) == ("", "")


def test_a_finding_is_one_line_whatever_its_names_hold(hostile: Told) -> None:
    written = list(lines(hostile, "csv"))
    assert len(written) == 3
    assert not any(character in line for line in written for character in "\n\r\x00\x1b")
    assert {len(row) for row in csv.reader(written)} == {len(COLUMNS) + 1}
