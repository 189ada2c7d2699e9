from typing import Any

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.findings import Fix
from annotool.rules.fmt.yolo_not_normalized import YoloNotNormalized
from annotool.schema import Kind, SizeFrom
from annotool.testing import check_rule, edited, tiny

GOOD: dict[str, Any] = {"fractions": (0.4, 0.4, 0.2, 0.2)}
NO_SIZE = {"width": np.nan, "height": np.nan, "size_from": SizeFrom.UNKNOWN}


def row(cx: float, cy: float, w: float, h: float, **more: Any) -> dict[str, Any]:
    return {"fractions": (cx - w / 2, cy - h / 2, w, h), **more}


def yolo(*rows: dict[str, Any], **image: Any) -> Dataset:
    return tiny([image, {}], [*rows, {"image": 1, **GOOD}], format_name="yolo")


PIXELS = yolo(row(320, 240, 100, 80), row(600, 400, 1, 0.5))


def test_pixels_are_no_fractions() -> None:
    check_rule(
        YoloNotNormalized,
        valid=[
            yolo(GOOD),
            yolo(row(0.98, 0.98, 0.2, 0.2)),  # BOX002's
            yolo(row(1.5, 0.5, 0.2, 0.2), GOOD),  # above 1 in one of eight numbers
            tiny(annotations=[{"x": 300.0, "y": 10.0, "w": 5.0, "h": 5.0}]),
        ],
        invalid=[
            (
                PIXELS,
                [
                    {"annotation": 0, "fix": Fix.UNSAFE, "values": {"largest": 320.0, "limit": 2.0}},
                    {
                        "annotation": 1,
                        "message": "coordinates up to 600: expected fractions of the image, from 0 to 1",
                    },
                ],
            ),
            (yolo(row(0.5, 0.5, 0.2, 2.1), GOOD), [{"annotation": 0, "fix": Fix.NONE}]),
            (
                yolo(row(1.5, 1.5, 1.2, 0.1), row(1.2, 1.9, 0.1, 1.5)),
                [0, 1],
            ),  # most numbers of the file above 1
            (yolo(row(3, 3, 1, 1, kind=Kind.POLYGON)), [{"annotation": 0, "fix": Fix.NONE}]),
        ],
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (yolo(row(320, 240, 100, 80), **NO_SIZE), "unknown size"),
        (yolo(row(600, 240, 100, 80)), "outside the image"),
        (yolo(row(50, 50, 20, 20)), "maybe percent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_not_mended(data: Dataset, why: str) -> None:
    check_rule(YoloNotNormalized, invalid=[(data, [{"annotation": 0, "fix": Fix.NONE}])])


def test_divided_by_the_size() -> None:
    rule = YoloNotNormalized()
    after = edited(PIXELS, rule.fix(PIXELS, rule.check(PIXELS))).table("annotations")
    assert [after[c][0] for c in "xywh"] == [270, 200, 100, 80]
    assert after["xn"][0] == 270 / 640


def test_a_number_that_is_none_is_not_judged() -> None:
    check_rule(YoloNotNormalized, valid=[yolo(row(np.nan, 0.5, 0.2, 0.2))])
