from collections.abc import Callable

from annotool.dataset import Dataset
from annotool.rules.prd.likely_missing_box import LikelyMissingBox
from annotool.testing import check_rule, tiny

Pair = Callable[..., Dataset]
CAT, DOG = 0, 1


def test_sure_predictions_where_nothing_is_labelled(pair: Pair) -> None:
    check_rule(
        LikelyMissingBox,
        valid=[
            pair([(0, CAT, 0, 0, 50, 40)], [(0, CAT, 0, 0, 50, 40, 0.99)]),
            pair([], [(0, CAT, 0, 0, 50, 40, 0.94)]),  # not sure enough
            pair([(0, DOG, 40, 0, 50, 40)], [(0, CAT, 0, 0, 50, 40, 0.99)]),  # overlaps a label
            pair([(0, DOG, 0, 0, 50, 40)], []),
        ],
        invalid=[
            (
                pair([], [(0, CAT, 3, 4, 50, 40, 0.96)]),
                [{"image": 0, "annotation": -1, "category": 0, "severity": -1,
                  "message": "nothing is labelled where 'cat' is predicted with 0.96, at 3 4 50 40"}],
            ),
            (pair([(0, CAT, 300, 300, 50, 40)], [(0, CAT, 0, 0, 50, 40, 0.99)]), [{"image": 0}]),
        ],
    )  # fmt: skip


def test_the_likeliest_comes_first(pair: Pair) -> None:
    data = pair([], [(0, CAT, 3, 4, 50, 40, 0.96), (1, CAT, 3, 4, 50, 40, 0.99)])
    found = LikelyMissingBox().check(data)
    assert found.column("image").tolist() == [1, 0]


def test_what_cannot_be_judged(pair: Pair) -> None:
    assert LikelyMissingBox().unable(tiny(1)) == "needs --predictions"
    assert LikelyMissingBox().unable(pair([], [(0, CAT, 0, 0, 5, 5, float("nan"))])) != "needs --predictions"
    data = pair(
        [(0, CAT, 0, 0, 50, 40)], [(0, CAT, 0, 0, 50, 40, 0.9)], splits={"train": [0], "val": range(1, 11)}
    )
    assert "learnt these very labels (AP 1.000)" in LikelyMissingBox().unable(data)
    only = pair([(0, CAT, 0, 0, 50, 40)], [], splits={"train": [0], "val": range(1, 11)})
    assert LikelyMissingBox().unable(only).startswith("nothing is predicted in train: not judged")
