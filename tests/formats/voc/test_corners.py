import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.errors import UsageError
from annotool.formats.voc.corners import BASES, Evidence, infer, to_corners, to_xywh
from annotool.table import Array

W, H = 100, 80


def boxes(*groups: tuple[int, tuple[float, float, float, float]]) -> Array:
    """Rows of corners: so many of each."""
    return np.array([corners for count, corners in groups for _ in range(count)], dtype=np.float64).reshape(
        -1, 4
    )


def weigh(corners: Array, option: str = "auto", marked: bool = False) -> Evidence:
    n = len(corners)
    return infer(corners, np.full(n, float(W)), np.full(n, float(H)), option, marked)


INNER = (10, 10, 20, 20)
AT_ZERO, AT_ONE, AT_TWO = (0, 5, 9, 9), (1, 5, 9, 9), (2, 5, 9, 9)
AT_WIDTH, AT_LAST = (50, 50, W, 60), (50, 50, W - 1, 60)

CASES = [
    # no 0 and a corner at the width
    (boxes((300, INNER), (30, AT_ONE), (30, AT_WIDTH)), "1-inclusive", "evidence"),
    # any 0: from 0; the width tells whether the last pixel is meant
    (boxes((300, INNER), (30, AT_ZERO), (5, AT_WIDTH)), "0-exclusive", "evidence"),
    (boxes((300, INNER), (30, AT_ZERO), (5, AT_LAST)), "0-inclusive", "evidence"),
    (boxes((300, INNER), (30, AT_ZERO), (5, (50, 50, W - 0.5, 60))), "0-exclusive", "evidence"),
    # a corner beyond the width is a fault, and says nothing
    (boxes((300, INNER), (30, AT_ZERO), (5, (50, 50, W + 7, 60))), "0-inclusive", "evidence"),
    # fewer than 20 boxes touch an edge
    (boxes((300, INNER), (19, AT_ZERO)), "1-inclusive", "assumed"),
    (boxes((300, INNER), (20, AT_ZERO)), "0-inclusive", "evidence"),
    (boxes((300, INNER)), "1-inclusive", "assumed"),
    (boxes((300, INNER), (30, AT_ONE), (30, AT_LAST)), "1-inclusive", "assumed"),
    (boxes(), "1-inclusive", "assumed"),
    # under 1 % zeros beside at least 20 ones: the zeros are faults
    (boxes((300, INNER), (20, AT_ONE), (3, AT_ZERO)), "1-inclusive", "evidence"),
    (boxes((300, INNER), (20, AT_ONE), (4, AT_ZERO)), "0-inclusive", "evidence"),
    (boxes((300, INNER), (18, AT_ONE), (2, AT_ZERO)), "0-inclusive", "evidence"),
    (boxes((9000, INNER), (25, AT_ONE), (80, AT_ZERO)), "0-inclusive", "evidence"),
]  # fmt: skip


@pytest.mark.parametrize(("corners", "base", "decided"), CASES)
def test_the_base_is_inferred(corners: Array, base: str, decided: str) -> None:
    evidence = weigh(corners)
    assert (evidence.base, evidence.decided) == (base, decided)
    assert evidence.base in evidence.said()


def test_the_evidence_is_counted() -> None:
    corners = boxes(
        (10, INNER), (1, AT_ZERO), (2, AT_ONE), (3, AT_TWO), (4, AT_WIDTH), (5, AT_LAST), (1, (1, 0, W, H))
    )
    counted = weigh(corners).facts()
    assert {name: counted[name] for name in ("boxes", "zeros", "ones", "twos", "at_width", "at_last", "edge_touching")} == {
        "boxes": 26, "zeros": 2, "ones": 3, "twos": 3, "at_width": 5, "at_last": 5, "edge_touching": 13,
    }  # fmt: skip


def test_unknown_sizes_and_numbers_prove_nothing() -> None:
    corners = boxes((40, AT_WIDTH), (40, (np.nan, np.nan, np.nan, np.nan)))
    evidence = infer(corners, np.full(80, np.nan), np.zeros(80))
    assert (evidence.edge_touching, evidence.decided) == (0, "assumed")


def test_option_and_marker_go_before_the_evidence() -> None:
    corners = boxes((300, INNER), (30, AT_ZERO), (5, AT_WIDTH))
    assert (weigh(corners, "0-inclusive").base, weigh(corners, "0-inclusive").inferred) == (
        "0-inclusive",
        "0-exclusive",
    )
    assert (weigh(corners, marked=True).base, weigh(corners, marked=True).decided) == (
        "1-inclusive",
        "marker",
    )
    assert weigh(corners, "0-exclusive", marked=True).decided == "option"
    with pytest.raises(UsageError, match="expected auto, 1-inclusive"):
        weigh(corners, "1")


def test_mixed_needs_a_pile_of_ones_and_zeros() -> None:
    assert weigh(boxes((300, INNER), (40, AT_ZERO), (40, AT_ONE), (3, AT_TWO))).mixed
    assert not weigh(
        boxes((300, INNER), (40, AT_ZERO), (40, AT_ONE), (30, AT_TWO))
    ).mixed  # falls off as it should
    assert not weigh(boxes((300, INNER), (40, AT_ZERO))).mixed


# The full image, one pixel, and boxes at the four borders of a 100 x 80 image.
KNOWN = [
    ((0, 0, 100, 80), (1, 1, 100, 80), (0, 0, 99, 79), (0, 0, 100, 80)),
    ((0, 0, 1, 1), (1, 1, 1, 1), (0, 0, 0, 0), (0, 0, 1, 1)),
    ((99, 79, 1, 1), (100, 80, 100, 80), (99, 79, 99, 79), (99, 79, 100, 80)),
    ((0, 30, 10, 20), (1, 31, 10, 50), (0, 30, 9, 49), (0, 30, 10, 50)),
    ((90, 30, 10, 20), (91, 31, 100, 50), (90, 30, 99, 49), (90, 30, 100, 50)),
]


@pytest.mark.parametrize(("xywh", "one", "zero_in", "zero_out"), KNOWN)
def test_known_boxes(
    xywh: tuple[int, ...], one: tuple[int, ...], zero_in: tuple[int, ...], zero_out: tuple[int, ...]
) -> None:
    for base, corners in (("1-inclusive", one), ("0-inclusive", zero_in), ("0-exclusive", zero_out)):
        assert to_xywh(np.array([corners], dtype=np.float64), base).tolist() == [list(xywh)]
        assert to_corners(np.array([xywh], dtype=np.float64), base).tolist() == [list(corners)]


@given(st.lists(st.tuples(*[st.integers(-1000, 10_000)] * 4), min_size=1), st.sampled_from(BASES))
def test_there_and_back(rows: list[tuple[int, int, int, int]], base: str) -> None:
    corners = np.array(rows, dtype=np.float64)
    np.testing.assert_array_equal(to_corners(to_xywh(corners, base), base), corners)
