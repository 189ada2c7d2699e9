from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.geometry.boxes import iou
from annotool.metrics.nms import nms
from annotool.table import Array

THRESHOLDS = [0.0, 0.25, 1 / 3, 0.5, 0.9, 1.0]


def slowly(group: Array, xywh: Array, score: Array, threshold: float) -> list[bool]:
    """What NMS is, by the book: take the best that is left, drop what overlaps it."""
    key = np.where(np.isnan(score), -np.inf, score)
    left = sorted(range(len(score)), key=lambda row: (-key[row], np.isnan(score[row]), row))
    stays = [False] * len(score)
    while left:
        best = left.pop(0)
        stays[best] = True
        left = [
            row
            for row in left
            if group[row] != group[best]
            or group[row] < 0
            or not iou(xywh[[row]], xywh[[best]])[0] > threshold
        ]
    return stays


coordinate = st.integers(0, 8)
odd = st.sampled_from([float("nan"), float("inf"), -float("inf"), -2])
side = st.integers(0, 6)
box = st.tuples(coordinate, coordinate, side, side) | st.tuples(*[coordinate | odd] * 2, *[side | odd] * 2)
row = st.tuples(st.integers(-1, 2), box, st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, float("nan")]))


@settings(max_examples=400, deadline=None)
@given(st.lists(row, max_size=40), st.sampled_from(THRESHOLDS))
def test_as_the_loop_does(rows: list[tuple[int, tuple[float, ...], float]], threshold: float) -> None:
    group = np.array([each[0] for each in rows], dtype=np.int64)
    xywh = np.array([each[1] for each in rows], dtype=np.float64).reshape(-1, 4)
    score = np.array([each[2] for each in rows], dtype=np.float64)
    assert nms(group, xywh, score, threshold).tolist() == slowly(group, xywh, score, threshold)


@given(st.integers(0, 2**32 - 1), st.sampled_from(THRESHOLDS), st.integers(1, 60))
def test_as_the_loop_does_on_real_numbers(seed: int, threshold: float, count: int) -> None:
    draw = np.random.default_rng(seed)
    group = draw.integers(0, 3, count)
    xywh = draw.uniform(1, 50, (count, 4)) * draw.choice([1.0, 0.01])
    score = draw.random(count).round(1)
    assert nms(group, xywh, score, threshold).tolist() == slowly(group, xywh, score, threshold)


def test_a_chain_is_cut_at_every_second_link() -> None:
    xywh = np.array([[at * 4.0, 0, 10, 10] for at in range(400)])
    kept = nms(np.zeros(400, np.int64), xywh, np.linspace(1, 0, 400), 0.4)
    assert np.flatnonzero(kept).tolist() == list(range(0, 400, 2))


def test_ten_thousand_copies_take_no_time_and_leave_the_best() -> None:
    score = np.zeros(10_000)
    score[7] = 1
    kept = nms(np.zeros(10_000, np.int64), np.tile([1.0, 2, 3, 4], (10_000, 1)), score, 0.5)
    assert np.flatnonzero(kept).tolist() == [7]


def test_of_equal_scores_the_earlier_stays() -> None:
    xywh = np.array([[0.0, 0, 10, 10], [1, 0, 10, 10]])
    assert nms(np.zeros(2, np.int64), xywh, np.array([0.5, 0.5]), 0.5).tolist() == [True, False]


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_equal_boxes_overlap_by_one_and_no_more(box: list[float]) -> None:
    kept = nms(np.zeros(2, np.int64), np.array([box, box]), np.array([0.9, 0.5]), 1.0)
    assert kept.all()


def test_an_overlap_of_the_threshold_itself_is_allowed() -> None:
    xywh = np.array([[0.0, 0, 10, 10], [0, 0, 10, 5]])
    assert nms(np.zeros(2, np.int64), xywh, np.array([0.9, 0.5]), 0.5).all()


def test_none_at_all() -> None:
    assert nms(np.empty(0, np.int64), np.empty((0, 4)), np.empty(0), 0.5).tolist() == []


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_no_threshold(threshold: float) -> None:
    with pytest.raises(ValueError, match="iou: expected"):
        nms(np.empty(0, np.int64), np.empty((0, 4)), np.empty(0), threshold)
