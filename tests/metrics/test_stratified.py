from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from annotool.metrics.stratified import Cells, deviations, stratify
from annotool.table import Array

HALVES, FOUR_FIFTHS = np.array([0.5, 0.5]), np.array([0.8, 0.2])


def cells(matrix: Array, sizes: Array | None = None) -> Cells:
    group, label = np.nonzero(matrix)
    return Cells(
        group, label, matrix[group, label], np.ones(len(matrix), np.int64) if sizes is None else sizes
    )


def drawn(rng: np.random.Generator, groups: int, labels: int) -> Array:
    """Counts as datasets have them: a few labels often, most seldom, groups of very different richness."""
    often = 1 / np.arange(1, labels + 1)
    return np.asarray(rng.poisson(rng.gamma(0.4, 1, (groups, labels)) * often / often.sum() * 10))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Array, Array, Array, Array]:
    """A matrix of counts, sizes, ratios, and ranks."""
    groups, labels = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    count = st.lists(st.integers(0, 5), min_size=labels, max_size=labels)
    matrix = np.array(draw(st.lists(count, min_size=groups, max_size=groups)), dtype=np.int64)
    sizes = np.array(draw(st.lists(st.integers(1, 4), min_size=groups, max_size=groups)), dtype=np.int64)
    parts = np.array(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)), dtype=np.float64)
    rank = np.array(draw(st.permutations(range(groups))), dtype=np.int64)
    return matrix, sizes, parts / parts.sum(), rank


@given(cases())
def test_each_group_gets_one_split_whatever_the_order(case: tuple[Array, Array, Array, Array]) -> None:
    matrix, sizes, ratios, rank = case
    split = stratify(cells(matrix, sizes), ratios, rank)
    assert split.shape == sizes.shape
    assert ((split >= 0) & (split < len(ratios))).all()
    other = np.random.default_rng(0).permutation(len(sizes))
    shuffled = cells(matrix[other], sizes[other])
    turned = Cells(shuffled.group[::-1], shuffled.label[::-1], shuffled.count[::-1], shuffled.sizes)
    np.testing.assert_array_equal(stratify(turned, ratios, rank[other]), split[other])


@given(cases())
def test_no_move_of_one_group_would_be_better(case: tuple[Array, Array, Array, Array]) -> None:
    """But where a label would leave a split; checked by trying all, with weights worked out anew."""
    matrix, sizes, ratios, rank = case
    held = cells(matrix, sizes)
    split = stratify(held, ratios, rank)
    weights = np.append(np.ones(held.labels), max(1.0, np.count_nonzero(matrix.sum(axis=0)) / 3))

    def cost(tried: Array) -> float:
        return float((weights * deviations(held, ratios, tried) ** 2).sum())

    def reached(tried: Array) -> int:
        return sum(len(np.unique(tried[matrix[:, label] > 0])) for label in range(matrix.shape[1]))

    for group in range(len(sizes)):
        for to in range(len(ratios)):
            tried = split.copy()
            tried[group] = to
            assert cost(tried) >= cost(split) - 1e-9 or reached(tried) < reached(split)


@given(st.integers(2, 4), st.integers(0, 20), st.integers(0, 1000))
def test_a_label_in_enough_groups_reaches_every_split(splits: int, more: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.zeros((splits + more, 1), dtype=np.int64)
    matrix[:, 0] = rng.integers(1, 50, len(matrix))
    ratios = rng.dirichlet(np.ones(splits)) * 0.9 + 0.1 / splits
    split = stratify(cells(matrix), ratios, rng.permutation(len(matrix)))
    assert set(split.tolist()) == set(range(splits))


def test_a_label_of_one_group_goes_where_most_is_wanted() -> None:
    split = stratify(cells(np.array([[1, 0], [0, 3], [0, 3], [0, 3], [0, 3]])), FOUR_FIFTHS, np.arange(5))
    assert split[0] == 0
    assert sorted(split.tolist()) == [0, 0, 0, 0, 1]


def test_what_has_no_label_fills_up() -> None:
    split = stratify(cells(np.zeros((100, 0), dtype=np.int64)), FOUR_FIFTHS, np.arange(100))
    assert np.bincount(split).tolist() == [80, 20]
    sizes = np.array([60, 10, 10, 10, 10])
    assert stratify(cells(np.zeros((5, 0), dtype=np.int64), sizes), HALVES, np.arange(5)).tolist().count(
        0
    ) in (1, 4)


def test_deviations_by_hand() -> None:
    matrix = np.array([[2, 0], [1, 1], [1, 0], [0, 3]])
    found = deviations(cells(matrix), HALVES, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(found, [[0.25, -0.25, 0], [-0.25, 0.25, 0]])


@pytest.mark.parametrize("seed", range(5))
def test_nothing_else_is_closer_to_the_wanted_shares(seed: int) -> None:
    """No worse than the best of 200 random splits of the same sizes, in the worst label and in the mean."""
    rng = np.random.default_rng(seed)
    held = cells(drawn(rng, 150, 8))
    off = np.abs(deviations(held, FOUR_FIFTHS, stratify(held, FOUR_FIFTHS, rng.permutation(150))))
    tried = [
        np.abs(deviations(held, FOUR_FIFTHS, rng.permutation(np.repeat([0, 1], [120, 30]))))
        for _ in range(200)
    ]
    assert off.max() <= min(each.max() for each in tried)
    assert off.mean() <= min(each.mean() for each in tried)


@pytest.mark.parametrize("seed", range(8))
def test_no_worse_than_scikit_learn(seed: int) -> None:
    """None of the five folds of StratifiedGroupKFold is closer in the label that is farthest off."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 120, 1500)
    label = np.minimum(rng.geometric(0.45, 1500) - 1, 5)
    matrix = np.zeros((120, 6), dtype=np.int64)
    np.add.at(matrix, (group, label), 1)
    held = cells(matrix, np.maximum(matrix.sum(axis=1), 1))
    ours = deviations(held, FOUR_FIFTHS, stratify(held, FOUR_FIFTHS, rng.permutation(120)))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(label, label, group)
    theirs = []
    for _, test in folds:
        split = np.zeros(120, dtype=np.int64)
        split[np.unique(group[test])] = 1
        theirs.append(np.abs(deviations(held, FOUR_FIFTHS, split)).max())
    assert np.abs(ours).max() <= min(theirs)


def test_of_many_images_and_categories_each_gets_its_share() -> None:
    """The most any of 80 categories is off is a tenth of what a random split would be off."""
    rng = np.random.default_rng(0)
    held, ratios = cells(drawn(rng, 10_000, 80)), np.array([0.7, 0.2, 0.1])
    off = np.abs(deviations(held, ratios, stratify(held, ratios, rng.permutation(10_000)))).max()
    by_chance = np.abs(deviations(held, ratios, rng.choice(3, 10_000, p=ratios))).max()
    assert off < by_chance / 10
