import numpy as np

from annotool.findings import Fix
from annotool.rules.dup.near_duplicate_box import NearDuplicateBox
from annotool.schema import NO_ID
from annotool.testing import check_rule, edited, tiny

BOX = (10.0, 10.0, 100.0, 100.0)
NEAR = (14.0, 10.0, 100.0, 100.0)  # IoU 96 / 104 = .923
FAR = (18.0, 10.0, 100.0, 100.0)  # .852 to BOX, .923 to NEAR


def test_same_class_and_nearly_the_same_box() -> None:
    check_rule(
        NearDuplicateBox,
        valid=[
            tiny(2, [{"box": BOX}, {"box": FAR}, {"box": NEAR, "category": 1}, {"box": NEAR, "image": 1}]),
            tiny(annotations=[{"box": BOX}, {"box": NEAR, "iscrowd": 1}]),
            tiny(annotations=[{"box": BOX}, {"box": BOX}, {"box": (10.004, 10, 100, 100)}]),  # DUP001
        ],
        invalid=[
            (
                tiny(annotations=[{"box": BOX, "id": 31}, {"box": NEAR}]),
                [{"annotation": 1, "fix": Fix.UNSAFE, "values": {"partner_id": 31, "iou": 0.9231},
                  "message": "nearly the box of annotation 31, of the same class (IoU 0.92, from 0.9 on)"}],
            ),
            (tiny(annotations=[{"box": BOX, "id": NO_ID}, {"box": NEAR, "id": NO_ID}], format_name="yolo"),
             [{"values": {"partner_line": 4}}]),
        ],
    )  # fmt: skip


def test_equal_boxes_of_different_masks_are_near() -> None:
    rings = [[10.0, 10.0, 110.0, 10.0, 110.0, 110.0], [10.0, 10.0, 110.0, 110.0, 10.0, 110.0]]
    one, other = ({"box": BOX, "polygon": [ring]} for ring in rings)
    check_rule(
        NearDuplicateBox,
        valid=[tiny(annotations=[one, one])],
        invalid=[(tiny(annotations=[one, other]), [{"annotation": 1, "values": {"iou": 1.0}}])],
    )


def test_the_lower_score_goes() -> None:
    data = tiny(annotations=[{"box": BOX, "score": 0.4}, {"box": NEAR, "score": 0.9}])
    check_rule(NearDuplicateBox, invalid=[(data, [0])])
    equal = tiny(annotations=[{"box": BOX, "score": 0.9}, {"box": NEAR, "score": 0.9}])
    check_rule(NearDuplicateBox, invalid=[(equal, [1])])
    one_score = tiny(annotations=[{"box": BOX}, {"box": NEAR, "score": 0.9}])
    check_rule(NearDuplicateBox, invalid=[(one_score, [1])])


def test_in_a_chain_only_what_has_a_partner_that_stays_goes() -> None:
    """NEAR is like BOX, FAR like NEAR but not like BOX: once NEAR is gone, FAR stands alone."""
    data = tiny(annotations=[{"box": BOX}, {"box": NEAR}, {"box": FAR}])
    rule = NearDuplicateBox()
    found = rule.check(data)
    assert found.column("annotation").tolist() == [1, 2]
    assert found.column("fix").tolist() == [Fix.UNSAFE, Fix.NONE]
    after = edited(data, rule.fix(data, found))
    assert np.array(after.table("annotations")["x"]).tolist() == [10, 18]
    assert not len(rule.check(after))


def test_of_many_like_boxes_one_stays() -> None:
    data = tiny(annotations=[{"box": (10 + step, 10, 100, 100)} for step in range(4)])
    rule = NearDuplicateBox()
    after = edited(data, rule.fix(data, rule.check(data)))
    assert after.table("annotations")["x"].tolist() == [10]


def test_options() -> None:
    data = tiny(annotations=[{"box": BOX}, {"box": FAR}])
    assert len(NearDuplicateBox(iou=0.85).check(data)) == 1
    assert len(NearDuplicateBox(iou=0.95).check(tiny(annotations=[{"box": BOX}, {"box": NEAR}]))) == 0
