from collections.abc import Callable

from annotool.dataset import Dataset
from annotool.rules.prd.likely_wrong_class import LikelyWrongClass
from annotool.testing import check_rule

Pair = Callable[..., Dataset]
CAT, DOG = 0, 1
BOX = (10, 10, 50, 40)


def test_labels_a_sure_prediction_calls_otherwise(pair: Pair) -> None:
    check_rule(
        LikelyWrongClass,
        valid=[
            pair([(0, DOG, *BOX)], [(0, DOG, *BOX, 0.99)]),
            pair([(0, DOG, *BOX)], [(0, CAT, *BOX, 0.95)]),  # not over .95
            pair([(0, DOG, *BOX)], [(0, CAT, 35, 10, 50, 40, 0.99)]),  # half beside it
            pair([(0, DOG, *BOX)], []),
        ],
        invalid=[
            (
                pair([(0, DOG, *BOX)], [(0, CAT, *BOX, 0.97)]),
                [{"annotation": 0, "image": 0, "message": "labelled 'dog', predicted 'cat' with 0.97"}],
            ),
        ],
    )


def test_of_two_labels_in_one_place_the_agreed_one_stays(pair: Pair) -> None:
    both = pair([(0, DOG, *BOX), (0, CAT, *BOX)], [(0, CAT, *BOX, 0.99)])
    check_rule(LikelyWrongClass, invalid=[(both, [0])])


def test_the_fix_takes_the_predicted_category(pair: Pair) -> None:
    data = pair([(0, DOG, *BOX)], [(0, CAT, *BOX, 0.97)])
    rule = LikelyWrongClass()
    edits = rule.fix(data, rule.check(data))
    assert (edits["column"].tolist(), edits["row"].tolist(), edits["new"].tolist()) == (
        ["category"],
        [0],
        [CAT],
    )
    assert not edits["safe"].any()
