from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from annotool.dataset import Dataset
from annotool.testing import tiny

Row = tuple[float, ...]
Pair = Callable[..., Dataset]


@pytest.fixture(scope="session")
def pair() -> Pair:
    """Make a dataset of labels (image, category, x, y, w, h) and predictions (the same, score).

    Besides, ten images have a cat and a dog, found exactly, so that the AP of both is high and their flags are raised.
    """

    def made(labels: Sequence[Row], guesses: Sequence[Row], **more: Any) -> Dataset:
        first = 1 + max((int(row[0]) for row in (*labels, *guesses)), default=-1)
        sound = [(first + at, kind, 100.0 + 200 * kind, 100, 50, 40) for at in range(10) for kind in (0, 1)]
        names = ("image", "category", "x", "y", "w", "h")
        data = tiny(first + 10, [dict(zip(names, row, strict=True)) for row in [*labels, *sound]], **more)
        found = [*guesses, *((*row, 0.9) for row in sound)]
        rows = [dict(zip((*names, "score"), row, strict=True)) for row in found]
        predictions = tiny(first + 10, rows).table("annotations")
        return replace(data, tables={**data.tables, "predictions": predictions})

    return made
