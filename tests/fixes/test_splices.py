from __future__ import annotations

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.fixes import splices
from annotool.formats.base import Splice
from annotool.testing import tiny


def held() -> Dataset:
    data = tiny(sources=[{"file": "a.txt"}, {"file": "b.txt"}], images=[{"source": 0}], categories=[])
    return Dataset(
        {**data.tables, "sources": data.table("sources").with_columns(**ENDS)},
        buffers=(b"0123456789", b"abc"),
    )


ENDS = {"end": np.array([10, 3]), "start": np.array([0, 0])}


def test_splices_are_sorted_and_carry_the_old_bytes() -> None:
    table = splices.table(
        held(), [Splice(1, 1, 2, b"BB", 0), Splice(0, 5, 7, b"", 1), Splice(0, 0, 0, b"<", 2)]
    )
    assert table["source"].tolist() == [0, 0, 1]
    assert table["old"].tolist() == [b"", b"56", b"b"]
    assert splices.replaced(held(), table) == {0: b"<01234789", 1: b"aBBc"}


def test_what_changes_nothing_goes() -> None:
    table = splices.table(held(), [Splice(0, 5, 7, b"56", 0), Splice(1, 0, 0, b"", 0)])
    assert not len(table) and splices.replaced(held(), table) == {}


def test_a_file_that_goes_takes_its_other_splices_along() -> None:
    table = splices.table(
        held(), [Splice(0, 5, 7, b"x", 0), Splice(0, 0, 0, None, 1), Splice(1, 0, 1, b"A", 2)]
    )
    assert table["edit"].tolist() == [1, 2] and table["old"].tolist() == [b"0123456789", b"a"]
    assert splices.replaced(held(), table) == {0: None, 1: b"Abc"}


@pytest.mark.parametrize(
    "bad",
    [
        [Splice(0, 1, 4, b"", 0), Splice(0, 3, 5, b"", 1)],
        [Splice(0, 9, 11, b"x", 0)],
        [Splice(0, -1, 1, b"x", 0)],
        [Splice(1, 2, 1, b"x", 0)],
    ],
    ids=["overlap", "past the end", "before the start", "backwards"],
)
def test_a_format_that_patches_badly_is_caught(bad: list[Splice]) -> None:
    with pytest.raises(ValueError, match="Splice|splices overlap"):
        splices.table(held(), bad)


def test_splices_that_touch_are_apart() -> None:
    table = splices.table(
        held(), [Splice(0, 2, 4, b"x", 0), Splice(0, 4, 6, b"y", 1), Splice(0, 4, 4, b"-", 2)]
    )
    assert splices.replaced(held(), table) == {0: b"01x-y6789"}
