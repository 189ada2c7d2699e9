"""Every number of a classification, from the csv on, is scikit-learn's of the numbers written there, to 1e-12."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from annotool import api
from annotool.metrics.calibration import BINS
from annotool.metrics.evaluation import Evaluation
from annotool.table import Array

CLOSE: dict[str, Any] = {"rel": 0, "abs": 1e-12, "nan_ok": True}
AVERAGES = ("macro", "weighted", "micro")
MEANS = ("precision", "recall", "F1")


def told(root: Path, truth: Array, scores: Array) -> Evaluation:
    """What is said of labels and scores in files, of numbers written with all their digits."""
    n, k = truth.shape
    found = np.argwhere(truth).tolist()
    whole = {
        "images": [{"id": at + 1, "file_name": f"{at}.jpg", "width": 9, "height": 9} for at in range(n)],
        "annotations": [
            {"id": at + 1, "image_id": image + 1, "category_id": label + 1}
            for at, (image, label) in enumerate(found)
        ],
        "categories": [{"id": at + 1, "name": f"c{at}"} for at in range(k)],
    }
    (root / "truth.json").write_text(json.dumps(whole))
    rows = [
        ",".join([f"{at}.jpg", *map(repr, row)]) for at, row in zip(range(n), scores.tolist(), strict=True)
    ]
    head = ",".join(["file", *(f"c{at}" for at in range(k))])
    (root / "scores.csv").write_text("\n".join([head, *rows]) + "\n")
    kind = "single" if (truth.sum(axis=1) == 1).all() else "multi"
    data = api.read(root / "truth.json", predictions=root / "scores.csv", images="none", labels=kind)
    return api.evaluate(data)


def averages(truth: Array, guess: Array, labels: Array) -> dict[str, float]:
    """Precision, recall and F1 over labels; `weighted` and `micro` have the same truths and guesses in all labels."""
    said: dict[str, float] = {}
    for average in AVERAGES:
        values = metrics.precision_recall_fscore_support(
            truth, guess, average=average, labels=labels, zero_division=0
        )
        said |= {f"{average}_{name}": value for name, value in zip(MEANS, values[:3], strict=True)}
    return said


def ranked(truth: Array, scores: Array) -> dict[str, float]:
    """The means of AUC and AP over the labels that have one."""
    some = [at for at in range(truth.shape[1]) if truth[:, at].any()]
    both = [at for at in some if not truth[:, at].all()]
    auc = [metrics.roc_auc_score(truth[:, at], scores[:, at]) for at in both]
    ap = [metrics.average_precision_score(truth[:, at], scores[:, at]) for at in some]
    return {f"macro_{name}": np.mean(each) if each else np.nan for name, each in (("AUC", auc), ("AP", ap))}


def calibration(score: Array, right: Array) -> float:
    """ECE with scikit-learn's bins; NaN where it has none, as all or no answers are right."""
    if not right.any() or right.all():
        return np.nan
    true, mean = calibration_curve(right, score, n_bins=BINS)
    count = np.bincount(np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], score))
    return float((count[count > 0] * np.abs(true - mean)).sum() / len(score))


def brier(truth: Array, scores: Array) -> list[float]:
    return [
        metrics.brier_score_loss(truth[:, at], scores[:, at], pos_label=True, labels=[False, True])
        if len(np.unique(truth[:, at])) > 1
        else float(((scores[:, at] - truth[:, at]) ** 2).mean())
        for at in range(truth.shape[1])
    ]


def of_one_label(truth: Array, scores: Array) -> dict[str, float]:
    n, k = scores.shape
    label, guess = truth.argmax(axis=1), scores.argmax(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of guesses that nobody has
        balanced = metrics.balanced_accuracy_score(label, guess)
    tops = {
        f"top{most}": metrics.top_k_accuracy_score(label, scores, k=most, labels=range(k))
        for most in (2, 3, 5)
        if most < k
    }
    return {
        "accuracy": metrics.accuracy_score(label, guess),
        **tops,
        "balanced_accuracy": balanced,
        **averages(label, guess, np.union1d(label, guess)),
        **ranked(truth, scores),
        "ECE": calibration(scores[np.arange(n), guess], guess == label),
        "Brier": sum(brier(truth, scores)),
    }


def of_several_labels(truth: Array, scores: Array) -> dict[str, float]:
    guess = scores >= 0.5
    met = np.flatnonzero((truth | guess).any(axis=0))
    return {
        "accuracy": metrics.accuracy_score(truth, guess),
        **averages(truth.astype(int), guess.astype(int), met),
        **ranked(truth, scores),
        "ECE": calibration(scores.ravel(), truth.ravel()),
        "Brier": float(np.mean(brier(truth, scores))),
    }


def compare(ours: Evaluation, theirs: dict[str, float]) -> None:
    assert {*ours.numbers} == {*theirs, "ECE_mass"}, "each number has its judge; ECE_mass: test_calibration"
    for name, value in theirs.items():
        if not (name == "ECE" and value != value):
            assert ours.numbers[name] == pytest.approx(value, **CLOSE), name


def world(seed: int, n: int, k: int, ties: bool, used: int) -> tuple[Array, Array]:
    """Labels of the first `used` categories only, and scores: of many digits, or few with ties."""
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(k), n)
    if ties:
        scores = rng.integers(0, 4, (n, k)) / 4
    return np.asarray(rng.integers(0, min(used, k), n)), scores


WORLDS = st.builds(
    world, st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(2, 8), st.booleans(), st.integers(1, 8)
)
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@OFTEN
@given(WORLDS)
def test_one_label_an_image(tmp_path: Path, made: tuple[Array, Array]) -> None:
    label, scores = made
    truth = np.eye(scores.shape[1], dtype=bool)[label]
    compare(told(tmp_path, truth, scores), of_one_label(truth, scores))


@OFTEN
@given(WORLDS, st.integers(0, 2**32 - 1), st.floats(0.05, 0.9))
def test_several_labels_an_image(tmp_path: Path, made: tuple[Array, Array], seed: int, share: float) -> None:
    _, scores = made
    truth = np.random.default_rng(seed).random(scores.shape) < share
    truth[0, :2] = True  # two labels at least, else it is one an image
    compare(told(tmp_path, truth, scores), of_several_labels(truth, scores))


def test_twenty_thousand_images(tmp_path: Path) -> None:
    label, scores = world(1, 20_000, 10, False, 9)
    truth = np.eye(10, dtype=bool)[label]
    compare(told(tmp_path, truth, scores), of_one_label(truth, scores))
    several = np.random.default_rng(2).random(scores.shape) < 0.3
    compare(told(tmp_path, several, scores), of_several_labels(several, scores))
