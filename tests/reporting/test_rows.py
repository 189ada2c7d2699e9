from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotool.api import read
from annotool.findings import Findings, block
from annotool.reporting.rows import ordered, rows
from annotool.reporting.told import Told
from annotool.testing import tiny


def test_a_row_says_where(told: Told) -> None:
    fact, name, outside = rows(told.data, told.findings)
    assert (outside.file, outside.line, outside.image, outside.image_id, outside.annotation_id) == (
        "annotations.json",
        4,
        "1.jpg",
        2,
        2,
    )
    assert outside.pointer.startswith("/annotations/")
    assert outside.split == "val"
    assert outside.place == "annotations.json:4"
    assert name.category == "[red]"
    assert name.pointer.startswith("/categories/")
    assert fact.place == ""
    assert fact.values == {"ratio": "inf"}


def test_a_voc_object_has_its_path_and_a_finding_its_own_split(sample_data: Path) -> None:
    data = read(sample_data / "voc")
    annotations = data.table("annotations").take(np.array([0, 5]))
    columns = {name: annotations[name] for name in ("source", "image", "annotation", "line")}
    found = block("SPL001", "m", 2, severity=0, values={"split": ["val", ""]}, **columns)
    first, sixth = rows(data, Findings((found,)))
    assert (first.file, first.pointer, first.split) == (
        "Annotations/fruit_001.xml",
        "/annotation/object[1]",
        "val",
    )
    assert (sixth.file, sixth.pointer, sixth.split) == (
        "Annotations/fruit_002.xml",
        "/annotation/object[1]",
        "train",
    )


@given(st.permutations(range(6)), st.integers(1, 5))
def test_the_order_does_not_hang_on_the_order_of_finding(shuffled: list[int], cut: int) -> None:
    data = tiny(annotations=[{}] * 6)
    lines = np.array(shuffled)

    def found(part: list[int]) -> Findings:
        return Findings(
            (
                block(
                    "BOX001",
                    "m",
                    len(part),
                    annotation=lines[part],
                    line=lines[part] + 1,
                    source=0,
                    severity=0,
                ),
            )
        )

    told = rows(data, found(list(range(cut))) + found(list(range(cut, 6))))
    assert [row.line for row in told] == [1, 2, 3, 4, 5, 6]


def test_a_limit_cuts_the_list(told: Told) -> None:
    first = rows(told.data, told.findings, take=ordered(told.data, told.findings)[:2])
    assert list(first) == list(rows(told.data, told.findings))[:2]
