"""Held to cleanlab on the same inputs."""

from typing import Any

import numpy as np
import pytest
from cleanlab.object_detection import rank

from annotool.metrics.objectlab import agreement, image_scores, soft_minimum, to_diagonal
from annotool.table import Array, Table

K = 4


def world(seed: int, images: int = 60) -> tuple[list[Array], list[Array]]:
    """Labels (label, x y w h) and predictions (label, x y w h, score) an image: most agree, some are alone."""
    rng = np.random.default_rng(seed)
    labels, guesses = [], []
    for _ in range(images):
        n, alone = rng.integers(0, 7), rng.integers(0, 5)
        own = np.c_[rng.integers(0, K, n), rng.uniform(0, 500, (n, 2)), rng.uniform(5, 140, (n, 2))]
        if n > 1 and rng.random() < 0.3:  # two labels in one place
            own = np.r_[own, own[:1]]
            own[-1, 0] = (own[0, 0] + 1) % K
        seen = own[rng.random(len(own)) < 0.7] + np.r_[0, rng.normal(0, 6, 4)]
        seen[:, 0] = np.where(rng.random(len(seen)) < 0.15, rng.integers(0, K, len(seen)), seen[:, 0])
        lone = np.c_[
            rng.integers(0, K, alone), rng.uniform(0, 900, (alone, 2)), rng.uniform(5, 90, (alone, 2))
        ]
        found = np.r_[seen, lone]
        found[:, 3:] = np.maximum(found[:, 3:], 1)
        labels.append(own)
        scored = np.c_[found, rng.uniform(0.3, 1, len(found))]
        guesses.append(scored[np.argsort(scored[:, 0], kind="stable")])  # cleanlab's order: by category
    return labels, guesses


def table(parts: list[Array], names: str) -> Table:
    rows = np.vstack(parts)
    image = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    columns = dict(zip(names.split(), rows.T.copy(), strict=True))
    columns["label"] = columns["label"].astype(np.int64)
    return Table({"image": image, **columns, "crowd": np.zeros(len(rows), dtype=bool)})


def theirs(labels: list[Array], guesses: list[Array]) -> dict[str, Any]:
    def corners(rows: Array) -> Array:
        return np.concatenate([rows[:, 1:3], rows[:, 1:3] + rows[:, 3:5]], axis=1)

    boxes = []
    for rows in guesses:
        one = np.empty(K, dtype=object)
        for k in range(K):
            mine = rows[rows[:, 0] == k]
            one[k] = np.c_[corners(mine), mine[:, 5]]
        boxes.append(one)
    return {
        "labels": [{"bboxes": corners(rows), "labels": rows[:, 0].astype(int)} for rows in labels],
        "predictions": boxes,
    }


def equal(ours: Array, cleanlabs: Array) -> None:
    np.testing.assert_allclose(ours, cleanlabs, rtol=0, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("seed", range(5))
def test_all_scores_are_those_of_cleanlab(seed: int) -> None:
    labels, guesses = world(seed)
    ours, against = table(labels, "label x y w h"), table(guesses, "label x y w h score")
    said = agreement(ours, against)
    located, swapped = said.located(), said.swapped(said.least)
    overlooked = said.overlooked(against["score"], said.least)
    given = theirs(labels, guesses)
    equal(located, np.concatenate(rank.compute_badloc_box_scores(**given)))
    equal(swapped, np.concatenate(rank.compute_swap_box_scores(**given)))
    equal(overlooked, np.concatenate(rank.compute_overlooked_box_scores(**given)))
    images = image_scores(ours["image"], against["image"], len(labels), (located, swapped, overlooked))
    equal(images, rank.get_label_quality_scores(**given, verbose=False))
    assert (located < 1).any()
    assert (swapped < 1).any()
    assert np.isfinite(overlooked).any()


def test_each_extreme_names_its_prediction() -> None:
    labels = table([np.array([[0, 0, 0, 10, 10], [1, 50, 50, 10, 10]])], "label x y w h")
    rows = [[0, 0, 5, 10, 10, 0.9], [0, 0, 1, 10, 10, 0.6], [0, 50, 50, 10, 10, 0.99], [1, 0, 0, 9, 9, 0.9]]
    said = agreement(labels, table([np.array(rows)], "label x y w h score"))
    assert said.own_guess.tolist() == [1, -1]  # the nearer one, though less sure
    assert said.other_guess.tolist() == [-1, 2]  # the last is not sure enough
    assert said.met.tolist() == pytest.approx([9 / 11, 1.0])


def test_a_crowd_is_met_and_not_judged() -> None:
    labels = table([np.array([[0, 0, 0, 10, 10]])], "label x y w h").with_columns(crowd=np.array([True]))
    guesses = table([np.array([[0, 2, 2, 5, 5, 0.99], [1, 0, 0, 10, 10, 0.99]])], "label x y w h score")
    said = agreement(labels, guesses)
    assert np.isnan(said.own).all()
    assert np.isnan(said.other).all()
    assert np.isnan(said.overlooked(guesses["score"], said.least)).all()


def test_distances_can_be_made_those_of_one_size_of_image() -> None:
    small = [np.array([[0, 0, 0, 10, 10]]), np.array([[0, 12, 0, 10, 10, 0.99]])]
    large = [np.array([[0, 0, 0, 20, 20]]), np.array([[0, 24, 0, 20, 20, 0.99]])]
    found = []
    for (label, guess), size in ((small, 400.0), (large, 800.0)):
        scale = to_diagonal(np.array([size]), np.array([0.0]))
        ours, against = table([label], "label x y w h"), table([guess], "label x y w h score")
        found.append(agreement(ours, against, scale).nearest[0])
    assert found[0] == pytest.approx(found[1])
    assert to_diagonal(np.array([np.nan, 0.0, 640.0]), np.array([1.0, 0.0, 480.0])).tolist() == [1, 1, 1]


def test_nothing_to_compare() -> None:
    none = table([np.empty((0, 5))], "label x y w h")
    said = agreement(none, table([np.empty((0, 6))], "label x y w h score"))
    assert said.least == 1
    assert soft_minimum(np.empty(0), np.empty(0, dtype=np.int64), 2).tolist() == [1, 1]
