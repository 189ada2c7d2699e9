from annotool.rules.box.whole_image_box import WholeImageBox
from annotool.testing import check_rule, tiny

WHOLE, PART = {"box": (0.0, 0.0, 640.0, 478.0)}, {"box": (10.0, 10.0, 600.0, 400.0)}


def test_a_box_as_large_as_its_image_in_company() -> None:
    check_rule(
        WholeImageBox,
        valid=[
            tiny(annotations=[WHOLE]),
            tiny(2, [WHOLE, {**PART, "image": 1}]),
            tiny(annotations=[PART, PART]),
            tiny(annotations=[{**WHOLE, "iscrowd": 1}, PART]),
            tiny([{"width": float("nan")}], [WHOLE, PART]),
        ],
        invalid=[
            (
                tiny(2, [PART, WHOLE, {**WHOLE, "image": 1}, {**PART, "image": 1}, {**PART, "image": 1}]),
                [
                    {"annotation": 1, "values": {"others": 1, "share": 0.99},
                     "message": "the box covers 99.6% of its image, which holds 1 more (told from 99% on)"},
                    {"annotation": 2, "values": {"others": 2}},
                ],
            )
        ],
    )  # fmt: skip
