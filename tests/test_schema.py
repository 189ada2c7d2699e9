from __future__ import annotations

import numpy as np
import pytest

from annotool.schema import NO_ID, SCHEMA, make


@pytest.mark.parametrize("name", SCHEMA)
def test_every_table_can_be_made_empty_and_full_of_absent_values(name: str) -> None:
    for rows in (0, 3):
        table = make(name, rows)
        assert len(table) == rows
        assert {column: str(table[column].dtype) for column in table} == {
            column: str(np.dtype(what.dtype)) for column, what in SCHEMA[name].items()
        }


def test_row_keys_are_made_and_absent_columns_cost_nothing() -> None:
    table = make("annotations", x=np.arange(5.0))
    assert table["annotation"].tolist() == [0, 1, 2, 3, 4]
    assert table["id"].tolist() == [NO_ID] * 5
    assert table["iscrowd"].strides == (0,)


def test_unknown_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="has no column"):
        make("images", 1, colour=np.zeros(1))


def test_every_column_says_what_it_holds() -> None:
    assert all(what.doc for columns in SCHEMA.values() for what in columns.values())
