from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.findings import Severity
from annotool.rules.box.size_outlier import SIGMA, SizeOutlier, medians
from annotool.testing import check_rule, tiny

SIDES = [90, 95, 100, 105, 110, 98]


def cells(*more: dict[str, Any], usual: int = 36, names: tuple[str, ...] = ("cell", "plate")) -> Dataset:
    some = [{"box": (50, 50, SIDES[at % 6], SIDES[at % 5])} for at in range(usual)]
    return tiny([{"width": 2000.0, "height": 2000.0}] * 3, [*some, *more], names)


def test_one_finding_a_category() -> None:
    large, small = {"box": (500, 500, 500, 480), "image": 1}, {"box": (500, 500, 20, 20), "image": 2}
    tall = {"box": (500, 500, 30, 310)}
    message = (
        "'cell': boxes unlike the others: 3 of 39, of an area outside 3,300 to 29,700 px or of a width outside 0.333 to 3 "
        "times the height, as 2.jpg (20 x 20), 1.jpg (500 x 480), 0.jpg (30 x 310)"
    )
    check_rule(
        SizeOutlier,
        valid=[
            cells(),
            cells({"box": (500, 500, 160, 160)}),  # five deviations off, but less than three times the area
            cells(large, usual=28),  # too few boxes
            cells({**large, "category": 1}),
            cells({**large, "category": -1}),
            cells({"box": (500, 500, 300, 1)}),  # BOX003's
            cells({"box": (500, 500, 1600, 1500)}),  # BOX002's
            cells({"box": (500, 500, 0, 9)}, {"box": (500, 500, -4, 9)}, {"box": (np.nan, 0, 4, 9)}),
        ],
        invalid=[
            (
                cells(large, small, tall),
                [{"category": 0, "annotation": -1, "message": message,
                  "values": {"outliers": 3, "boxes": 39, "name": "cell"}}],
            )
        ],
    )  # fmt: skip
    assert SizeOutlier.severities == (Severity.INFO,)


def test_a_box_cut_off_by_the_border_may_be_small_but_not_large() -> None:
    cut = [
        {"box": box} for box in ((0, 50, 10, 99), (1990, 50, 10, 99), (50, 1.5, 99, 10), (50, 1989, 99, 10))
    ]
    large = {"box": (0, 0, 1500, 1500)}
    check_rule(SizeOutlier, valid=[cells(*cut)], invalid=[(cells(*cut, large), [0])])
    assert len(SizeOutlier(border_px=0).check(cells(*cut))) == 1


def test_options() -> None:
    large = {"box": (500, 500, 500, 480)}
    assert len(SizeOutlier(boxes=20).check(cells(large, usual=20))) == 1
    assert len(SizeOutlier(factor=1.2).check(cells({"box": (500, 500, 160, 160)}))) == 1
    assert len(SizeOutlier(deviations=60).check(cells(large))) == 0


def test_the_limits_are_five_deviations_by_medians() -> None:
    random = np.random.default_rng(3)
    sides = np.exp(random.normal(4, 0.6, (400, 2)))
    data = tiny([{"width": 1e6, "height": 1e6}], [{"box": (50, 50, *each)} for each in sides.tolist()])
    rule = SizeOutlier(deviations=1.5, factor=1.01)
    (part,) = rule.check(data).blocks
    logs = np.log(sides[:, 0]) + np.log(sides[:, 1]), np.log(sides[:, 0]) - np.log(sides[:, 1])
    off = [np.abs(each - np.median(each)) for each in logs]
    limits = [1.5 * SIGMA * np.median(each) for each in off]
    assert part.values["outliers"][0] == ((off[0] > limits[0]) | (off[1] > limits[1])).sum()
    assert part.values["least_area"][0] == pytest.approx(np.exp(np.median(logs[0]) - limits[0]), rel=5e-3)
    assert part.values["most_ratio"][0] == pytest.approx(np.exp(np.median(logs[1]) + limits[1]), rel=5e-3)


few = st.lists(st.tuples(st.integers(0, 3), st.integers(-6, 6).map(lambda n: n / 4)), max_size=40)


@given(few)
def test_medians_as_numpy_has_them(rows: list[tuple[int, float]]) -> None:
    label, values = np.array([each[0] for each in rows], dtype=np.int64), np.array([each[1] for each in rows])
    found = medians(values, label, np.bincount(label, minlength=4))
    for k in range(4):
        mine = values[label == k]
        if len(mine):
            middle = np.median(mine)
            wanted = [middle, np.median(np.abs(mine - middle)), mine.min(), mine.max()]
            np.testing.assert_allclose(found[:, k], wanted, atol=1e-9)
        else:
            assert np.isnan(found[:, k]).all()
