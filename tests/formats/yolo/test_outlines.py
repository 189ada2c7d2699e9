from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as judge

from annotool.formats.yolo.outlines import corners, joined, outlines, turned
from annotool.table import Array
from annotool.testing import tiny

SQUARE = [0.0, 0.0, 10.0, 0.0, 10.0, 10.0, 0.0, 10.0]
FAR = [20.0, 0.0, 30.0, 0.0, 30.0, 5.0]


def area(ring: Array) -> float:
    x, y = ring[0::2], ring[1::2]
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2


def test_one_ring_stays() -> None:
    assert joined([np.array(SQUARE)]).tolist() == SQUARE


def test_parts_are_joined_by_a_line_without_width() -> None:
    whole = joined([np.array(SQUARE), np.array(FAR)])
    assert area(whole) == 100 + 25
    assert whole.tolist() == [0, 0, 10, 0, 20, 0, 30, 0, 30, 5, 20, 0, 10, 0, 10, 10, 0, 10]


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9), st.integers(1, 9)),
        min_size=1,
        max_size=5,
    )
)
def test_the_sum_of_areas_stays(boxes: list[tuple[int, int, int, int]]) -> None:
    rings = list(corners(np.array(boxes, dtype=np.float64)))
    assert area(joined(rings)) == pytest.approx(sum(w * h for _, _, w, h in boxes))


def test_joined_parts_fill_the_pixels_of_the_parts() -> None:
    parts = [np.array(SQUARE), np.array([20.0, 15.0, 35.0, 15.0, 35.0, 30.0, 20.0, 30.0])]
    both = judge.merge(judge.frPyObjects([part.tolist() for part in parts], 40, 40))
    one = judge.merge(judge.frPyObjects([joined(parts).tolist()], 40, 40))
    assert judge.iou([one], [both], [0])[0, 0] > 0.9


def test_a_turned_rectangle() -> None:
    around = turned(np.array([0.0, 5.0, 5.0, 0.0, 10.0, 5.0, 5.0, 10.0, 5.0, 5.0]))
    assert around is not None
    assert shapely.Polygon(around.reshape(-1, 2)).area == pytest.approx(50)
    assert turned(np.array([0.0, 0.0, 5.0, 5.0, 10.0, 10.0])) is None


def rle(counts: list[int]) -> dict[str, Any]:
    return {"counts": counts, "size": [4, 4]}


def test_of_a_dataset() -> None:
    annotations: list[dict[str, Any]] = [
        {"polygon": [SQUARE, FAR]},
        {},
        {"rle": rle([5, 2, 2, 2, 5])},
        {"polygon": [[1, 2, 3, 4], SQUARE]},
        {"polygon": [[1, 2, 3, 4]]},
        {"rle": rle([0, 5, 1, 1, 1, 8])},
        {"rle": rle([1, 2])},
    ]
    data = tiny(annotations=annotations)
    found = {each.row: each for each in outlines(data, np.array([0, 1, 2, 3, 4, 5, 6]))}
    assert sorted(found) == [0, 2, 3, 4, 5, 6]
    assert (found[0].parts, found[3].parts) == (2, 1)
    assert [found[row].ring is None for row in (4, 6)] == [True, True]
    assert area(np.asarray(found[2].ring)) == 4
    assert (found[5].holes, found[2].holes) == (1, 0)
    assert {each.row for each in outlines(data, np.array([3]))} == {3}
