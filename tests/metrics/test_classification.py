from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from annotool.metrics import classification
from annotool.metrics.classification import (
    average_precision,
    guessed,
    label_table,
    roc,
    roc_auc,
    roc_table,
    summary,
    top,
)
from annotool.table import Array

SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000001, 0.9, 1.0])
MATRICES = st.tuples(st.integers(1, 30), st.integers(2, 7)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape, elements=SCORES),
        arrays(np.int64, shape[0], elements=st.integers(0, shape[1] - 1)),
        arrays(np.bool_, shape),
    )
)
CLOSE: dict[str, Any] = {"rel": 0, "abs": 1e-12, "nan_ok": True}


def names(k: int) -> tuple[str, ...]:
    return tuple(f"c{at}" for at in range(k))


def numbers(truth: Array, scores: Array, single: bool) -> tuple[Any, dict[str, float]]:
    rows = label_table(names(truth.shape[1]), truth, scores, single)
    return rows, summary(rows, truth, scores, single)


def averages(truth: Any, guess: Any, average: str | None, **more: Any) -> list[Any]:
    return list(
        metrics.precision_recall_fscore_support(truth, guess, average=average, zero_division=0, **more)[:3]
    )


@given(MATRICES)
def test_one_label_an_image(given_: tuple[Array, Array, Array]) -> None:
    scores, label, _ = given_
    k = scores.shape[1]
    rows, told = numbers(np.eye(k, dtype=bool)[label], scores, True)
    guess = scores.argmax(axis=1)
    assert told["accuracy"] == pytest.approx(metrics.accuracy_score(label, guess), **CLOSE)
    assert told["balanced_accuracy"] == pytest.approx(
        np.mean([(guess[label == each] == each).mean() for each in np.unique(label)]), **CLOSE
    )
    for average in ("macro", "weighted", "micro"):
        ours = [told[f"{average}_{name}"] for name in ("precision", "recall", "F1")]
        assert ours == pytest.approx(averages(label, guess, average), **CLOSE)
    each = averages(label, guess, None, labels=range(k))
    for name, theirs in zip(("precision", "recall", "F1"), each, strict=True):
        assert np.nan_to_num(rows[name]) == pytest.approx(theirs, **CLOSE)


@given(MATRICES)
def test_several_labels_an_image(given_: tuple[Array, Array, Array]) -> None:
    scores, _, truth = given_
    rows, told = numbers(truth, scores, False)
    guess = scores >= 0.5
    assert told["accuracy"] == pytest.approx(metrics.accuracy_score(truth, guess), **CLOSE)
    met = (truth.sum(axis=0) + guess.sum(axis=0)) > 0
    if met.any() and truth.any():
        for average in ("macro", "weighted", "micro"):
            ours = [told[f"{average}_{name}"] for name in ("precision", "recall", "F1")]
            theirs = averages(truth.astype(int), guess.astype(int), average, labels=np.flatnonzero(met))
            assert [0 if x != x else x for x in ours] == pytest.approx(theirs, **CLOSE)
    assert rows["right"].tolist() == (truth & guess).sum(axis=0).tolist()


ONE = st.integers(2, 40).flatmap(
    lambda n: st.tuples(arrays(np.bool_, n), arrays(np.float64, n, elements=SCORES))
)


@given(ONE)
def test_ranking_with_ties(given_: tuple[Array, Array]) -> None:
    truth, scores = given_
    assume(truth.any())
    assert average_precision(truth, scores) == pytest.approx(
        metrics.average_precision_score(truth, scores), **CLOSE
    )
    assume(not truth.all())
    assert roc_auc(truth, scores) == pytest.approx(metrics.roc_auc_score(truth, scores), **CLOSE)
    for ours, theirs in zip(
        roc(truth, scores), metrics.roc_curve(truth, scores, drop_intermediate=False), strict=True
    ):
        assert ours == pytest.approx(theirs, **CLOSE)


def test_many_scores() -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.random((5000, 3)) < 0.3, rng.random((5000, 3)).astype(np.float32).astype(np.float64)
    rows, told = numbers(truth, scores, False)
    assert told["macro_AUC"] == pytest.approx(metrics.roc_auc_score(truth, scores, average="macro"), **CLOSE)
    assert told["macro_AP"] == pytest.approx(
        metrics.average_precision_score(truth, scores, average="macro"), **CLOSE
    )
    curves = roc_table(names(3), truth, scores)
    assert np.unique(curves["category"], return_counts=True)[1].tolist() == [classification.POINTS] * 3
    own = curves.take(curves["category"] == "c1")
    assert np.trapezoid(own["tpr"], own["fpr"]) == pytest.approx(rows["AUC"][1], abs=1e-3)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top(k: int) -> None:
    rng = np.random.default_rng(k)
    scores, label = rng.random((200, 8)), rng.integers(8, size=200)
    theirs = metrics.top_k_accuracy_score(label, scores, k=k, labels=range(8))
    assert top(np.eye(8, dtype=bool)[label], scores, [k]) == pytest.approx([theirs], **CLOSE)


@given(MATRICES)
def test_top_is_that_of_scikit_learn_with_ties_too(given_: tuple[Array, Array, Array]) -> None:
    scores, label, _ = given_
    k = scores.shape[1]
    told = numbers(np.eye(k, dtype=bool)[label], scores, True)[1]
    assert [name for name in told if name.startswith("top")] == [
        f"top{most}" for most in (2, 3, 5) if most < k
    ]
    for most in (2, 3, 5):
        if most < k:
            theirs = metrics.top_k_accuracy_score(label, scores, k=most, labels=range(k))
            assert told[f"top{most}"] == pytest.approx(theirs, **CLOSE)


def test_of_equal_scores_the_last_label_comes_first() -> None:
    truth, scores = np.eye(3, dtype=bool), np.full((3, 3), 0.5)
    assert top(truth[[0]], scores[[0]], [1, 2, 3]) == [0, 0, 1]
    assert top(truth[[2]], scores[[2]], [1, 2, 3]) == [1, 1, 1]


def test_what_is_not_defined() -> None:
    truth, scores = np.array([[True, False]] * 3), np.array([[0.9, 0.1]] * 3)
    rows, told = numbers(truth, scores, True)
    assert np.isnan(rows["AUC"]).all()
    assert np.isnan([rows["precision"][1], rows["recall"][1], rows["AP"][1], told["macro_AUC"]]).all()
    assert told["accuracy"] == told["macro_F1"] == 1
    assert len(roc_table(names(2), truth, scores)) == 0
    for single in (True, False):
        rows, told = numbers(np.empty((0, 2), dtype=bool), np.empty((0, 2)), single)
        assert np.isnan(list(told.values())).all()
        assert guessed(np.empty((0, 0)), single).shape == (0, 0)
    assert np.isnan(top(np.empty((0, 2), dtype=bool), np.empty((0, 2)), [1]))
    assert np.isnan(roc(np.array([True]), np.array([0.5]))[0][1])
