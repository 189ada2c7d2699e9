"""Which prediction finds which object: overlaps inside an image, and the greedy choice by score.

A prediction is a *guess*, an annotation a *truth*; both are rows of a Scene. Guesses choose in the order of their scores: the free
truth with the largest IoU of at least the threshold, among equal ones the last; truths that are ignored (crowds, and sizes
outside a range) only where no other will do; a crowd may be chosen again and again. These are the rules of pycocotools
(COCOeval.evaluateImg), here for all images, thresholds and ranges at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from annotool.table import Array

__all__ = ["ALMOST", "Overlaps", "box_overlap", "crossed", "greedy", "overlaps"]

ALMOST = 1 - 1e-10  # what IoU 1 is to pycocotools
BLOCK = 1 << 17  # pairs looked at in one go: 1 MB an array
LEAST = 0.1  # IoU below which two boxes have nothing to do with each other (TIDE's background threshold)


@dataclass(frozen=True)
class Overlaps:
    """Pairs of one image with IoU of at least LEAST: guess, truth int64 (rows of the scene), iou float64; by guess, then
    truth. The IoU with a crowd is the share of the guess that it covers."""

    guess: Array
    truth: Array
    iou: Array

    def take(self, rows: Array) -> Overlaps:
        """Return the pairs named by an index or a boolean array."""
        return Overlaps(self.guess[rows], self.truth[rows], self.iou[rows])


def overlaps(
    guess_image: Array, truth_image: Array, iou: Callable[[Array, Array], Array], least: float = LEAST
) -> Overlaps:
    """Return the pairs of each image, whose number is given for every guess and truth, int64. `iou` takes rows of guesses
    and of truths, equally long, and returns float64."""
    parts = []
    for guess, truth in crossed(guess_image, truth_image):
        share = iou(guess, truth)
        near = share >= least
        parts.append((guess[near], truth[near], share[near]))
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    guess, truth, share = (np.concatenate(each) for each in zip(none, *parts, strict=True))
    order = np.lexsort((truth, guess))
    return Overlaps(guess[order], truth[order], share[order])


def crossed(guess_image: Array, truth_image: Array) -> Iterator[tuple[Array, Array]]:
    """Yield every guess with every truth of its image, in blocks of about BLOCK pairs."""
    by_image = np.argsort(truth_image, kind="stable")
    keys = truth_image[by_image]
    first = np.searchsorted(keys, guess_image, side="left")
    many = np.searchsorted(keys, guess_image, side="right") - first
    some = np.flatnonzero(many)
    ends = np.cumsum(many[some])
    low = 0
    while low < len(some):
        before = ends[low - 1] if low else 0
        high = max(int(np.searchsorted(ends, before + BLOCK, side="right")), low + 1)
        rows = some[low:high]
        guess = np.repeat(rows, many[rows])
        place = np.arange(len(guess)) - np.repeat(ends[low:high] - many[rows] - before, many[rows])
        yield guess, by_image[first[guess] + place]
        low = high


def box_overlap(guess: Array, truth: Array, crowd: Array) -> Callable[[Array, Array], Array]:
    """Return the `iou` of boxes, (n, 4) x y w h each; crowd bool (truths,). To the last bit that of pycocotools' maskApi."""
    gx, gy, gw, gh = np.ascontiguousarray(guess.T)
    tx, ty, tw, th = np.ascontiguousarray(truth.T)
    guess_area, truth_area = gw * gh, tw * th
    guess_x1, guess_y1, truth_x1, truth_y1 = gx + gw, gy + gh, tx + tw, ty + th

    def iou(g: Array, t: Array) -> Array:
        across = np.minimum(guess_x1[g], truth_x1[t]) - np.maximum(gx[g], tx[t])
        found = np.zeros(len(g))
        near = np.flatnonzero(across > 0)
        g, t, across = g[near], t[near], across[near]
        down = np.minimum(guess_y1[g], truth_y1[t]) - np.maximum(gy[g], ty[t])
        both = across * down
        whole = np.where(crowd[t], guess_area[g], guess_area[g] + truth_area[t] - both)
        with np.errstate(all="ignore"):
            found[near] = np.where(down > 0, both / whole, 0.0)
        return found

    return iou


def greedy(pairs: Overlaps, group: Array, thresholds: Array, ignored: Array, crowd: Array) -> Array:
    """Return the truth that each guess finds: int32 (guesses, A, T), -1 for none.

    Guesses are rows in the order they choose in, `group` int64 (guesses,) is the image (and category) they are of;
    thresholds float64 (T,); ignored bool (truths, A), one column a range of sizes; crowd bool (truths,).
    """
    limits = np.minimum(thresholds, ALMOST)
    found = np.full((len(group), ignored.shape[1], len(limits)), -1, dtype=np.int32)
    pairs = pairs.take(np.flatnonzero(pairs.iou >= limits.min()))
    turn = turns(pairs.guess, group)
    order = np.lexsort((pairs.truth, pairs.iou, pairs.guess, turn))
    pairs, turn = pairs.take(order), turn[order]
    fresh = np.append(True, pairs.guess[1:] != pairs.guess[:-1])[: len(order)]
    begins = np.flatnonzero(fresh)
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    many = int(rank.max(initial=0)) + 1
    worth = (rank + 1)[:, None] + many * ~ignored[pairs.truth]
    taken = np.zeros((len(crowd), *found.shape[1:]), dtype=bool)
    cuts = np.searchsorted(turn, np.arange(int(turn.max(initial=-1)) + 2))
    for low, high in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        truth = pairs.truth[low:high]
        free = ~taken[truth] | crowd[truth][:, None, None]
        free &= (pairs.iou[low:high, None] >= limits)[:, None, :]
        starts = np.flatnonzero(fresh[low:high])
        best = np.maximum.reduceat(np.where(free, worth[low:high, :, None], 0), starts, axis=0)
        guess, size, level = np.nonzero(best)
        chosen = truth[starts[guess] + (best[guess, size, level] - 1) % many]
        found[pairs.guess[low:high][starts[guess]], size, level] = chosen
        taken[chosen, size, level] = True
    return found


def turns(guess: Array, group: Array) -> Array:
    """The turn of each pair's guess among those of its group that are in any pair: int64, from 0. `guess` ascends."""
    those = guess[np.append(True, guess[1:] != guess[:-1])[: len(guess)]]
    order = np.argsort(group[those], kind="stable")
    own = group[those][order]
    begins = np.flatnonzero(np.append(True, own[1:] != own[:-1])[: len(own)])
    turn = np.empty(len(those), dtype=np.int64)
    turn[order] = np.arange(len(own)) - np.repeat(begins, np.diff(np.append(begins, len(own))))
    return turn[np.searchsorted(those, guess)]
