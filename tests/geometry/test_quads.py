import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon

from annotool.geometry import quads

number = st.integers(-30, 30).map(float)
quad = st.tuples(*[st.tuples(number, number)] * 4)
Quad = tuple[tuple[float, float], ...]


@settings(max_examples=300, deadline=None)
@given(quad)
def test_crossing_and_area_as_shapely_says(corners: Quad) -> None:
    shape, xy = Polygon(corners), np.array([corners])
    if shape.is_valid:
        assert not quads.crossing(xy)[0]
        assert quads.areas(xy)[0] == pytest.approx(shape.area)
    if quads.crossing(xy)[0]:
        assert not shape.is_valid
    if len(set(corners)) == 4:
        sides = [LineString([corners[at - 1], corners[at]]) for at in range(4)]
        through = any(sides[at].crosses(sides[at + 2]) for at in range(2))
        assert bool(quads.crossing(xy)[0]) == through


@given(st.floats(0, 360), st.floats(2, 400), st.floats(2, 400), st.floats(-40, 40))
def test_skew_is_the_angle_a_parallelogram_leans(
    turn: float, width: float, height: float, lean: float
) -> None:
    turn, other = np.radians(turn), np.radians(turn + 90 - lean)
    across = width * np.array([np.cos(turn), np.sin(turn)])
    down = height * np.array([np.cos(other), np.sin(other)])
    corners = np.array([0 * across, across, across + down, down]) + 7
    angle, off = quads.skew(corners[None])
    assert angle[0] == pytest.approx(abs(lean), abs=1e-5)
    assert off[0] == pytest.approx(min(width, height) * np.sin(np.radians(abs(lean))), abs=1e-5)


def test_a_side_without_length_has_no_angle() -> None:
    angle, off = quads.skew(np.array([[[0, 0], [0, 0], [9, 0], [9, 9]], [[5, 5]] * 4], dtype=float))
    assert np.isnan(angle[1])
    assert np.isnan(off[1])
    assert not np.isnan(angle[0])
