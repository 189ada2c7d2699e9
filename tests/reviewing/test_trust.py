"""Wilson's interval, by what is known of it, and what is counted for it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.reviewing.folder import Item
from annotool.reviewing.trust import Z, trusted, wilson


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3, to four decimals.
@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_intervals(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000), st.data())
def test_the_bounds_solve_the_score_equation(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    for bound in wilson(hits, trials):
        if 0 < bound < 1:
            score = (hits / trials - bound) / math.sqrt(bound * (1 - bound) / trials)
            assert abs(score) == pytest.approx(Z, rel=1e-6)


def test_nothing_tried() -> None:
    assert all(map(math.isnan, wilson(0, 0)))


def test_counts_a_rule() -> None:
    items = [
        Item(number, f"{number:016x}", "BOX001" if number < 3 else "BOX002", "slug", "error", 1.0, "")
        for number in range(5)
    ]
    first, second = trusted(items, confirmed={0, 4}, rejected={1})
    assert (first.rule, first.confirmed, first.rejected, first.undecided) == ("BOX001", 1, 1, 1)
    assert (second.rule, second.confirmed, second.rejected, second.undecided) == ("BOX002", 1, 0, 1)
