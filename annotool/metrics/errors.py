"""What kind of mistakes a model makes, and what each kind costs, after TIDE (Bolya et al. 2020, arXiv 2008.08115).

A guess that is counted wrong at IoU .5 is of the first kind that fits; IoU is the largest with the truths of the kind named:

| kind | the guess | mended, it would be |
|---|---|---|
| localisation | .1 <= IoU <= .5 with its category | right, unless its truth is found already or a surer one of these mends it: then gone |
| classification | IoU >= .5 with another category | right for that category, likewise |
| duplicate | IoU >= .5 with a truth of its category that is found | gone |
| background | IoU <= .1 with every truth | gone |
| both | the rest: .1 < IoU < .5 with another category | gone |
| missed | (a truth) found by none, and behind no localisation or classification error | taken out of the count of objects |

dAP of a kind is what AP50 would gain if all of it, and nothing else, were mended. They do not add up: a mended mistake may
uncover another. `wrong` and `not found` are what AP50 would gain without any wrong guess, and without any truth not found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from annotool.metrics.coco_ap import Judged, interpolated
from annotool.metrics.matching import Overlaps
from annotool.metrics.scene import Scene
from annotool.table import Array, Table

__all__ = ["KINDS", "Mistakes", "by_category", "error_table", "mistakes"]

KINDS = ("localisation", "classification", "duplicate", "background", "both", "missed")
LOCALISATION, CLASSIFICATION, DUPLICATE, BACKGROUND, BOTH = range(5)
FOUND, APART = 0.5, 0.1


@dataclass(frozen=True)
class Mistakes:
    """kind int8 (guesses,): place in KINDS, -1 for no mistake; truth int64 (guesses,): the truth that a localisation or
    classification error is about, else -1; missed bool (truths,)."""

    kind: Array
    truth: Array
    missed: Array


@dataclass(frozen=True)
class Outcome:
    """What AP50 is worked out from: the guesses that count (label, score, right), and the objects of each label."""

    label: Array
    score: Array
    right: Array
    objects: Array


def mistakes(sides: Scene, pairs: Overlaps, judged: Judged) -> Mistakes:
    """Say of each wrong guess what kind of mistake it is, and which truths were missed."""
    guesses, truths = sides.guesses, sides.truths
    n, counts, found = len(guesses), judged.counts[:, 0], judged.found[:, 0, 0]
    taken = np.zeros(len(truths), dtype=bool)
    taken[found[found >= 0]] = True
    pairs = pairs.take(counts[pairs.truth])
    alike = guesses["label"][pairs.guess] == truths["label"][pairs.truth]
    own, own_truth = largest(pairs.take(alike), n)
    other, other_truth = largest(pairs.take(~alike), n)
    again, _ = largest(pairs.take(alike & taken[pairs.truth]), n)
    fits = [
        (own >= APART) & (own <= FOUND),
        other >= FOUND,
        again >= FOUND,
        np.maximum(own, other) <= APART,
    ]
    kind = np.select(fits, [LOCALISATION, CLASSIFICATION, DUPLICATE, BACKGROUND], BOTH).astype(np.int8)
    kind[~judged.wrong[:, 0, 0]] = -1
    truth = np.select([kind == LOCALISATION, kind == CLASSIFICATION], [own_truth, other_truth], -1)
    missed = counts & ~taken
    missed[truth[truth >= 0]] = False
    return Mistakes(kind, truth, missed)


def largest(pairs: Overlaps, n: int) -> tuple[Array, Array]:
    """For each of n guesses its largest IoU, 0 for none, and that truth, the first of equal ones, -1 for none."""
    order = np.lexsort((-pairs.truth, pairs.iou))  # the last to be written stays
    share, truth = np.zeros(n), np.full(n, -1, dtype=np.int64)
    share[pairs.guess[order]] = pairs.iou[order]
    truth[pairs.guess[order]] = pairs.truth[order]
    return share, truth


def error_table(sides: Scene, judged: Judged, made: Mistakes) -> Table:
    """One row a kind, then `wrong` and `not found`: error, count, dAP (NaN without objects)."""
    k, guesses = len(sides.names), sides.guesses
    right, wrong = judged.right[:, 0, 0], judged.wrong[:, 0, 0]
    told = right | wrong
    objects = np.bincount(sides.truths["label"][judged.counts[:, 0]], minlength=k)
    base = Outcome(guesses["label"][told], guesses["score"][told], right[told], objects)
    kind, truth = made.kind[told], made.truth[told]
    free = np.ones(len(sides.truths), dtype=bool)
    free[judged.found[:, 0, 0][right]] = False
    mended = [
        corrected(base, sides, kind == LOCALISATION, truth, free),
        corrected(base, sides, kind == CLASSIFICATION, truth, free),
        *(without(base, kind == each) for each in (DUPLICATE, BACKGROUND, BOTH)),
        replace(base, objects=objects - np.bincount(sides.truths["label"][made.missed], minlength=k)),
        without(base, ~base.right),
        replace(base, objects=np.bincount(base.label[base.right], minlength=k)),
    ]
    some = objects > 0
    before = ap50(base, some)
    counts = [*np.bincount(kind[kind >= 0], minlength=5).tolist(), int(made.missed.sum())]
    counts += [int((~base.right).sum()), int(objects.sum() - base.right.sum())]
    return Table(
        {
            "error": np.array([*KINDS, "wrong", "not found"], dtype=object),
            "count": np.array(counts, dtype=np.int64),
            "dAP": np.array([ap50(each, some) - before for each in mended], dtype=np.float64),
        }
    )


def by_category(sides: Scene, made: Mistakes) -> Table:
    """Count mistakes: category (of the guess; of the truth, for missed ones), error, count above 0."""
    some = made.kind >= 0
    cells = sides.guesses["label"][some] * len(KINDS) + made.kind[some]
    cells = np.append(cells, sides.truths["label"][made.missed] * len(KINDS) + KINDS.index("missed"))
    count = np.bincount(cells, minlength=1)
    held = np.flatnonzero(count)
    return Table(
        {
            "category": np.array([*sides.names, ""], dtype=object)[held // len(KINDS)],
            "error": np.array(KINDS, dtype=object)[held % len(KINDS)],
            "count": count[held],
        }
    )


def corrected(base: Outcome, sides: Scene, these: Array, truth: Array, free: Array) -> Outcome:
    """Make the surest of the guesses about a free truth right for it, and take the others out."""
    rows = np.flatnonzero(these)
    rows = rows[np.argsort(-base.score[rows], kind="stable")]
    _, first = np.unique(truth[rows], return_index=True)
    best = rows[first]
    best = best[free[truth[best]]]
    label, right, keep = np.array(base.label), np.array(base.right), ~these
    label[best], right[best], keep[best] = sides.truths["label"][truth[best]], True, True
    return Outcome(label[keep], base.score[keep], right[keep], base.objects)


def without(base: Outcome, these: Array) -> Outcome:
    """Take these guesses out."""
    return Outcome(base.label[~these], base.score[~these], base.right[~these], base.objects)


def ap50(held: Outcome, some: Array) -> float:
    """AP at IoU .5 over the labels `some`, bool (K,); 0 for one whose objects are all taken out."""
    order = np.lexsort((-held.score, held.label))
    right, cuts = held.right[order], np.searchsorted(held.label[order], np.arange(len(some) + 1))
    each = np.zeros(len(some))
    for label in np.flatnonzero(some & (held.objects > 0)).tolist():
        mine = right[cuts[label] : cuts[label + 1]]
        each[label] = interpolated(mine, ~mine, int(held.objects[label]))[0].mean()
    return float(each[some].mean()) if some.any() else float("nan")
