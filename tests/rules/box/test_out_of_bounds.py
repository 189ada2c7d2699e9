import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotool
from annotool.dataset import Dataset
from annotool.findings import Fix, Severity
from annotool.rules.box.out_of_bounds import OutOfBounds, cut
from annotool.schema import Kind
from annotool.testing import check_rule, edited, tiny

NAN = float("nan")


def boxes(*given: tuple[float, float, float, float]) -> Dataset:
    """Boxes in an image of 640 x 480."""
    return tiny(annotations=[{"box": box} for box in given])


def yolo(*given: tuple[float, float, float, float], decimals: int = 6, width: float = 640.0) -> Dataset:
    rows = [{"fractions": row, "decimals": decimals} for row in given]
    return tiny([{"width": width, "height": width * 0.75}], rows, format_name="yolo")


def mended(data: Dataset) -> list[list[float]]:
    rule = OutOfBounds()
    table = edited(data, rule.fix(data, rule.check(data))).table("annotations")
    return [[float(table[side][row]) for side in "xywh"] for row in range(len(table))]


def test_three_grades() -> None:
    check_rule(
        OutOfBounds,
        valid=[
            boxes((0, 0, 640, 480), (-0.01, -0.01, 10, 10), (600, 400, 40.01, 80.01)),
            boxes((-5, 0, 0, 4), (-5, 0, -1, 4), (NAN, 0, 900, 4)),  # BOX001 and SCH004 have these
            tiny([{"width": NAN}], [{"box": (-5, -5, 900, 900)}]),
            tiny([{"width": 0.0}], [{"box": (-5, -5, 900, 900)}]),
            tiny(annotations=[{"box": (-5, -5, 900, 900), "kind": Kind.IMAGE}, {"box": (-5, 0, 9, 9), "image": -1}]),
        ],
        invalid=[
            (
                boxes((-0.02, 5, 9, 9), (5, -1, 9, 9), (5, 5, 636.5, 9), (5, 460, 9, 40), (700, 5, 9, 9)),
                [
                    {"severity": Severity.WARNING, "fix": Fix.SAFE, "values": {"left": 0.02},
                     "message": "box leaves the image (640 x 480): left by 0.02 px"},
                    {"severity": Severity.WARNING, "fix": Fix.SAFE, "values": {"top": 1.0}},
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE, "values": {"right": 1.5}},
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE,
                     "message": "box leaves the image (640 x 480): bottom by 20.00 px"},
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE,
                     "message": "box leaves the image (640 x 480): right by 69.00 px; hardly anything of it is inside"},
                ],
            ),
            (
                boxes((-2, -3, 700, 500)),
                [{"message": "box leaves the image (640 x 480): left by 2.00 px, top by 3.00 px, "
                             "right by 58.00 px, bottom by 17.00 px"}],
            ),
        ],
    )  # fmt: skip


def test_yolo_has_the_tolerance_of_its_decimals() -> None:
    check_rule(
        OutOfBounds,
        valid=[
            yolo((0.5, 0.5, 0.50009, 0.5), decimals=6),  # a ten thousandth is always allowed
            yolo((0.5, 0.5, 0.5005, 0.5), decimals=3),
            yolo((-0.005, 0.5, 0.5, 0.5), decimals=2),
        ],
        invalid=[
            (yolo((0.5, 0.5, 0.5002, 0.5)), [{"severity": Severity.WARNING, "fix": Fix.SAFE}]),  # 0.13 px
            (yolo((0.5, 0.5, 0.51, 0.5)), [{"severity": Severity.ERROR, "fix": Fix.UNSAFE}]),  # 6.4 px
        ],
    )


def test_without_sizes_fractions_are_judged() -> None:
    check_rule(
        OutOfBounds,
        valid=[yolo((0.5, 0.5, 0.5, 0.5), (0.0, 0.0, 1.00009, 1.0), width=NAN)],
        invalid=[
            (
                yolo((0.5, 0.5, 0.501, 0.5), (0.5, 0.5, 0.5, 0.6), (1.2, 0.5, 0.1, 0.1), width=NAN),
                [
                    {"severity": Severity.WARNING, "fix": Fix.UNSAFE,
                     "message": "box leaves the image: right by 0.0010 of the width"},
                    {"severity": Severity.ERROR, "message": "box leaves the image: bottom by 0.1000 of the height"},
                    {"severity": Severity.ERROR, "fix": Fix.UNSAFE},
                ],
            )
        ],
    )  # fmt: skip


def test_turned_boxes_stick_out_at_the_border() -> None:
    def turned(box: tuple[float, float, float, float]) -> Dataset:
        return tiny(annotations=[{"box": box, "kind": Kind.OBB, "bbox_derived": True}])

    check_rule(OutOfBounds, valid=[turned((-6.4, 0, 50, 50))], invalid=[(turned((-6.5, 0, 50, 50)), [0])])


def test_extents_of_polygons_are_not_clipped_but_dropped_when_nothing_is_inside() -> None:
    def shaped(box: tuple[float, float, float, float]) -> Dataset:
        return tiny(annotations=[{"box": box, "kind": Kind.POLYGON, "bbox_derived": True}])

    check_rule(
        OutOfBounds,
        invalid=[
            (shaped((-5, 0, 50, 50)), [{"severity": Severity.ERROR, "fix": Fix.NONE}]),
            (shaped((-50, 0, 50, 50)), [{"severity": Severity.ERROR, "fix": Fix.UNSAFE}]),
        ],
    )


def test_clipping() -> None:
    assert mended(boxes((-3, -1, 10, 10), (600.3, 470, 50, 20), (700, 0, 5, 5), (0, 479.5, 20, 20))) == [
        [0, 0, 7, 9],
        [600.3, 470, 39.7, 10],
    ]


def test_what_could_not_be_judged_is_said() -> None:
    rule = OutOfBounds()
    assert rule.unable(tiny(annotations=[{}])) == ""
    assert rule.unable(yolo((0.5, 0.5, 0.1, 0.1), width=NAN)) == ""
    sizeless = tiny([{"width": NAN}, {}], [{}, {}, {"image": 1}])
    assert rule.unable(sizeless) == "2 of 3 boxes: the size of their image is not known"


def test_options() -> None:
    data = boxes((-3, 5, 9, 9))
    assert OutOfBounds(warning=3).check(data).column("severity").tolist() == [Severity.WARNING]
    assert len(OutOfBounds(tolerance=3).check(data)) == 0


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(0.1, 200)), min_size=1))
def test_cut_keeps_what_is_inside(given: list[tuple[float, float]]) -> None:
    start, length = np.array(given).T
    first, kept = cut(start, length, np.full(len(start), 100.0))
    inside = (start >= 0) & (start + length <= 100)
    assert (first[inside] == start[inside]).all()
    assert (kept[inside] == length[inside]).all()
    assert ((first >= 0) & (first + kept <= 100 + 1e-8)).all()
    crossing = (start < 100) & (start + length > 0)
    exact = np.minimum(start + length, 100) - np.maximum(start, 0)
    assert kept[crossing] == pytest.approx(exact[crossing], abs=1e-8)


def test_who_asks_for_it_alone_sees_boxes_that_leave_with_their_polygons() -> None:
    ring = [600.0, 20.0, 655.0, 20.0, 655.0, 55.0, 600.0, 55.0]
    data = tiny(annotations=[{"box": (600, 20, 55, 35), "polygon": [ring], "area": 1925.0}])
    assert annotool.audit(data, select=["BOX", "SEG"]).column("rule").tolist() == ["SEG003"]
    assert annotool.audit(data, select=["BOX"]).column("rule").tolist() == ["BOX002"]
    both = annotool.audit(data, select=["BOX", "SEG"], ignore=["SEG003"])
    assert both.column("rule").tolist() == ["BOX002"]
