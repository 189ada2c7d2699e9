"""Table: named numpy columns of one length, frozen; a pandas DataFrame only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Array", "Table"]

Array = npt.NDArray[Any]


class Table:
    """Columns of equal length, read-only. `len(table)` is its number of rows."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self.columns: dict[str, Array] = {}
        for name, values in columns.items():
            view = values.view()
            view.flags.writeable = False
            self.columns[name] = view
        lengths = {len(values) for values in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of unequal length: { {k: len(v) for k, v in self.columns.items()} }")
        self._rows = lengths.pop() if lengths else 0

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __repr__(self) -> str:
        return f"Table({len(self)} rows: {', '.join(self.columns)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a column that repeats one value as that value."""
        kept = {n: each[:1] if each.strides == (0,) else each for n, each in self.columns.items()}
        return unpacked, (kept, self._rows)

    def take(self, rows: Array) -> Table:
        """Return the rows named by an index or boolean array, in that order."""
        return Table({name: values[rows] for name, values in self.columns.items()})

    def with_columns(self, **columns: Array) -> Table:
        """Return the table with columns added or replaced."""
        return Table({**self.columns, **columns})

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same columns as a pandas DataFrame (a copy, so that editing it changes nothing here)."""
        import pandas as pd

        return pd.DataFrame({name: np.array(values) for name, values in self.columns.items()})

    @staticmethod
    def concat(tables: list[Table]) -> Table:
        """Stack tables with the same columns."""
        if len(tables) == 1:
            return tables[0]
        return Table({name: np.concatenate([table[name] for table in tables]) for name in tables[0]})


def unpacked(columns: Mapping[str, Array], rows: int) -> Table:
    return Table({n: np.broadcast_to(c, (rows,)) if len(c) == 1 < rows else c for n, c in columns.items()})
