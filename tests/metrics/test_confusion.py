from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotool.metrics.confusion import matrix
from annotool.metrics.evaluation import paired
from annotool.metrics.scene import scene

CAT, DOG, EMU, BACKGROUND = range(4)
LEFT, RIGHT = (0, 0, 40, 40), (200, 0, 40, 40)


def cells(predicted: Any, truths: Any, guesses: Any, least: float = 0.25) -> dict[tuple[int, int], int]:
    sides = scene(predicted(truths, guesses))
    held = matrix(sides, paired(sides, None), least)
    assert held.shape == (4, 4)
    return {(r, c): int(held[r, c]) for r in range(4) for c in range(4) if held[r, c]}


def test_one_of_each(predicted: Any) -> None:
    truths = [{"box": LEFT}, {"box": RIGHT, "category": DOG}, {"box": LEFT, "image": 1, "category": EMU}]
    guesses = [
        {"box": LEFT, "score": 0.9},
        {"box": RIGHT, "category": CAT, "score": 0.8},
        {"box": RIGHT, "image": 1, "category": DOG, "score": 0.7},
        {"box": LEFT, "image": 1, "category": EMU, "score": 0.2},
    ]
    assert cells(predicted, truths, guesses) == {
        (CAT, CAT): 1,
        (DOG, CAT): 1,
        (BACKGROUND, DOG): 1,
        (EMU, BACKGROUND): 1,
    }
    assert (EMU, EMU) in cells(predicted, truths, guesses, least=0.2)


def test_the_surer_guess_takes_the_object(predicted: Any) -> None:
    guesses = [{"box": LEFT, "score": 0.5}, {"box": (4, 0, 40, 40), "category": DOG, "score": 0.9}]
    assert cells(predicted, [{"box": LEFT}], guesses) == {(CAT, DOG): 1, (BACKGROUND, CAT): 1}


def test_what_falls_on_a_crowd_counts_for_nothing(predicted: Any) -> None:
    crowd = [{"box": (0, 0, 300, 300), "iscrowd": 1}]
    assert (
        cells(predicted, crowd, [{"box": LEFT, "score": 0.5}, {"box": RIGHT, "category": DOG, "score": 0.5}])
        == {}
    )


PLACES = {
    "image": st.integers(0, 2),
    "category": st.integers(0, 2),
    "box": st.sampled_from([LEFT, RIGHT, (10, 0, 40, 40)]),
}
ROWS = st.lists(st.fixed_dictionaries(PLACES), max_size=8)


@given(ROWS, ROWS)
def test_every_object_and_every_guess_stands_once(predicted: Any, truths: Any, guesses: Any) -> None:
    held = cells(predicted, truths, [{**row, "score": 0.5} for row in guesses])
    for side, rows in ((0, truths), (1, guesses)):
        for label in range(3):
            assert sum(n for key, n in held.items() if key[side] == label) == sum(
                row["category"] == label for row in rows
            )
    assert (BACKGROUND, BACKGROUND) not in held
