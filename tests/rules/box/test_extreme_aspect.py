import numpy as np

from annotool.findings import Severity
from annotool.rules.box.extreme_aspect import ExtremeAspect
from annotool.testing import check_rule, tiny

LONG, USUAL = {"box": (10.0, 10.0, 210.0, 10.0)}, {"box": (10.0, 10.0, 200.0, 10.0)}


def test_one_side_over_twenty_times_the_other() -> None:
    upright = {"box": (10.0, 10.0, 4.0, 100.0)}
    check_rule(
        ExtremeAspect,
        valid=[
            tiny(annotations=[USUAL, {**LONG, "iscrowd": 1}]),
            tiny(annotations=[{"box": (5, 5, 0, 9)}, {"box": (5, 5, -1, 90)}, {"box": (5, 5, np.nan, 9)}]),
            tiny([{"width": np.nan}], [{"fractions": (0.5, 0.5, 0.4, 0.01)}], format_name="yolo"),
        ],
        invalid=[
            (
                tiny(annotations=[LONG, USUAL, upright, {**LONG, "category": -1}]),
                [
                    {"annotation": 0, "severity": -1,
                     "message": "box of 210 x 10 px: one side is 21 times the other, over 20"},
                    {"annotation": 2, "values": {"ratio": 25.0, "width": 4.0, "height": 100.0}},
                    {"annotation": 3},
                ],
            )
        ],
    )  # fmt: skip
    assert ExtremeAspect.severities == (Severity.WARNING,)
    assert len(ExtremeAspect(max_ratio=19).check(tiny(annotations=[USUAL]))) == 1


def test_a_category_long_by_nature_is_not_judged() -> None:
    square = {"box": (10.0, 10.0, 50.0, 10.0)}  # five times as long is not rather long
    poles = [{**LONG, "image": at % 3} for at in range(4)] + [{**square, "image": at % 3} for at in range(16)]
    lines = [LONG, *[{"box": (10.0, 10.0, 51.0, 10.0)}] * 3, *[square] * 16]
    other = {**LONG, "category": 1}
    check_rule(
        ExtremeAspect,
        valid=[tiny(3, poles), tiny(3, poles[:4]), tiny(1, lines)],
        invalid=[
            (tiny(3, [*poles, other]), [20]),
            (tiny(3, poles[1:]), [0, 1, 2]),  # three are too few to tell
            (tiny(3, [*poles, square]), [0, 1, 2, 3]),  # under a fifth
            (tiny(1, [*lines[1:], square, LONG]), [20]),
            (tiny(1, [*lines[2:], square, LONG]), [19]),
        ],
    )


def test_boxes_without_pixels_are_told() -> None:
    data = tiny([{"width": np.nan}], [{"fractions": (0.5, 0.5, 0.4, 0.01)}], format_name="yolo")
    assert ExtremeAspect().unable(data) == "1 of 1 boxes: the size of their image is not known"
    assert ExtremeAspect().unable(tiny(annotations=[LONG])) == ""
