import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from annotool.metrics import weights

some_counts = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).map(np.array)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([5, 5, 5], 0.0), ([7], 0.0), ([1, 3], 0.25), ([0, 1, 3], 0.25), ([1, 1, 1, 97], 0.72)],
)
def test_gini_of_counts_worked_by_hand(counts: list[int], expected: float) -> None:
    assert weights.gini(np.array(counts)) == pytest.approx(expected)


@given(some_counts)
def test_gini_is_the_mean_difference_over_twice_the_mean(counts: np.ndarray) -> None:
    some = counts[counts > 0]
    if not len(some):
        assert np.isnan(weights.gini(counts))
        return
    difference = np.abs(some[:, None] - some[None]).mean()
    assert weights.gini(counts) == pytest.approx(difference / (2 * some.mean()))


@given(some_counts)
def test_inverse_weights_are_those_of_scikit_learn(counts: np.ndarray) -> None:
    counts = np.minimum(counts, 50)
    got = weights.inverse_weights(counts)
    some = np.flatnonzero(counts)
    assert np.isnan(got[counts == 0]).all()
    if len(some):
        labels = np.repeat(np.arange(len(counts)), counts)
        assert got[some] == pytest.approx(compute_class_weight("balanced", classes=some, y=labels))


@given(some_counts, st.sampled_from([0.9, 0.99, 0.999, 0.9999]))
def test_effective_weights_sum_to_the_categories_and_follow_the_formula(
    counts: np.ndarray, beta: float
) -> None:
    got = weights.effective_weights(counts, beta)
    some = counts > 0
    assert np.isnan(got[~some]).all()
    raw = (1 - beta) / (1 - beta ** counts[some].astype(float))
    assert got[some] == pytest.approx(raw * some.sum() / raw.sum() if some.any() else raw)


def test_effective_number_runs_from_the_count_to_its_limit() -> None:
    assert weights.effective_number(np.array([0, 1, 2])) == pytest.approx([0, 1, 1.999])
    assert weights.effective_number(np.array([10**7])) == pytest.approx([1000.0])


def test_effective_categories() -> None:
    assert weights.effective_categories(np.array([4, 4, 4, 0])) == pytest.approx(3)
    assert weights.effective_categories(np.array([9])) == pytest.approx(1)
    assert np.isnan(weights.effective_categories(np.array([0])))


def test_repeat_factors_of_lvis() -> None:
    got = weights.repeat_factors(np.array([1, 100, 1000, 0]), 1_000_000)
    assert got[:3] == pytest.approx([np.sqrt(1000), np.sqrt(10), 1.0])
    assert np.isnan(got[3])


def test_frequencies_have_the_edges_of_lvis() -> None:
    got = weights.frequencies(np.array([0, 1, 10, 11, 100, 101]))
    assert got.tolist() == ["", "rare", "rare", "common", "common", "frequent"]
