from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask

from annotool.metrics import matching
from annotool.metrics.matching import Overlaps, box_overlap, crossed, greedy, overlaps
from annotool.table import Array

NUMBERS = st.integers(0, 30).map(lambda n: n / 4)
BOXES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=8)
IMAGES = st.lists(st.integers(0, 4), max_size=15).map(lambda held: np.array(held, dtype=np.int64))


@given(BOXES, BOXES, st.data())
def test_the_iou_is_that_of_pycocotools_to_the_last_bit(one: Any, other: Any, data: Any) -> None:
    crowd = data.draw(st.lists(st.booleans(), min_size=len(other), max_size=len(other)))
    guess, truth = (np.array(boxes, dtype=np.float64) for boxes in (one, other))
    g, t = np.divmod(np.arange(len(one) * len(other)), len(other))
    ours = box_overlap(guess, truth, np.array(crowd))(g, t).reshape(len(one), len(other))
    assert ours.tolist() == mask.iou(guess, truth, [int(each) for each in crowd]).tolist()


@given(IMAGES, IMAGES, st.integers(1, 20))
def test_every_guess_meets_every_truth_of_its_image_once(one: Array, other: Array, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "BLOCK", block)
        met = [pair for g, t in crossed(one, other) for pair in zip(g.tolist(), t.tolist(), strict=True)]
    pairs = [(g, t) for g in range(len(one)) for t in range(len(other)) if one[g] == other[t]]
    assert met == pairs


def test_pairs_below_the_least_are_not_kept() -> None:
    image = np.zeros(3, dtype=np.int64)
    held = overlaps(image, image, lambda guess, truth: np.where(guess == truth, 0.1, 0.0999))
    assert (held.guess.tolist(), held.truth.tolist()) == ([0, 1, 2], [0, 1, 2])


def found(pairs: list[tuple[int, int, float]], ignored: list[int], crowd: list[int]) -> list[int]:
    guess, truth, iou = (np.array(each) for each in zip(*pairs, strict=True))
    held = Overlaps(guess.astype(np.int64), truth.astype(np.int64), iou)
    off = np.array(ignored, dtype=bool)[:, None]
    n = int(guess.max()) + 1
    told = greedy(held, np.zeros(n, dtype=np.int64), np.array([0.5]), off, np.array(crowd, dtype=bool))
    return [int(each) for each in told[:, 0, 0]]


def test_the_surer_guess_chooses_first() -> None:
    assert found([(0, 0, 0.6), (1, 0, 0.9)], [0], [0]) == [0, -1]


def test_of_equal_overlaps_the_last_truth_is_taken() -> None:
    assert found([(0, 0, 0.7), (0, 1, 0.7)], [0, 0], [0, 0]) == [1]


def test_an_ignored_truth_is_taken_only_where_no_other_will_do() -> None:
    assert found([(0, 0, 0.9), (0, 1, 0.6)], [1, 0], [0, 0]) == [1]
    assert found([(0, 0, 0.9), (0, 1, 0.4)], [1, 0], [0, 0]) == [0]
    assert found([(0, 0, 0.9), (1, 0, 0.9)], [1], [0]) == [0, -1]


def test_a_crowd_is_taken_again_and_again() -> None:
    assert found([(0, 0, 0.9), (1, 0, 0.9), (2, 0, 0.5)], [1], [1]) == [0, 0, 0]


def test_nothing_finds_nothing() -> None:
    none = np.empty(0, np.int64)
    pairs = overlaps(none, none, np.minimum)
    assert greedy(pairs, none, np.array([0.5]), np.empty((0, 1), bool), np.empty(0, bool)).shape == (0, 1, 1)
