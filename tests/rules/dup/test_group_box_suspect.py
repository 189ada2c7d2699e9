import numpy as np

from annotool.findings import Severity
from annotool.rules.dup.group_box_suspect import GroupBoxSuspect
from annotool.testing import check_rule, tiny

HEAP = {"box": (100.0, 100.0, 200.0, 200.0)}
APPLES = [{"box": (110.0 + 50 * at, 120.0, 40.0, 40.0)} for at in range(3)]


def test_a_box_around_three_of_its_category() -> None:
    message = "the box holds 3 or more smaller boxes of its category (90% of each): around a group?"
    beside = {"box": (295.0, 120.0, 50.0, 40.0)}
    check_rule(
        GroupBoxSuspect,
        valid=[
            tiny(annotations=[HEAP, *APPLES[:2]]),
            tiny(annotations=[HEAP, *APPLES[:2], beside]),
            tiny(annotations=[{**HEAP, "category": 1}, *APPLES]),
            tiny(2, [{**HEAP, "image": 1}, *APPLES]),
            tiny(annotations=[{**HEAP, "iscrowd": 1}, *APPLES]),
            tiny(annotations=[{**each, "category": -1} for each in (HEAP, *APPLES)]),
            tiny(annotations=[HEAP] * 5),  # DUP001's
        ],
        invalid=[
            (tiny(annotations=[*APPLES, HEAP]), [{"annotation": 3, "severity": -1, "message": message}]),
            (tiny(2, [HEAP, *APPLES, *({**each, "image": 1} for each in (*APPLES, HEAP))]), [0, 7]),
        ],
    )
    assert GroupBoxSuspect.severities == (Severity.INFO,)
    assert GroupBoxSuspect.preview


def test_where_sizes_are_not_known_fractions_do() -> None:
    rows = [(0.1, 0.1, 0.4, 0.4), (0.1, 0.1, 0.1, 0.1), (0.2, 0.2, 0.1, 0.1), (0.3, 0.3, 0.1, 0.1)]
    data = tiny([{"width": np.nan}], [{"fractions": each} for each in rows], format_name="yolo")
    check_rule(GroupBoxSuspect, invalid=[(data, [0])])


def test_options() -> None:
    assert len(GroupBoxSuspect(boxes=2).check(tiny(annotations=[HEAP, *APPLES[:2]]))) == 1
    assert len(GroupBoxSuspect(times=30).check(tiny(annotations=[HEAP, *APPLES]))) == 0
    beside = {"box": (268.0, 120.0, 50.0, 40.0)}
    assert len(GroupBoxSuspect(share=0.6).check(tiny(annotations=[HEAP, *APPLES[:2], beside]))) == 1
    assert len(GroupBoxSuspect().check(tiny(annotations=[HEAP, *APPLES[:2], beside]))) == 0
