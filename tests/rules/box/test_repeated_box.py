from typing import Any

import numpy as np

from annotool.rules.box.repeated_box import RepeatedBox
from annotool.testing import check_rule, tiny

SAME = (312.0, 208.0, 64.0, 64.5)


def repeated(images: int, **more: Any) -> list[dict[str, Any]]:
    return [{"box": SAME, "image": at, **more} for at in range(images)]


def test_the_same_box_in_ten_images() -> None:
    others = [{"box": (at * 3.0, 20.0, 30.0, 40.0), "image": at} for at in range(12)]
    message = "the box 312 208 64 64.5 stands in 10 of 12 images (told from 10 on), as 0.jpg, 1.jpg, 2.jpg"
    check_rule(
        RepeatedBox,
        valid=[
            tiny(12, [*repeated(9), *others]),
            tiny(12, [*repeated(9), {"box": SAME, "image": 10, "category": 1}]),
            tiny(12, [*repeated(9), *repeated(9)]),  # twice in an image is DUP001's
            tiny(12, [{"box": (0.0, 0.0, 640.0, 440.0), "image": at} for at in range(12)]),  # the whole image
            tiny(12, [{"box": (5, 5, 0, 0), "image": at} for at in range(12)]),
            tiny([{"width": np.nan}] * 12, [{"fractions": (0.5, 0.5, 0.4, 0.1), "image": at} for at in range(12)],
                 format_name="yolo"),
            tiny(0),
        ],
        invalid=[
            (
                tiny(12, [*others, *repeated(10)]),
                [{"category": 0, "annotation": -1, "image": -1, "message": message}],
            ),
            (
                tiny(12, [*repeated(11), *repeated(12, category=1), {"box": SAME}]),
                [{"category": 0, "values": {"images": 11, "of": 12}}, {"category": 1, "values": {"images": 12}}],
            ),
        ],
    )  # fmt: skip
    assert RepeatedBox.preview


def test_from_a_share_of_the_images_on() -> None:
    assert len(RepeatedBox(share=0.2).check(tiny(60, repeated(12)))) == 1
    assert len(RepeatedBox(share=0.2).check(tiny(60, repeated(11)))) == 0
    assert len(RepeatedBox(least=3).check(tiny(60, repeated(3)))) == 1
