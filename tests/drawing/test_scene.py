import numpy as np
import pytest

from annotool.drawing.scene import partners, rows_of, scene
from annotool.testing import tiny

SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]


def test_what_is_flagged_and_what_it_is_compared_with() -> None:
    data = tiny(2, [{"image": at % 2, "box": (10, 10, 20, 20)} for at in range(6)])
    assert rows_of(data, 1).tolist() == [1, 3, 5]
    assert partners(data, rows_of(data, 1), {"partner_id": 4}) == {3}
    assert partners(data, rows_of(data, 1), {"partner_id": 3}) == set()
    seen = scene(data, 1, {5}, {3})
    assert [(each.row, each.role) for each in seen.marks] == [(1, "other"), (5, "flagged"), (3, "partner")]
    assert seen.marks[0].label == "cat #2" and seen.marks[0].box == (10.0, 10.0, 30.0, 30.0)
    assert seen.view == (0.0, 0.0, 640.0, 480.0) and seen.known


def test_only_so_many_others() -> None:
    data = tiny(1, [{"box": (10, 10, 20, 20)}] * 30)
    seen = scene(data, 0, {29}, most=5)
    assert [each.row for each in seen.marks] == [0, 1, 2, 3, 4, 29]


def test_outlines_masks_and_keypoints() -> None:
    ring = {"size": [10, 10], "counts": [0, 100]}
    hole = {"size": [4, 4], "counts": [0, 5, 2, 2, 2, 5]}
    data = tiny(
        1,
        [{"polygon": [SQUARE], "box": (10, 10, 20, 20)}, {"rle": ring, "box": (0, 0, 10, 10)}, {"rle": hole, "box": (0, 0, 4, 4)},
         {"keypoints": [5, 6, 2, 0, 0, 0, 9, 9, 1], "box": (0, 0, 10, 10)}],
    )  # fmt: skip
    first, second, third, fourth = scene(data, 0).marks
    assert first.outer[0].tolist() == [[10, 10], [30, 10], [30, 30], [10, 30]]
    assert sorted(second.outer[0].tolist()) == [[0, 0], [0, 10], [10, 0], [10, 10]]
    assert len(third.holes) == 1 and sorted(third.holes[0].tolist()) == [[1, 1], [1, 3], [3, 1], [3, 3]]
    assert fourth.points[0].tolist() == [5, 6, 2] and np.isnan(fourth.points[1]).all()
    plain = scene(data, 0, {3}, outlines=False).marks
    assert not plain[0].outer and len(plain[-1].points) == 3


def test_a_margin_only_for_what_is_meant() -> None:
    data = tiny(1, [{"box": (600, 10, 90, 20)}, {"box": (1, 1, 5, 5)}])
    assert scene(data, 0).view == scene(data, 0, {1}).view == (0, 0, 640, 480)
    x0, y0, x1, y1 = scene(data, 0, {0}).view
    assert [x0, y0, y1] == pytest.approx([0, -2.8, 480]) and 690 < x1 <= 640 * 1.2


@pytest.mark.parametrize("box", [(np.nan, 1, 2, 3), (np.inf, 1, 2, 3), (1, 1, -np.inf, 3)])
def test_no_box_where_there_is_none(box: tuple[float, ...]) -> None:
    (mark,) = scene(tiny(1, [{"box": box}]), 0, {0}).marks
    assert mark.box is None and mark.label


def test_far_out_and_inside_out() -> None:
    near, turned = scene(tiny(1, [{"box": (1e308, -1e308, 1e308, 5)}, {"box": (50, 50, -20, -10)}]), 0).marks
    assert near.box == (7040.0, -4800.0, 7040.0, -4800.0)
    assert turned.box == (30.0, 40.0, 50.0, 50.0)


def test_fractions_are_of_the_size_that_is_drawn() -> None:
    nothing = {"x": np.nan, "y": np.nan, "w": np.nan, "h": np.nan}
    data = tiny([{"width": np.nan, "height": np.nan}], [{"fractions": (0.25, 0.5, 0.5, 0.25), **nothing}])
    seen = scene(data, 0)
    assert (seen.width, seen.height, seen.known) == (640, 480, False)
    assert seen.marks[0].box == (160, 240, 480, 360)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (-1, 5), (np.nan, np.nan), (1e300, 1), (np.inf, 3)])
def test_a_size_that_is_none_is_large_enough_for_the_boxes(width: float, height: float) -> None:
    data = tiny([{"width": width, "height": height}], [{"box": (10, 10, 2000, 90)}])
    seen = scene(data, 0)
    assert (seen.width, seen.height, seen.known) == (2010, 480, False)


def test_a_label_of_the_whole_image_has_no_box() -> None:
    from annotool.schema import Kind

    (mark,) = scene(tiny(1, [{"kind": Kind.IMAGE, "box": (0, 0, 640, 480)}]), 0).marks
    assert mark.box is None and mark.label == "cat"


def test_long_names_and_crowds() -> None:
    (mark,) = scene(tiny(1, [{"box": (1, 1, 2, 2), "iscrowd": 1}], ["x" * 500]), 0).marks
    assert len(mark.label) < 50 and mark.label.endswith("… #1 crowd")
