from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotool.metrics import coco_ap, errors
from annotool.metrics.errors import KINDS
from annotool.metrics.evaluation import paired
from annotool.metrics.scene import scene

CAT, DOG = 0, 1
BOX, NEAR, BY = (0, 0, 40, 40), (0, 0, 40, 50), (0, 0, 40, 110)  # IoU with BOX: 1, .8, .36
AWAY = (300, 300, 40, 40)


def told(predicted: Any, truths: Any, guesses: Any) -> tuple[dict[str, int], dict[str, float], Any]:
    sides = scene(predicted(truths, guesses))
    pairs = paired(sides, None)
    judged = coco_ap.judge(sides, pairs)
    made = errors.mistakes(sides, pairs, judged)
    table = errors.error_table(sides, judged, made)
    names = table["error"].tolist()
    by_category = errors.by_category(sides, made)
    assert by_category["count"].sum() == table["count"][:6].sum()
    return (
        {name: count for name, count in zip(names, table["count"].tolist(), strict=True) if count},
        dict(zip(names, table["dAP"].tolist(), strict=True)),
        made,
    )


@pytest.mark.parametrize(
    ("guess", "kind"),
    [
        ({"box": BY}, "localisation"),
        ({"box": NEAR, "category": DOG}, "classification"),
        ({"box": BY, "category": DOG}, "both"),
        ({"box": AWAY}, "background"),
        ({"box": BOX, "image": 1}, "background"),
    ],
)
def test_each_kind(predicted: Any, guess: Any, kind: str) -> None:
    counts, gains, _ = told(predicted, [{"box": BOX}], [{"score": 0.9, **guess}])
    alone = kind in ("localisation", "classification")
    assert counts == {kind: 1, "wrong": 1, "not found": 1, **({} if alone else {"missed": 1})}
    assert gains[kind] == pytest.approx(1.0 if alone else 0.0)


def test_a_duplicate_and_what_it_costs(predicted: Any) -> None:
    guesses = [{"box": BOX, "score": 0.9}, {"box": NEAR, "score": 0.8}, {"box": AWAY, "score": 0.7}]
    counts, gains, _ = told(predicted, [{"box": BOX}, {"box": AWAY}], guesses)
    assert counts == {"duplicate": 1, "wrong": 1}
    assert gains["duplicate"] == gains["wrong"] == pytest.approx(1 - (51 + 50 * 2 / 3) / 101)
    assert gains["background"] == gains["missed"] == 0


def test_the_surest_guess_of_a_truth_is_mended_the_others_are_taken_out(predicted: Any) -> None:
    guesses = [{"box": BOX, "category": DOG, "score": score} for score in (0.9, 0.8)]
    counts, gains, made = told(predicted, [{"box": BOX}], guesses)
    assert counts == {"classification": 2, "wrong": 2, "not found": 1}
    assert gains["classification"] == pytest.approx(1.0)
    assert made.truth.tolist() == [0, 0]


def test_a_mistake_about_a_truth_that_is_found_is_taken_out(predicted: Any) -> None:
    guesses = [{"box": BY, "score": 0.9}, {"box": BOX, "score": 0.8}]
    counts, gains, _ = told(predicted, [{"box": BOX}], guesses)
    assert counts == {"localisation": 1, "wrong": 1}
    assert gains["localisation"] == pytest.approx(0.5)


def test_missed_objects_of_a_category_that_is_never_guessed(predicted: Any) -> None:
    counts, gains, _ = told(
        predicted, [{"box": BOX}, {"box": AWAY, "category": DOG}], [{"box": BOX, "score": 0.9}]
    )
    assert counts == {"missed": 1, "not found": 1}
    assert gains["missed"] == 0  # without objects its AP is 0 as before


def test_crowds_are_no_objects_and_forgive(predicted: Any) -> None:
    counts, gains, _ = told(
        predicted, [{"box": (0, 0, 400, 400), "iscrowd": 1}], [{"box": BOX, "score": 0.9}]
    )
    assert counts == {}
    assert np.isnan(list(gains.values())).all()


PLACES = {
    "image": st.integers(0, 1),
    "category": st.integers(0, 1),
    "box": st.sampled_from([BOX, NEAR, BY, AWAY, (0, 30, 40, 40)]),
}
TRUTHS = st.lists(st.fixed_dictionaries(PLACES), min_size=1, max_size=6)
GUESSES = st.lists(st.fixed_dictionaries({**PLACES, "score": st.floats(0, 1)}), max_size=10)


@given(TRUTHS, GUESSES)
def test_every_wrong_guess_is_of_one_kind_and_mending_never_costs(
    predicted: Any, truths: Any, guesses: Any
) -> None:
    counts, gains, made = told(predicted, truths, guesses)
    assert sum(counts.get(kind, 0) for kind in KINDS[:5]) == counts.get("wrong", 0)
    assert counts.get("missed", 0) <= counts.get("not found", 0)
    for kind in ("localisation", "duplicate", "background", "both", "wrong"):
        assert gains[kind] >= -1e-12
    assert not (made.missed & np.isin(np.arange(len(made.missed)), made.truth)).any()
