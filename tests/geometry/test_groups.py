from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.geometry import groups

NAN = float("nan")
numbers = st.sampled_from([0.0, -0.0, 1.0, 1.5, -1.0, 1e300, NAN, float("inf"), float("-inf")])
table = st.lists(st.tuples(numbers, st.integers(-2, 2), st.sampled_from(["a", "b", "A"])), max_size=40)


def brute_force(rows: list[tuple[Any, ...]]) -> list[int]:
    result = []
    for i, row in enumerate(rows):
        equal = (j for j in range(i) if all(a == b for a, b in zip(rows[j], row, strict=True)))
        result.append(next(equal, -1))
    return result


def columns(rows: list[tuple[Any, ...]]) -> list[np.ndarray[Any, Any]]:
    kinds = (np.float64, np.int64, object)
    found = list(zip(*rows, strict=True)) or [()] * 3
    return [np.array(column, dtype=kind) for column, kind in zip(found, kinds, strict=True)]


@given(table)
def test_first_equal_agrees_with_brute_force(rows: list[tuple[Any, ...]]) -> None:
    found = groups.first_equal(*columns(rows))
    assert found.dtype == np.int64
    assert found.tolist() == brute_force(rows)


@given(table)
def test_first_equal_survives_hash_collisions(rows: list[tuple[Any, ...]]) -> None:
    def few(found: list[np.ndarray[Any, Any]]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        known = ~np.isnan(found[0])
        return np.arange(len(known), dtype=np.uint64) % np.uint64(1), known

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "_hashes", few)
        assert groups.first_equal(*columns(rows)).tolist() == brute_force(rows)


@pytest.mark.parametrize(
    "column",
    [
        np.array(["b.jpg", "a.jpg", "b.jpg", "c.jpg", "b.jpg"]),
        np.array(["b.jpg", "a.jpg", "b.jpg", "c.jpg", "b.jpg"], dtype=object),
        np.array([b"b", b"a", b"b", b"c", b"b"], dtype=object),
        np.array([2, 1, 2, 3, 2], dtype=np.uint8),
        np.array([2, 1, 2, 3, 2], dtype=np.float32),
        np.array([2**63 + 5, 1, 2**63 + 5, 3, 2**63 + 5], dtype=np.uint64),
        np.array([9, 2, 9, 1, 9, 2, 9, 3, 9, 2])[1::2],  # not contiguous
    ],
)
def test_first_equal_takes_every_kind_of_column(column: np.ndarray[Any, Any]) -> None:
    assert groups.first_equal(column).tolist() == [-1, -1, 0, -1, 0]


def test_nan_objects_equal_nothing() -> None:
    assert groups.first_equal(np.array([NAN, NAN, None, None], dtype=object)).tolist() == [-1, -1, -1, 2]


def test_booleans() -> None:
    assert groups.first_equal(np.array([True, False, True])).tolist() == [-1, -1, 0]


def test_first_equal_of_many_rows_over_several_blocks() -> None:
    draw = np.random.default_rng(1)
    xywh = draw.integers(0, 20, (50_000, 4)).astype(np.float64)
    image = draw.integers(0, 20, 50_000)
    seen: dict[tuple[float, ...], int] = {}
    expected = []
    for i, row in enumerate(zip(image.tolist(), *xywh.T.tolist(), strict=True)):
        expected.append(seen.get(row, -1))
        seen.setdefault(row, i)
    found = groups.first_equal(image, *xywh.T)
    assert found.tolist() == expected
    assert (found >= 0).sum() > 100


@pytest.mark.parametrize(
    ("keys", "expected"), [([], [0]), ([5], [0, 1]), ([1, 1, 2, 5, 5, 5], [0, 2, 3, 6]), ([1, 2], [0, 1, 2])]
)
def test_group_starts(keys: list[int], expected: list[int]) -> None:
    assert groups.group_starts(np.array(keys, dtype=np.int64)).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=20))
def test_components_agree_with_a_walk(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    expected = list(range(15))
    for _ in expected:  # the lowest number seeps through
        for a, b in pairs:
            expected[a] = expected[b] = min(expected[a], expected[b])
    assert groups.components(15, first, second).tolist() == expected
