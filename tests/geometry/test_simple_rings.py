"""Rings that do not meet themselves, and what becomes of those that do: shapely and pycocotools judge."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask
from shapely.geometry import Polygon

from annotool.geometry import rings

points = st.tuples(st.integers(0, 12), st.integers(0, 12))
drawn = st.lists(st.lists(points, min_size=3, max_size=9), min_size=1, max_size=6)


def flat(outlines: list[list[tuple[int, int]]], scale: float = 1.0) -> tuple[rings.Floats, rings.Ints]:
    each = [np.array(outline, dtype=np.float64).ravel() * scale for outline in outlines]
    return np.concatenate(each), np.append(0, np.cumsum([len(ring) for ring in each])).astype(np.int64)


@given(drawn, st.sampled_from([1.0, 0.1, 1e-3, 977.3]))
@settings(max_examples=400)
def test_simple_is_what_shapely_calls_valid(outlines: list[list[tuple[int, int]]], scale: float) -> None:
    xy, offsets = flat(outlines, scale)
    valid = [Polygon(xy[start:stop].reshape(-1, 2)).is_valid for start, stop in pairwise(offsets)]
    assert rings.simple(xy, offsets).tolist() == valid
    assert not (rings.star_shaped(xy, offsets) & ~np.array(valid)).any()


def test_stars_need_no_shapely_and_what_winds_twice_is_none() -> None:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.where(np.arange(40) % 2, 30, 50)
    star = np.column_stack([100 + radius * np.cos(angle), 80 + radius * np.sin(angle)])
    twice = np.column_stack([100 + 50 * np.cos(2 * angle[:39]), 80 + 40 * np.sin(2 * angle[:39])])
    closed = np.concatenate([star, star[:1]])
    each = [star, star[::-1], closed, twice, np.full((3, 2), np.nan)]
    xy = np.concatenate([ring.ravel() for ring in each])
    offsets = np.append(0, np.cumsum([ring.size for ring in each]))
    assert rings.star_shaped(xy, offsets).tolist() == [True, True, True, False, False]
    assert rings.simple(xy, offsets).tolist() == [True, True, True, False, True]


def test_what_cannot_be_asked_is_called_simple() -> None:
    xy = np.array([1, 2, 3, 4, 0, 0, 4, 4, 4, 0, 7.0])
    assert rings.simple(xy, np.array([0, 0, 4, 11])).tolist() == [True, True, True]


@given(st.lists(points, min_size=3, max_size=8))
@settings(max_examples=200)
def test_a_keyhole_encloses_what_the_shape_does(outline: list[tuple[int, int]]) -> None:
    for shape in rings.mended_with_holes(Polygon(outline)):
        ring = rings.keyhole(shape, 0.0)
        assert rings.areas(ring, np.array([0, len(ring)]))[0] == pytest.approx(shape.area)
        again = rings.mended_with_holes(Polygon(ring.reshape(-1, 2)))
        assert shapely.symmetric_difference(shapely.union_all(again), shape).area < 1e-9


def test_a_frame_keeps_its_hole_for_pycocotools() -> None:
    frame = shapely.box(2, 2, 18, 18).difference(shapely.box(6, 6, 14, 14))
    ring = rings.keyhole(frame, 1.0)
    assert mask.area(mask.frPyObjects([ring.tolist()], 20, 20)).sum() == pytest.approx(frame.area, abs=20)
    assert len(rings.keyhole(frame, 100.0)) == 8, "a hole below the least is filled"


@given(st.lists(st.tuples(st.integers(-20, 40), st.integers(-20, 40)), min_size=3, max_size=8))
@settings(max_examples=200)
def test_inside_is_what_shapely_cuts(outline: list[tuple[int, int]]) -> None:
    ring = np.array(outline, dtype=np.float64).ravel()
    parts = rings.inside(ring, 20.0, 15.0)
    whole = shapely.make_valid(Polygon(outline), method="structure", keep_collapsed=False)
    pieces = [
        shapely.Polygon(each.exterior) for each in shapely.get_parts(whole) if each.geom_type == "Polygon"
    ]
    wanted = sum(shapely.intersection(piece, shapely.box(0, 0, 20, 15)).area for piece in pieces)
    assert sum(Polygon(part.reshape(-1, 2)).area for part in parts) == pytest.approx(wanted, abs=1e-6)
    for part in parts:
        assert part.min() >= 0 and part[0::2].max() <= 20 and part[1::2].max() <= 15
