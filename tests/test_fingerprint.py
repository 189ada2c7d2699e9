from __future__ import annotations

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.findings import Findings, block
from annotool.fingerprint import fingerprints, image_names, plain
from annotool.table import Array
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


def test_golden_values() -> None:
    """They stand in reports and journals: they must not change from one version to the next."""
    data = tiny(annotations=[{"box": (10, 20.3, 30, 40)}, {"box": (10, 20.3, 30, 40)}])
    boxes = block("BOX002", "m", 2, values=None, image=0, annotation=np.arange(2), category=0)
    found = Findings((boxes, block("BAL001", "m", 1)))
    assert fingerprints(data, found).tolist() == ["18a315d8a18cc979", "9c2288172841de94", "c8f005153f160b49"]


def test_every_part_counts() -> None:
    """No two of many findings that differ in one thing have the same fingerprint."""
    boxes = [(x, y, w, h) for x in (0, 1) for y in (0, 1) for w in (1, 2) for h in (1, 2)]
    rows = [
        {"box": box, "image": image, "category": category}
        for box in boxes
        for image in (0, 1)
        for category in (0, 1)
    ]
    data = tiny(2, annotations=rows)
    table = data.table("annotations")
    columns = {name: table[name] for name in ("annotation", "image", "category")}
    found = Findings(
        tuple(block(rule, "m", len(rows), values=None, **columns) for rule in ("BOX001", "BOX002"))
    )
    assert len(set(fingerprints(data, found))) == 2 * len(rows)


def test_the_order_of_blocks_says_nothing() -> None:
    data = tiny(annotations=[{"box": (at, 0, 5, 5)} for at in range(20)])
    found = everything(data, np.arange(20))
    turned = everything(data, np.arange(20)[::-1])
    assert fingerprints(data, found).tolist() == fingerprints(data, turned).tolist()[::-1]


def everything(data: Dataset, rows: Array) -> Findings:
    return Findings((block("BOX002", "m", len(rows), image=0, annotation=rows, category=0),))
