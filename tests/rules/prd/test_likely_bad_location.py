from collections.abc import Callable

import pytest

from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.rules.prd.base import compared
from annotool.rules.prd.likely_bad_location import LikelyBadLocation
from annotool.testing import check_rule

Pair = Callable[..., Dataset]
CAT, DOG = 0, 1
BOX = (10, 10, 50, 40)
AWAY = (50, 30, 50, 40)  # IoU .05


def test_boxes_that_lie_beside_their_prediction(pair: Pair) -> None:
    check_rule(
        LikelyBadLocation,
        valid=[
            pair([(0, CAT, *BOX)], [(0, CAT, 20, 15, 50, 40, 0.99)]),
            pair([(0, CAT, *BOX)], [(0, CAT, *AWAY, 0.5)]),  # not over .5
            pair([(0, CAT, *BOX)], [(0, DOG, *AWAY, 0.9)]),
            pair([(0, CAT, *BOX)], [(0, CAT, 200, 200, 50, 40, 0.9)]),  # does not overlap
            pair([(0, CAT, *BOX)], [(0, CAT, *AWAY, 0.9), (0, CAT, *BOX, 0.6)]),
        ],
        invalid=[
            (
                pair([(0, CAT, *BOX)], [(0, CAT, *AWAY, 0.9)]),
                [{"annotation": 0, "values": {"score": 0.9, "x": 50.0, "y": 30.0, "w": 50.0, "h": 40.0}}],
            ),
        ],
    )


def test_the_fix_takes_the_predicted_box(pair: Pair) -> None:
    data = pair([(0, CAT, *BOX)], [(0, CAT, *AWAY, 0.9)])
    rule = LikelyBadLocation()
    edits = rule.fix(data, rule.check(data))
    assert (edits["column"].tolist(), edits["row"].tolist()) == (["bbox"], [0])
    assert edits["new"][0] == pytest.approx(AWAY)
    assert not edits["safe"].any()


def test_a_box_of_another_class_stays_in_its_place(pair: Pair) -> None:
    data = pair([(0, CAT, *BOX)], [(0, DOG, *BOX, 0.99), (0, CAT, *AWAY, 0.9)])
    (part,) = LikelyBadLocation().check(data).blocks
    assert (part.columns["annotation"].tolist(), part.columns["fix"].tolist()) == ([0], [Fix.NONE])
    assert data.once(compared).misnamed(False).nonzero()[0].tolist() == [0]
