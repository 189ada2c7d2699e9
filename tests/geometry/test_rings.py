import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask
from shapely.geometry import LinearRing, Polygon

from annotool.geometry import rings

NAN, INF = float("nan"), float("inf")
Flat = tuple[NDArray[np.float64], NDArray[np.int64]]


def flat(*lists: list[float]) -> Flat:
    offsets = np.cumsum([0, *(len(numbers) for numbers in lists)])
    return np.array([number for numbers in lists for number in numbers], dtype=np.float64), offsets


SQUARE = [2.0, 1.0, 12.0, 1.0, 12.0, 6.0, 2.0, 6.0]
ODD = [*SQUARE, 99.0]
REVERSED = [2.0, 6.0, 12.0, 6.0, 12.0, 1.0, 2.0, 1.0]


def test_areas_by_hand() -> None:
    xy, offsets = flat(SQUARE, [], ODD, [0, 0, 4, 4], [7], REVERSED, [0, 0, 4, 0, 0, 3], [])
    assert rings.areas(xy, offsets).tolist() == [50, 0, 50, 0, 0, 50, 6, 0]


def test_areas_of_rings_that_are_not_finite() -> None:
    xy, offsets = flat([0, 0, NAN, 0, 1, 1], SQUARE, [0, 0, INF, 0, 1, 1], [NAN, 1, 2, INF])
    assert rings.areas(xy, offsets) == pytest.approx([NAN, 50, NAN, 0], nan_ok=True)


def test_extents_by_hand() -> None:
    xy, offsets = flat(SQUARE, [], ODD, [7, 3], [7], [NAN, 5, 3, INF, 4, 1, 8, 2])
    expected = [[2, 1, 12, 6], [NAN] * 4, [2, 1, 12, 6], [7, 3, 7, 3], [NAN] * 4, [3, 1, 8, 5]]
    assert rings.extents(xy, offsets).tolist() == pytest.approx(np.array(expected), nan_ok=True)


def test_extent_without_a_finite_number() -> None:
    xy, offsets = flat([NAN, 1, INF, 2], SQUARE)
    assert rings.extents(xy, offsets) == pytest.approx(
        np.array([[NAN, 1, NAN, 2], [2, 1, 12, 6]]), nan_ok=True
    )


def test_finite_by_hand() -> None:
    xy, offsets = flat([], SQUARE, [NAN], [], [0, 0, 1, -INF], [1], [*SQUARE, NAN], [])
    assert rings.finite(xy, offsets).tolist() == [True, True, False, True, False, True, False, True]


def test_offsets_may_begin_inside() -> None:
    xy, offsets = flat([NAN, NAN], ODD, SQUARE, [NAN])
    inside = offsets[1:4]
    assert rings.areas(xy, inside).tolist() == [50, 50]
    assert rings.extents(xy, inside).tolist() == [[2, 1, 12, 6]] * 2
    assert rings.finite(xy, inside).tolist() == [True, True]


def test_no_rings() -> None:
    xy, offsets = flat()
    assert rings.areas(xy, offsets).shape == (0,)
    assert rings.extents(xy, offsets).shape == (0, 4)
    assert rings.finite(xy, offsets).shape == (0,)


numbers = st.integers(-50, 50).map(float) | st.floats(-1e4, 1e4)


@given(st.lists(st.lists(numbers, max_size=14), max_size=12), st.integers(1, 5))
def test_areas_and_extents_agree_with_shapely(lists: list[list[float]], block: int) -> None:
    xy, offsets = flat(*lists)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "RINGS_IN_A_BLOCK", block)
        areas, extents = rings.areas(xy, offsets), rings.extents(xy, offsets)
    for row, ring in enumerate(lists):
        points = list(zip(ring[0::2], ring[1::2], strict=False))
        area = Polygon(points).area if len(points) > 2 else 0.0
        bounds = LinearRing(points).bounds if len(points) > 2 else None
        assert areas[row] == pytest.approx(area, rel=1e-9, abs=1e-6)
        if bounds:
            assert extents[row].tolist() == list(bounds)


def drawn(lists: list[list[float]], height: int, width: int) -> float:
    return float(mask.area(mask.merge(mask.frPyObjects(lists, height, width))))


@pytest.mark.parametrize(
    "lists",
    [
        [SQUARE],
        [SQUARE, [8.0, 3.0, 18.0, 3.0, 18.0, 9.0, 8.0, 9.0]],
        [[1.5, 1.5, 9.25, 2.75, 4.5, 8.9]],
        [[-5.0, -5.0, 30.0, -5.0, 30.0, 30.0, -5.0, 30.0]],
    ],
)
def test_raster_area_is_pycocotools(lists: list[list[float]]) -> None:
    assert rings.raster_area([np.array(ring) for ring in lists], 10, 20) == drawn(lists, 10, 20) > 0


def test_raster_area_of_overlapping_rings_is_their_union() -> None:
    assert rings.raster_area([np.array(SQUARE), np.array(SQUARE)], 10, 20) == 50


def test_raster_area_of_rings_that_enclose_nothing() -> None:
    assert rings.raster_area([], 10, 20) == 0
    assert rings.raster_area([np.array([0.0, 0, 4, 4]), np.array([1.0])], 10, 20) == 0
    assert rings.raster_area([np.array([0.0, 0, 4, 4]), np.array(ODD)], 10, 20) == 50


@pytest.mark.parametrize(
    ("ring", "height", "width"),
    [
        ([0, 0, NAN, 0, 4, 4], 10, 20),
        ([0, 0, INF, 0, 4, 4], 10, 20),
        ([0, 0, 1e12, 0, 4, 4], 10, 20),
        (SQUARE, 0, 20),
        (SQUARE, 10, -1),
        (SQUARE, 70_000, 70_000),
    ],
)
def test_raster_area_that_pycocotools_cannot_be_asked_for(ring: list[float], height: int, width: int) -> None:
    assert math.isnan(rings.raster_area([np.array(ring, dtype=np.float64)], height, width))
