import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from annotool.metrics.calibration import brier, expected_error, reliability
from annotool.table import Array

ONE = st.integers(1, 60).flatmap(
    lambda n: st.tuples(arrays(np.bool_, n), arrays(np.float64, n, elements=st.floats(0, 1)))
)


@given(ONE)
def test_bins_of_equal_width_are_those_of_scikit_learn(given_: tuple[Array, Array]) -> None:
    right, score = given_
    held = reliability(score, right)
    if right.any() and not right.all():
        true, told = calibration_curve(right, score, n_bins=15)
        assert held["right"] == pytest.approx(true, abs=1e-12)
        assert held["score"] == pytest.approx(told, abs=1e-12)
    assert held["count"].sum() == len(score)
    assert ((held["low"] - 1e-12 <= held["score"]) & (held["score"] <= held["high"] + 1e-12)).all()


@given(ONE)
def test_bins_of_equal_mass_hold_as_many_each(given_: tuple[Array, Array]) -> None:
    right, score = given_
    held = reliability(score, right, mass=True)
    assert held["count"].sum() == len(score)
    assert held["count"].max() - held["count"].min() <= 1
    assert (held["high"][:-1] <= held["low"][1:]).all()
    assert (held["count"] * held["right"]).sum() == pytest.approx(right.sum())


def test_expected_error() -> None:
    score = np.array([0.9, 0.9, 0.9, 0.9, 0.3])
    right = np.array([True, True, True, False, False])
    assert expected_error(reliability(score, right)) == pytest.approx((4 * 0.15 + 0.3) / 5)
    sure = np.repeat([0.0, 1.0], 50)
    assert expected_error(reliability(sure, sure == 1)) == 0
    for mass in (False, True):
        assert np.isnan(expected_error(reliability(np.empty(0), np.empty(0, dtype=bool), mass=mass)))


@given(ONE)
def test_brier_is_that_of_scikit_learn(given_: tuple[Array, Array]) -> None:
    right, score = given_
    theirs = brier_score_loss(right, score, labels=[False, True], pos_label=True)
    assert brier(right[:, None], score[:, None], single=False) == pytest.approx(theirs, abs=1e-12)
    two = np.stack([right, ~right], axis=1), np.stack([score, 1 - score], axis=1)
    assert brier(*two, single=True) == pytest.approx(2 * theirs, abs=1e-12)
    assert np.isnan(brier(np.empty((0, 2)), np.empty((0, 2)), single=True))
