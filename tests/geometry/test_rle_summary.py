"""Columns of many masks at once: pycocotools judges those that are sound; others do no harm."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask

from annotool.geometry import rle

sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@st.composite
def drawn(draw: st.DrawFn) -> NDArray[np.uint8]:
    size = draw(sizes)
    bits = draw(st.lists(st.booleans(), min_size=size[0] * size[1], max_size=size[0] * size[1]))
    return np.array(bits, dtype=np.uint8).reshape(size)


@given(st.lists(drawn(), max_size=6))
@settings(max_examples=200)
def test_sound_masks_are_as_pycocotools_has_them(pixels: list[NDArray[np.uint8]]) -> None:
    encoded = [mask.encode(np.asfortranarray(each)) for each in pixels]
    held = [(rle.counts_from_string(each["counts"]), tuple(each["size"])) for each in encoded]
    columns = rle.summary(held)
    assert columns["sound"].all() and columns["readable"].all()
    assert columns["area"].tolist() == [float(mask.area(each)) for each in encoded]
    for at, each in enumerate(encoded):
        x, y, w, h = mask.toBbox(each)
        got = [columns[name][at] for name in ("x0", "y0", "x1", "y1")]
        assert np.isnan(got).all() if w == 0 else got == [x, y, x + w, y + h]


@given(
    st.lists(
        st.none()
        | st.tuples(
            st.lists(st.integers(-(2**62), 2**62), max_size=6),
            st.tuples(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70)),
        ),
        max_size=5,
    )
)
@settings(max_examples=200)
def test_lies_are_not_sound(masks: list[tuple[list[int], tuple[int, int]] | None]) -> None:
    held = [None if each is None else (np.array(each[0], dtype=np.int64), each[1]) for each in masks]
    columns = rle.summary(held)
    wanted = [each is not None and not rle.why_invalid(*map(list, each)) for each in masks]
    assert columns["sound"].tolist() == wanted
    assert np.isnan(columns["area"][~columns["sound"]]).all()


def test_one_lie_does_not_spoil_its_neighbours() -> None:
    good = (np.array([3, 2, 1]), (2, 3))
    columns = rle.summary(
        [good, (np.array([2**62, 2**62, 2**62]), (2, 3)), None, (np.array([-1, 7]), (2, 3)), good]
    )
    assert columns["sound"].tolist() == [True, False, False, False, True]
    assert columns["readable"].tolist() == [True, True, False, True, True]
    assert columns["area"][[0, 4]].tolist() == [2, 2]
    assert [columns[name][4] for name in ("x0", "y0", "x1", "y1")] == [1, 0, 3, 2]
