from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
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
    "box": st.sampled_from(
        [BOX, NEAR, BY, AWAY, (0, 30, 40, 40), (0, 0, 40, 80), (20, 20, 60, 60), (0, 0, 40, 400)]
    ),
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


# The same once more, one box after another, after the table of kinds alone.


def iou(one: Any, other: Any) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(across, 0) * max(down, 0)
    return float(both / (one[2] * one[3] + other[2] * other[3] - both))


def found_by(truths: Any, guesses: Any) -> dict[int, int]:
    """The truth of each right guess: by falling score, the free one of its category with the largest IoU from .5 on, the last
    of equal ones."""
    found: dict[int, int] = {}
    for at in sorted(range(len(guesses)), key=lambda at: -guesses[at]["score"]):
        best, most = -1, 0.5
        for row, truth in enumerate(truths):
            alike = all(truth[name] == guesses[at][name] for name in ("image", "category"))
            share = iou(truth["box"], guesses[at]["box"])
            if alike and row not in found.values() and share >= most:
                best, most = row, share
        if best >= 0:
            found[at] = best
    return found


def kind_of(truths: Any, guess: Any, found: dict[int, int]) -> tuple[str, int]:
    """The kind of a wrong guess, and the truth that it is about, the first of equal ones."""
    here = [
        (iou(each["box"], guess["box"]), -row, row)
        for row, each in enumerate(truths)
        if each["image"] == guess["image"]
    ]
    own = [each for each in here if truths[each[2]]["category"] == guess["category"]]
    other = [each for each in here if truths[each[2]]["category"] != guess["category"]]
    nearest, strange = max(own, default=(0.0, 0, -1)), max(other, default=(0.0, 0, -1))
    if 0.1 <= nearest[0] <= 0.5:
        return "localisation", nearest[2]
    if strange[0] >= 0.5:
        return "classification", strange[2]
    if any(share >= 0.5 and row in found.values() for share, _, row in own):
        return "duplicate", -1
    return ("background" if max(nearest[0], strange[0]) <= 0.1 else "both"), -1


def slow_ap(told: list[tuple[float, int, bool]], objects: dict[int, int], labels: list[int]) -> float:
    """AP50 of (score, category, right) as COCO has it, the mean over labels."""
    each = []
    for label in labels:
        right = [good for _, category, good in sorted(told, key=lambda row: -row[0]) if category == label]
        if not objects.get(label):
            each.append(0.0)
            continue
        hits = [sum(right[: at + 1]) for at in range(len(right))]
        points = [(hit / objects[label], hit / (at + 1)) for at, hit in enumerate(hits)]
        best = [max((p for r, p in points if r >= level), default=0.0) for level in np.linspace(0, 1, 101)]
        each.append(sum(best) / 101)
    return sum(each) / len(each)


def slowly(truths: Any, guesses: Any) -> tuple[dict[str, int], dict[str, float]]:
    found = found_by(truths, guesses)
    wrong = {at: kind_of(truths, guess, found) for at, guess in enumerate(guesses) if at not in found}
    about = {truth for _, truth in wrong.values()}
    missed = [row for row in range(len(truths)) if row not in found.values() and row not in about]
    labels = sorted({each["category"] for each in truths})
    objects = {label: sum(each["category"] == label for each in truths) for label in labels}
    rows = {at: (each["score"], each["category"], at in found) for at, each in enumerate(guesses)}
    before = slow_ap([*rows.values()], objects, labels)
    counts = {kind: sum(each == kind for each, _ in wrong.values()) for kind in KINDS[:5]}
    counts |= {"missed": len(missed), "wrong": len(wrong), "not found": len(truths) - len(found)}
    gains = {}
    for kind in KINDS[:5]:
        mended = {at: row for at, row in rows.items() if at not in wrong or wrong[at][0] != kind}
        taken = set(found.values())
        for at in sorted(wrong, key=lambda at: -guesses[at]["score"]):
            name, truth = wrong[at]
            if name == kind and truth >= 0 and truth not in taken:
                taken.add(truth)
                mended[at] = (guesses[at]["score"], truths[truth]["category"], True)
        gains[kind] = slow_ap([mended[at] for at in sorted(mended)], objects, labels) - before
    left = {
        label: count - sum(truths[row]["category"] == label for row in missed)
        for label, count in objects.items()
    }
    gains["missed"] = slow_ap([*rows.values()], left, labels) - before
    gains["wrong"] = slow_ap([row for row in rows.values() if row[2]], objects, labels) - before
    right = {
        label: sum(good and category == label for _, category, good in rows.values()) for label in labels
    }
    gains["not found"] = slow_ap([*rows.values()], right, labels) - before
    return {name: count for name, count in counts.items() if count}, gains


SCORED = st.lists(
    st.fixed_dictionaries({**PLACES, "score": st.integers(0, 1000).map(lambda n: n / 1000)}),
    max_size=10,
    unique_by=lambda row: row["score"],
)


@settings(max_examples=300, deadline=None)
@given(TRUTHS, SCORED)
def test_kinds_and_gains_are_those_of_one_box_after_another(
    predicted: Any, truths: Any, guesses: Any
) -> None:
    counts, gains, _ = told(predicted, truths, guesses)
    slow_counts, slow_gains = slowly(truths, guesses)
    assert counts == slow_counts
    assert gains == pytest.approx(slow_gains, abs=1e-9)
