import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.geometry.holding import holders

Boxes = list[tuple[float, float, float, float]]
NAN = float("nan")


def one_by_one(group: list[int], boxes: Boxes, share: float, times: float, least: int) -> list[int]:
    def held(a: int, b: int) -> bool:
        (x, y, w, h), (u, v, m, n) = boxes[a], boxes[b]
        across, down = min(x + w, u + m) - max(x, u), min(y + h, v + n) - max(y, v)
        inside = max(across, 0) * max(down, 0)
        return a != b and group[a] == group[b] >= 0 and inside >= share * m * n and w * h >= times * m * n

    every = range(len(boxes))
    return [a for a in every if sum(held(a, b) for b in every) >= least]


side = st.integers(0, 40).map(lambda n: n / 2)
length = st.integers(1, 60).map(lambda n: n / 2)
few = st.lists(st.tuples(st.integers(-1, 1), side, side, length, length), max_size=40)


@settings(max_examples=200, deadline=None)
@given(few, st.sampled_from([0.6, 0.9, 1.0]), st.sampled_from([1.5, 2.0]), st.integers(1, 4))
def test_as_one_by_one(
    given_: list[tuple[int, float, float, float, float]], share: float, times: float, least: int
) -> None:
    group, boxes = [each[0] for each in given_], [each[1:] for each in given_]
    xywh = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    found = holders(np.array(group, dtype=np.int64), xywh, share, times, least)
    assert found.tolist() == one_by_one(group, boxes, share, times, least)


def test_many_bands_and_several_looks_give_the_same() -> None:
    random = np.random.default_rng(5)
    xywh = np.column_stack([random.uniform(0, 300, (700, 2)), random.uniform(1, 200, (700, 2))])
    group = random.integers(0, 2, 700)
    wanted = one_by_one(group.tolist(), [tuple(each) for each in xywh.tolist()], 0.9, 2.0, 12)
    assert 50 < len(wanted) < 650
    assert holders(group, xywh, 0.9, 2.0, 12).tolist() == wanted


def test_what_is_no_box_holds_nothing_and_is_held_by_none() -> None:
    xywh = np.array([[0, 0, 9, 9], [1, 1, 0, 2], [1, 1, NAN, 2], [1, 1, -1, 2], [1, 1, np.inf, 2]])
    assert holders(np.zeros(5, dtype=np.int64), xywh, 0.9, 2.0, 1).tolist() == []
    assert holders(np.empty(0, dtype=np.int64), np.empty((0, 4)), 0.9, 2.0, 3).tolist() == []


def tall(random: np.random.Generator, n: int) -> np.ndarray:
    return np.column_stack(
        [
            random.uniform(0, 1, n),
            random.uniform(0, 1e5, n),
            random.uniform(50, 60, n),
            random.uniform(1, 20, n),
        ]
    )


def dense(random: np.random.Generator, n: int) -> np.ndarray:
    return np.column_stack([random.uniform(0, 640, (n, 2)), random.uniform(5, 100, (n, 2))])


def piled(random: np.random.Generator, n: int) -> np.ndarray:
    size = random.choice([100.0, 40.0], n)
    return np.column_stack([np.zeros((n, 2)), size, size])


@pytest.mark.parametrize("made", [tall, dense, piled])
def test_twenty_thousand_boxes_of_one_image_take_no_time(made: object) -> None:
    xywh = made(np.random.default_rng(0), 20_000)  # type: ignore[operator]
    start = time.process_time()
    holders(np.zeros(20_000, dtype=np.int64), xywh, 0.9, 2.0, 3)
    assert time.process_time() - start < 3  # under one second on an idle core; n^2 would be half a minute
