from __future__ import annotations

import numpy as np
import pytest

from annotool.findings import Findings, block
from annotool.fingerprint import fingerprints, image_names, plain
from annotool.testing import tiny


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("images/train/a.jpg", "a"),
        ("train2017/a.jpg", "a"),
        ("JPEGImages/a.b.jpg", "a.b"),
        ("a", "a"),
        (r"C:\data\images\day 1\a.JPG", "C:/day 1/a"),
        ("../x/a.png", "x/a"),
        (".hidden", ".hidden"),
    ],
)
def test_names_lose_what_differs_between_formats(name: str, same: str) -> None:
    assert plain(name) == same


def test_equal_over_formats_and_small_moves_but_not_over_places() -> None:
    def mark(name: str, box: tuple[float, ...], rule: str = "BOX002") -> str:
        data = tiny(images=[{"file_name": name}], annotations=[{"box": box}])
        found = Findings((block(rule, "m", 1, image=0, annotation=0, category=0),))
        return str(fingerprints(data, found)[0])

    base = mark("images/train/a.jpg", (10, 20, 30, 40))
    assert len(base) == 16
    assert base == mark("a.png", (10.1, 20.1, 30, 40))
    assert base != mark("a.png", (11, 20, 30, 40))
    assert base != mark("b.png", (10, 20, 30, 40))
    assert base != mark("a.png", (10, 20, 30, 40), rule="BOX001")


def test_equals_are_told_apart_by_ordinal() -> None:
    data = tiny(annotations=[{}, {}])
    found = Findings((block("DUP001", "m", 2, image=0, annotation=np.arange(2), category=0),))
    first, second = fingerprints(data, found)
    assert first != second


def test_odd_geometry_has_a_fingerprint() -> None:
    data = tiny(annotations=[{"box": (float("nan"), float("inf"), -1, 0)}])
    found = Findings((block("SCH004", "m", 1, annotation=0), block("BAL001", "m", 1)))
    assert len(set(fingerprints(data, found))) == 2


def test_one_name_an_image() -> None:
    assert image_names(tiny(images=2)).tolist() == ["0", "1"]
