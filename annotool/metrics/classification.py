"""How good a classifier's answers are, for one label an image or several. Numbers as scikit-learn defines them.

truth bool (n, K): which labels each image has; scores float64 (n, K). With one label an image the guess is the label with the
largest score, the first of equal ones; with several it is every label with a score of at least .5.

| number | formula |
|---|---|
| accuracy | share of images whose guess is exactly the truth |
| topk | (one label, k of TOP below K) share of images with less than k labels before the true one |
| balanced_accuracy | (one label) mean recall of the labels that some image has |
| precision, recall, F1 of a label | tp / (tp + fp), tp / (tp + fn), 2 tp / (2 tp + fp + fn) |
| macro, weighted | mean of those over the labels that are true or guessed somewhere, 0 where not defined; weighted by images |
| micro | the same from the sums of tp, fp, fn over labels |
| AUC | probability that an image with the label scores above one without; equal scores count half |
| AP | sum of (recall_i - recall_i-1) precision_i over the distinct scores, falling |
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.table import Array, Table

__all__ = ["average_precision", "guessed", "label_table", "roc", "roc_auc", "roc_table", "summary", "top"]

THRESHOLD = 0.5
TOP = (2, 3, 5)
POINTS = 201  # of a ROC curve that is told
NAN = float("nan")


def guessed(scores: Array, single: bool) -> Array:
    """Which labels are guessed: bool (n, K)."""
    if not single:
        return np.asarray(scores >= THRESHOLD)
    guess = np.zeros(scores.shape, dtype=bool)
    if scores.size:
        guess[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return guess


def top(truth: Array, scores: Array, most: Sequence[int]) -> list[float]:
    """Share of images whose one label is among the k with the largest scores, for each k of `most`; of equal scores the label
    that is last in order comes first, as in scikit-learn (accuracy, the top of one, takes the first: so do its guesses)."""
    if not len(truth):
        return [NAN] * len(most)
    label = truth.argmax(axis=1)
    own = scores[np.arange(len(label)), label][:, None]
    later = np.arange(scores.shape[1]) > label[:, None]
    before = ((scores > own) | ((scores == own) & later)).sum(axis=1)
    return [float((before < k).mean()) for k in most]


def label_table(names: tuple[str, ...], truth: Array, scores: Array, single: bool) -> Table:
    """One row a label: category, images (that have it), guessed (images), right, precision, recall, F1, AUC, AP; NaN where
    not defined."""
    guess = guessed(scores, single)
    tp, true, told = (truth & guess).sum(axis=0), truth.sum(axis=0), guess.sum(axis=0)
    columns = range(truth.shape[1])
    return Table(
        {
            "category": np.array([*names, ""], dtype=object)[: len(names)],
            "images": true,
            "guessed": told,
            "right": tp,
            "precision": ratio(tp, told),
            "recall": ratio(tp, true),
            "F1": ratio(2 * tp, true + told),
            "AUC": np.array([roc_auc(truth[:, at], scores[:, at]) for at in columns], dtype=np.float64),
            "AP": np.array(
                [average_precision(truth[:, at], scores[:, at]) for at in columns], dtype=np.float64
            ),
        }
    )


def ratio(part: Array, whole: Array) -> Array:
    """Divide; NaN where whole is 0."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), NAN), where=whole > 0))


def summary(rows: Table, truth: Array, scores: Array, single: bool) -> dict[str, float]:
    """The numbers over all labels; `rows` are those of `label_table`."""
    guess = guessed(scores, single)
    n, k = truth.shape
    numbers = {"accuracy": float((guess == truth).all(axis=1).mean()) if n else NAN}
    true, told, right = rows["images"], rows["guessed"], rows["right"]
    if single:
        most = [each for each in TOP if each < k]
        numbers |= {f"top{each}": share for each, share in zip(most, top(truth, scores, most), strict=True)}
        numbers["balanced_accuracy"] = mean(rows["recall"][true > 0])
    met = (true + told) > 0
    none = 0.0 if met.any() else NAN  # of a share of nothing, as in scikit-learn
    for name in ("precision", "recall", "F1"):
        defined = np.nan_to_num(rows[name][met])
        numbers[f"macro_{name}"] = mean(defined)
        numbers[f"weighted_{name}"] = float((defined * true[met]).sum() / true.sum()) if true.sum() else none
    tp = right.sum()
    for name, part, whole in (
        ("precision", tp, told.sum()),
        ("recall", tp, true.sum()),
        ("F1", 2 * tp, true.sum() + told.sum()),
    ):
        numbers[f"micro_{name}"] = float(part / whole) if whole else none
    for name in ("AUC", "AP"):
        numbers[f"macro_{name}"] = mean(rows[name][np.isfinite(rows[name])])
    return numbers


def mean(values: Array) -> float:
    return float(values.mean()) if len(values) else NAN


def counted(truth: Array, scores: Array) -> tuple[Array, Array, Array]:
    """True and false positives from each distinct score on, and that score, falling: float64 (m,) each."""
    order = np.argsort(-scores, kind="stable")
    own, hit = scores[order], truth[order]
    last = np.flatnonzero(np.append(own[1:] != own[:-1], True)[: len(own)])
    tp = np.cumsum(hit, dtype=np.float64)[last]
    return tp, last + 1 - tp, own[last]


def roc(truth: Array, scores: Array) -> tuple[Array, Array, Array]:
    """False and true positive rate at each distinct score, from (0, 0) to (1, 1), and the score (inf for the first); NaN
    where there is no image without or with the label."""
    tp, fp, own = counted(truth, scores)
    rates = [
        np.append(0.0, each / each[-1] if len(each) and each[-1] else np.full(len(each), NAN))
        for each in (fp, tp)
    ]
    return rates[0], rates[1], np.append(np.inf, own)


def roc_auc(truth: Array, scores: Array) -> float:
    """Area under the ROC curve, straight lines between distinct scores; NaN where all or none have the label."""
    tp, fp, _ = counted(truth, scores)
    if not len(tp) or not tp[-1] or not fp[-1]:
        return NAN
    area = (np.diff(fp, prepend=0.0) * (tp + np.append(0.0, tp[:-1]))).sum() / 2
    return float(area / (tp[-1] * fp[-1]))


def average_precision(truth: Array, scores: Array) -> float:
    """Sum of steps in recall times precision; NaN where no image has the label."""
    tp, fp, _ = counted(truth, scores)
    if not len(tp) or not tp[-1]:
        return NAN
    return float((np.diff(tp, prepend=0.0) * (tp / (tp + fp))).sum() / tp[-1])


def roc_table(names: tuple[str, ...], truth: Array, scores: Array) -> Table:
    """The ROC curves of labels that some but not all images have, at most POINTS points each: category, fpr, tpr, score."""
    parts: list[tuple[Array, ...]] = [(np.empty(0, dtype=object), *np.empty((3, 0)))]
    some = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    for at in some.tolist():
        fpr, tpr, own = roc(truth[:, at], scores[:, at])
        kept = np.unique(np.linspace(0, len(fpr) - 1, min(POINTS, len(fpr))).round().astype(np.int64))
        parts.append((np.array([names[at]] * len(kept), dtype=object), fpr[kept], tpr[kept], own[kept]))
    columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
    return Table(dict(zip(("category", "fpr", "tpr", "score"), columns, strict=True)))
