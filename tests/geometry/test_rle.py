from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pycocotools import mask
from shapely.geometry import Polygon

from annotool.geometry import rle

Bitmap = NDArray[np.uint8]
bitmaps = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda size: hnp.arrays(np.uint8, size, elements=st.integers(0, 1))
)


def encoded(bitmap: Bitmap) -> tuple[str, NDArray[np.int64], list[int]]:
    """The bitmap as pycocotools spells it, its runs counted by hand, its size."""
    compressed = mask.encode(np.asfortranarray(bitmap))
    flat = bitmap.ravel(order="F")
    runs, value, length = [], 0, 0
    for bit in flat.tolist():
        if bit != value:
            runs.append(length)
            value, length = bit, 0
        length += 1
    return compressed["counts"].decode(), np.array([*runs, length], dtype=np.int64), list(bitmap.shape)


@given(bitmaps)
def test_everything_agrees_with_pycocotools(bitmap: Bitmap) -> None:
    text, counts, size = encoded(bitmap)
    compressed = {"counts": text.encode(), "size": size}
    assert rle.counts_from_string(text).tolist() == counts.tolist()
    assert rle.counts_from_string(text.encode()).dtype == np.int64
    assert rle.string_from_counts(counts) == text
    assert rle.area(counts) == mask.area(compressed) == bitmap.sum()
    assert rle.extent(counts, size).tolist() == mask.toBbox(compressed).tolist()
    assert rle.why_invalid(text, size) == rle.why_invalid(counts.tolist(), size) == ""


@given(st.lists(st.integers(0, 2**32 - 1), max_size=30))
def test_any_runs_survive_the_string(runs: list[int]) -> None:
    assert rle.counts_from_string(rle.string_from_counts(runs)).tolist() == runs


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=30))
def test_long_runs_are_spelled_as_pycocotools_spells_them(runs: list[int]) -> None:
    size = [1, sum(runs) or 1]
    spelled = mask.frPyObjects({"counts": runs, "size": size}, *size)["counts"]
    assert rle.string_from_counts(runs) == spelled.decode()
    assert rle.counts_from_string(spelled).tolist() == runs


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0é", "character 2"),
        ("0 1", "character 2"),
        ("1p", "character 2"),
        ("12Q", "middle"),
        ("Q" * 12 + "0", "13 ch"),
    ],
)
def test_text_that_is_no_mask(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        rle.counts_from_string(text)
    assert reason in rle.why_invalid(text, [1, 1])


def test_an_empty_string_has_no_runs() -> None:
    assert rle.counts_from_string("").tolist() == []
    assert rle.string_from_counts([]) == ""


@pytest.mark.parametrize("runs", [[-1], [2**32]])
def test_runs_that_no_mask_can_have(runs: list[int]) -> None:
    with pytest.raises(ValueError, match="run"):
        rle.string_from_counts(runs)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([6], [0, 0, 0, 0]),
        ([6, 0], [0, 0, 0, 0]),
        ([0, 6], [0, 0, 3, 2]),
        ([3, 0, 0, 2, 1], [1, 0, 2, 2]),
        ([], [0] * 4),
    ],
)
def test_extent_with_runs_of_no_length(counts: list[int], expected: list[float]) -> None:
    assert rle.extent(counts, [2, 3]).tolist() == expected


@given(bitmaps)
def test_polygons_are_the_mask(bitmap: Bitmap) -> None:
    _, counts, size = encoded(bitmap)
    outer, holes = rle.polygons(counts, size)
    filled = sum(Polygon(ring.reshape(-1, 2)).area for ring in outer)
    assert filled == bitmap.sum() if holes == 0 else filled > bitmap.sum()
    for ring in outer:
        points = ring.reshape(-1, 2)
        turns = np.roll(points, -1, axis=0) - points
        assert (points == points.round()).all()
        assert ((turns == 0).sum(axis=1) == 1).all()  # along one axis
        assert ((turns == 0) != np.roll(turns == 0, 1, axis=0)).all()  # and round a corner each time
        assert Polygon(points).is_valid
    if outer:
        redrawn = mask.decode(mask.merge(mask.frPyObjects([r.tolist() for r in outer], *size)))
        assert (redrawn >= bitmap).all()
        assert holes > 0 or (redrawn == bitmap).all()


@given(bitmaps)
def test_polygons_agree_with_the_union_of_the_pixels(bitmap: Bitmap) -> None:
    _, counts, size = encoded(bitmap)
    outer, holes = rle.polygons(counts, size)
    y, x = np.nonzero(bitmap)
    union = shapely.get_parts(shapely.union_all(shapely.box(x, y, x + 1, y + 1)))
    expected = [Polygon(ring) for ring in shapely.get_exterior_ring(union)]
    found = [Polygon(ring.reshape(-1, 2)) for ring in outer]
    assert holes == shapely.get_num_interior_rings(union).sum()
    assert len(found) == len(expected)
    assert all(any(a.equals(b) for b in expected) for a in found)


@pytest.mark.parametrize(
    ("rows", "parts", "holes"),
    [
        (["...", "...", "..."], 0, 0),
        (["###", "###", "###"], 1, 0),
        (["###", "#.#", "###"], 1, 1),
        (["#..", ".#.", "..#"], 3, 0),
        (["##.", "#.#", ".##"], 2, 0),
        (["#.#", "#.#", "#.#"], 2, 0),
        (["#####", "#...#", "#.#.#", "#...#", "#####"], 2, 1),
        (["####", "#.##", "##.#", "####"], 1, 2),  # holes that meet at a corner
        ([".###", "#.#.", "####"], 1, 1),
        (["####", "#.##", "##.."], 1, 1),  # a hole that meets the outside at a corner
    ],
)
def test_polygons_parts_and_holes(rows: list[str], parts: int, holes: int) -> None:
    bitmap = np.array([[c == "#" for c in row] for row in rows], dtype=np.uint8)
    _, counts, size = encoded(bitmap)
    outer, found = rle.polygons(counts, size)
    assert (len(outer), found) == (parts, holes)


def test_a_polygon_by_hand() -> None:
    _, counts, size = encoded(np.array([[0, 1, 1], [0, 0, 1]], dtype=np.uint8))
    (ring,), holes = rle.polygons(counts, size)
    corners = {(1, 0), (3, 0), (3, 2), (2, 2), (2, 1), (1, 1)}
    assert {(x, y) for x, y in ring.reshape(-1, 2).tolist()} == corners
    assert (len(ring), holes) == (12, 0)


@pytest.mark.parametrize(
    ("counts", "size", "reason"),
    [
        ([1, 5], [2, 3], ""),
        ("11N", [1, 2], "negative"),
        ([1, 4], [2, 3], "counts cover 5 pixels, size 2 x 3 has 6"),
        ([8, -2], [2, 3], "run 2 is negative"),
        ([2**70, -(2**70)], [2, 3], "run 2 is negative"),
        ([2**70], [2, 3], "counts cover"),
        ([1, 5.0], [2, 3], "expected a string or a list of integers"),
        ([True, 5], [2, 3], "expected a string or a list of integers"),
        (None, [2, 3], "expected a string or a list of integers"),
        ({}, [2, 3], "expected a string or a list of integers"),
        ([6], [6], "size"),
        ([6], [2, 3, 1], "size"),
        ([6], [2, -3], "size"),
        ([6], [2.0, 3], "size"),
        ([6], "23", "size"),
        ([6], None, "size"),
        ([6], [0, 0], "size"),
    ],
)
def test_why_invalid(counts: Any, size: Any, reason: str) -> None:
    found = rle.why_invalid(counts, size)
    assert reason in found
    assert bool(reason) == bool(found)
    assert "\n" not in found


def test_a_mask_of_the_size_of_real_ones() -> None:
    y, x = np.mgrid[0:427, 0:640]
    wavy = np.hypot(x - 300, y - 200) < 140 + 40 * np.sin(9 * np.arctan2(y - 200, x - 300))
    bitmap = (wavy | (np.hypot(x - 560, y - 300) < 90)).astype(np.uint8)
    text, counts, size = encoded(bitmap)
    outer, holes = rle.polygons(counts, size)
    redrawn = mask.decode(mask.merge(mask.frPyObjects([ring.tolist() for ring in outer], *size)))
    assert rle.counts_from_string(text).tolist() == counts.tolist()
    assert (holes, len(outer)) == (0, 2)
    assert (redrawn == bitmap).all()
