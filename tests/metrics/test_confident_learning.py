"""Held to cleanlab on the same inputs."""

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotool.metrics.confident_learning import confident_joint, flagged, rounded, self_confidence, thresholds
from annotool.table import Array


def world(n: int, k: int, noise: float, skill: float, seed: int) -> tuple[Array, Array, Array]:
    """Labels with noise, probabilities of a model that knows the truth with some skill, and where the noise is."""
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    probabilities = rng.dirichlet(np.ones(k), n)
    probabilities[np.arange(n), true] += skill * rng.random(n)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    wrong = rng.random(n) < noise
    wrong[:k] = False  # cleanlab asks for all categories
    labels = np.where(wrong, (true + rng.integers(1, max(k, 2), n)) % k, true)
    return labels, probabilities, labels != true


@pytest.mark.filterwarnings("ignore:May not flag all")  # cleanlab's, of a category with one image
@example(112, 5, 0.0, 0.5, 362879)  # 10 and 3 of 14 scaled to 16: the same fraction twice
@settings(deadline=None, max_examples=60)
@given(st.integers(20, 400), st.integers(2, 8), st.floats(0, 0.5), st.floats(0, 6), st.integers(0, 2**32 - 1))
def test_joint_and_flags_are_those_of_cleanlab(n: int, k: int, noise: float, skill: float, seed: int) -> None:
    labels, probabilities, _ = world(n, k, noise, skill, seed)
    assert (confident_joint(labels, probabilities) == compute_confident_joint(labels, probabilities)).all()
    theirs = find_label_issues(labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
    assert (flagged(labels, probabilities) == theirs).all()


def test_planted_noise_is_found() -> None:
    labels, probabilities, wrong = world(2000, 5, 0.05, 6.0, 1)
    found = flagged(labels, probabilities)
    assert (found & wrong).sum() / wrong.sum() > 0.8
    assert (found & wrong).sum() / found.sum() > 0.7


def test_clean_labels_and_a_sure_model_give_no_flag() -> None:
    labels = np.arange(30) % 3
    assert not flagged(labels, np.eye(3)[labels]).any()


def test_a_category_nobody_has_asks_for_what_nothing_reaches() -> None:
    probabilities = np.full((4, 3), 1 / 3)
    assert thresholds(np.array([0, 0, 1, 1]), probabilities).tolist() == pytest.approx([1 / 3, 1 / 3, 2])
    assert self_confidence(np.array([0, 0, 1, 1]), probabilities).tolist() == pytest.approx([1 / 3] * 4)


def test_rounding_keeps_the_sum() -> None:
    assert rounded(np.array([[0.4, 0.4, 0.2], [1.5, 1.5, 2.0]])).sum(axis=1).tolist() == [1, 5]
