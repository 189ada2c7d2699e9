"""Which images a review shows: parts without gaps, an overlap of the size asked for, samples that only grow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.errors import UsageError
from annotool.reviewing.choosing import chosen, mine, parse_part

NAMES = [f"image {number}" for number in range(3000)]


@given(st.integers(1, 9))
def test_parts_cut_all_images_once(n: int) -> None:
    total = np.sum([mine(NAMES, (k, n), 0.0) for k in range(1, n + 1)], axis=0)
    assert (total == 1).all()


def test_parts_are_about_equal_and_the_overlap_is_the_share_asked_for() -> None:
    parts = [mine(NAMES, (k, 3), 0.1) for k in (1, 2, 3)]
    shared = np.logical_and.reduce(parts).mean()
    assert 0.08 < shared < 0.12
    assert all(0.35 < part.mean() < 0.45 for part in parts)  # 0.1 + 0.9 / 3
    assert (np.sum(parts, axis=0)[~np.logical_and.reduce(parts)] == 1).all()


def test_a_part_depends_on_the_name_alone() -> None:
    whole = dict(zip(NAMES, mine(NAMES, (2, 5), 0.2).tolist(), strict=True))
    some = NAMES[::-7]
    assert mine(some, (2, 5), 0.2).tolist() == [whole[name] for name in some]


@given(st.integers(1, 400), st.integers(0, 400))
def test_a_larger_sample_holds_the_smaller_one(few: int, more: int) -> None:
    flagged = np.arange(len(NAMES)) % 3 == 0
    given_ = {"every": False, "part": (1, 1), "overlap": 0.0}
    small = chosen(NAMES, flagged, sample=few, **given_)  # type: ignore[arg-type]
    large = chosen(NAMES, flagged, sample=few + more, **given_)  # type: ignore[arg-type]
    assert len(small) == few and set(small.tolist()) <= set(large.tolist())
    assert flagged[large].all() and (np.diff(large) > 0).all()


def test_every_image_or_the_flagged_ones() -> None:
    flagged = np.array([False, True, False])
    assert chosen(["a", "b", "c"], flagged, every=False, sample=None, part=(1, 1), overlap=0).tolist() == [1]
    assert chosen(["a", "b", "c"], flagged, every=True, sample=None, part=(1, 1), overlap=0).tolist() == [
        0,
        1,
        2,
    ]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3"])
def test_a_part_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="--part"):
        parse_part(text)


def test_an_overlap_that_is_none() -> None:
    with pytest.raises(UsageError, match="--overlap"):
        mine(NAMES, (1, 2), 1.5)
