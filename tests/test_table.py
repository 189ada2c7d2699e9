from __future__ import annotations

import pickle

import numpy as np
import pytest

from annotool.table import Table


def test_a_table_is_read_only() -> None:
    values = np.arange(3)
    table = Table({"x": values})
    with pytest.raises(ValueError, match="read-only"):
        table["x"][0] = 7
    values[0] = 5  # the giver's own array is not frozen
    assert len(table) == 3
    assert "x" in table
    assert list(table) == ["x"]


def test_columns_have_one_length() -> None:
    with pytest.raises(ValueError, match="unequal"):
        Table({"x": np.arange(3), "y": np.arange(2)})


def test_take_concat_and_replace() -> None:
    table = Table({"x": np.arange(4), "name": np.array(list("abcd"), dtype=object)})
    part = table.take(np.array([3, 1]))
    assert part["name"].tolist() == ["d", "b"]
    both = Table.concat([part, table])
    assert both["x"].tolist() == [3, 1, 0, 1, 2, 3]
    assert both.with_columns(x=np.zeros(6))["x"].sum() == 0
    assert both["x"].sum() == 10


def test_the_frame_is_a_copy() -> None:
    table = Table({"x": np.arange(3)})
    table.frame.loc[0, "x"] = 9
    assert table["x"].tolist() == [0, 1, 2]


def test_pickling_keeps_a_repeated_value_once() -> None:
    n = 100_000
    table = Table({"x": np.arange(n), "one": np.broadcast_to(np.array(7, dtype=np.int8), (n,))})
    held = pickle.dumps(table.take(np.arange(n)).with_columns(one=table["one"]), protocol=5)
    assert len(held) < 8 * n + 1000
    again = pickle.loads(held)
    assert again["one"].strides == (0,)
    assert again["one"].dtype == np.int8
    for rows in (0, 1, n):
        few = Table({"one": np.broadcast_to(np.array(7), (rows,)), "x": np.arange(rows)})
        again = pickle.loads(pickle.dumps(few))
        assert len(again) == rows
        assert again["one"].tolist() == [7] * rows
        assert again["x"].tolist() == few["x"].tolist()
        with pytest.raises(ValueError, match="read-only"):
            again["x"][:] = 1
