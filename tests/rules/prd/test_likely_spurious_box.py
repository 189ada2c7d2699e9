from collections.abc import Callable

from annotool.dataset import Dataset
from annotool.rules.prd.likely_spurious_box import LikelySpuriousBox
from annotool.testing import check_rule

Pair = Callable[..., Dataset]
CAT, DOG = 0, 1
BOX = (10, 10, 50, 40)
FAINT = (1, CAT, 0, 0, 9, 9, 0.05)


def test_labels_that_no_prediction_meets(pair: Pair) -> None:
    check_rule(
        LikelySpuriousBox,
        valid=[
            pair([(0, CAT, *BOX)], [FAINT, (0, DOG, *BOX, 0.06)]),
            pair([(0, CAT, *BOX)], [FAINT, (0, CAT, 45, 10, 50, 40, 0.9)]),  # IoU .18
            pair([(0, CAT, *BOX)], [(0, CAT, 200, 200, 9, 9, 0.9)]),  # scores begin at .9
        ],
        invalid=[
            (pair([(0, CAT, *BOX)], [FAINT, (0, CAT, 50, 30, 50, 40, 0.9)]), [0]),  # IoU .05
            (pair([(0, CAT, *BOX)], [FAINT, (0, CAT, *BOX, 0.04)]), [0]),
        ],
    )


def test_predictions_cut_off_high_cannot_say(pair: Pair) -> None:
    data = pair([(0, CAT, *BOX)], [(0, CAT, 200, 200, 9, 9, 0.9)], splits={"val": range(11)})
    assert "predictions begin at a score of 0.90" in LikelySpuriousBox().unable(
        data
    ) or "learnt" in LikelySpuriousBox().unable(data)
