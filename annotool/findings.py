"""Findings and edits: what is wrong, and what would mend it. Columns to the end, one row a fault or a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from annotool.notebook import Showing
from annotool.table import Array, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Block",
    "Compared",
    "Edits",
    "Findings",
    "Fix",
    "Ignored",
    "NewBox",
    "Op",
    "Outcome",
    "Severity",
    "Skipped",
    "block",
]


class Severity(IntEnum):
    """How bad a finding is."""

    INFO = 0
    WARNING = 1
    ERROR = 2


class Fix(IntEnum):
    """Whether a finding can be mended: a safe fix keeps every (image, category, geometry) fact."""

    NONE = 0
    SAFE = 1
    UNSAFE = 2


COMMON: dict[str, tuple[str, Any]] = {
    "severity": ("int8", -1),  # -1: the rule's first severity; set by the engine
    "fix": ("int8", 0),
    "source": ("int32", -1),
    "image": ("int64", -1),
    "annotation": ("int64", -1),
    "category": ("int64", -1),
    "line": ("int32", 0),
    "start": ("int64", -1),  # the bytes a fix may have to change, in the source file
    "end": ("int64", -1),
    "pointer": ("object", ""),  # empty: the pointer of the row it names
    "kept": ("bool", True),  # False: the record stands in no table
    "silenced": ("int32", 0),  # findings of other rules this one explains
    "known": ("bool", False),  # stands in the baseline: told, but fails nothing
    "consequence": ("object", ""),  # what the consumers of --target do with it
}


@dataclass(frozen=True)
class Block:
    """Findings of one rule with one message: the common columns, and the values its message speaks of."""

    rule: str
    message: str  # a str.format template over the values
    columns: Table
    values: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, rows: Array) -> Block:
        """Return the findings named by an index or boolean array."""
        return replace(
            self, columns=self.columns.take(rows), values={k: v[rows] for k, v in self.values.items()}
        )

    def row_values(self, row: int) -> dict[str, Any]:
        """Return one finding's values as plain Python values."""
        return {k: v[row].item() if hasattr(v[row], "item") else v[row] for k, v in self.values.items()}

    def text(self, row: int) -> str:
        """Return one finding's message."""
        return self.message.format(**self.row_values(row))


def block(
    rule: str, message: str, rows: int, /, *, values: Mapping[str, Any] | None = None, **columns: Any
) -> Block:
    """Build a Block of `rows` findings; scalars are spread over all rows, absent columns cost no memory."""
    unknown = set(columns) - set(COMMON)
    if unknown:
        raise ValueError(f"findings have no column {sorted(unknown)}; they have {list(COMMON)}")
    full = {
        name: np.broadcast_to(np.asarray(columns.get(name, absent), dtype=dtype), (rows,))
        for name, (dtype, absent) in COMMON.items()
    }
    return Block(rule, message, Table(full), {k: spread(v, rows) for k, v in (values or {}).items()})


def spread(values: Any, rows: int) -> Array:
    if isinstance(values, np.ndarray) and values.shape[:1] == (rows,):
        return values
    column = np.empty(rows, dtype=object)
    if isinstance(values, list) and len(values) == rows:
        column[:] = values
    else:
        column.fill(values)
    return column


@dataclass(frozen=True)
class Skipped:
    """A rule that could not run, or not on all rows, and why."""

    rule: str
    why: str


@dataclass(frozen=True)
class Ignored:
    """Findings of one rule left out because the settings say so: by split, file or category, of this name or glob."""

    by: str
    name: str
    rule: str
    count: int


@dataclass(frozen=True)
class Outcome:
    """What a consumer of labels will do with the dataset, in one sentence.

    effect: stops, drops-image, drops-annotation or misreads, none (nothing is known), or unread (another format);
    count: images or annotations dropped, findings else; rules: the findings of each rule that lead to it.
    """

    target: str
    effect: str
    says: str
    count: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """What a baseline says of an audit: its file as it was named, and the known faults that are found no more.

    stale: one row an entry. rule, image (plain name), category, split, file, format, reason, by: object (texts, empty:
    none); x y w h: float64, pixels (fractions of an image of unknown size), NaN: no box; count: int64, faults gone; absent: bool, it names an image that is not in the dataset.
    """

    file: str
    stale: Table

    @property
    def gone(self) -> int:
        """How many known faults are found no more."""
        return int(self.stale["count"].sum())


@dataclass(frozen=True)
class Findings(Showing):
    """All findings of an audit, in blocks; `skipped` names the rules that could not run, `ignored` what the settings
    leave out, `outcomes` what the consumers of --target will do.

    `baseline` is there when they were compared with one: then the column `known` tells old from new. `data` is the Dataset
    they are of, where somebody is to look at them; it is not compared, and stays behind when they are pickled.
    """

    blocks: tuple[Block, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    baseline: Compared | None = None
    ignored: tuple[Ignored, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    data: Any = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "data": None}

    def __len__(self) -> int:
        return sum(len(part) for part in self.blocks)

    def __add__(self, other: Findings) -> Findings:
        return Findings(
            self.blocks + other.blocks,
            self.skipped + other.skipped,
            self.baseline or other.baseline,
            self.ignored + other.ignored,
            self.outcomes + other.outcomes,
            self.data
            if self.data is other.data or other.data is None
            else other.data
            if self.data is None
            else None,
        )

    def of(self, *rules: str) -> Findings:
        """Return the findings of these rules."""
        return replace(self, blocks=tuple(part for part in self.blocks if part.rule in rules))

    def where(self, keep: Callable[[Block], Array]) -> Findings:
        """Return the findings for which `keep(block)`, a boolean array, is true; empty blocks go."""
        parts = (part.take(keep(part)) for part in self.blocks)
        return replace(self, blocks=tuple(part for part in parts if len(part)))

    @property
    def new(self) -> Findings:
        """The findings that no baseline knows: all of them where there is none."""
        return self.where(lambda part: ~part.columns["known"]) if self.baseline else self

    def column(self, name: str) -> Array:
        """Return one common column over all blocks, in block order; `rule` too."""
        if name == "rule":
            return np.repeat(
                np.array([part.rule for part in self.blocks], dtype=str), [len(p) for p in self.blocks]
            )
        if not self.blocks:
            return np.empty(0, dtype=COMMON[name][0])
        return np.concatenate([part.columns[name] for part in self.blocks])

    def counts(self) -> dict[str, int]:
        """Return the number of findings per rule, codes sorted."""
        found: dict[str, int] = {}
        for part in self.blocks:
            found[part.rule] = found.get(part.rule, 0) + len(part)
        return dict(sorted(found.items()))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One pandas row a finding: rule, the common columns, and the message."""
        import pandas as pd

        table = {"rule": self.column("rule"), **{name: self.column(name) for name in COMMON}}
        table["message"] = np.array([p.text(i) for p in self.blocks for i in range(len(p))], dtype=object)
        return pd.DataFrame(table)


class Op(IntEnum):
    """What an edit does."""

    SET = 0  # put `new` into (table, row, column)
    DROP = 1  # remove the row's record
    BYTES = 2  # replace bytes start:end of the source `row` by `new`
    CREATE = 3  # add the file `column`, named below the dataset's path number `row`, with the text `new`
    ADD = 4  # add an annotation, the NewBox `new`, to the image `row`, in the file that holds its labels


class NewBox(NamedTuple):
    """A box to add: the row key of its category, x y w h in pixels (fractions where the image's size is not known)."""

    category: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Edits:
    """One row a change. `finding` is the row of the finding that asked for it, in the Findings given to `fix`.

    Columns: finding int64, op int8 (Op), table and column object, row int64, start and end int64 (BYTES only),
    new object, safe bool, rule object.
    `bbox` is one cell, its new value a tuple x, y, w, h in pixels; `rings` takes the ring numbers to drop.
    `path` of an image: its file takes that path, in a mended copy only; what names it is edited by the same finding.
    `segmentation` takes all rings anew, flat pixels each, or a mapping of a mask's `counts` and `size`.
    An annotation to add (ADD) is of the table `images` and the column `bbox`.
    A finding that asks for a file (CREATE, table `sources`) asks for nothing else; no file is ever replaced by one.
    """

    columns: Table

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def take(self, rows: Array) -> Edits:
        """Return the edits named by an index or boolean array."""
        return Edits(self.columns.take(rows))

    @staticmethod
    def concat(parts: Iterable[Edits]) -> Edits:
        """Stack edits."""
        tables = [part.columns for part in parts if len(part)]
        return Edits(Table.concat(tables)) if tables else Edits.make(0)

    @staticmethod
    def make(
        rows: int,
        *,
        op: Op = Op.SET,
        table: str = "",
        column: str = "",
        row: Any = -1,
        new: Any = None,
        finding: Any = -1,
        safe: Any = True,
        rule: str = "",
        start: Any = -1,
        end: Any = -1,
    ) -> Edits:
        """Build edits of one kind; scalars are spread over all rows, `new` may be a list or an array."""
        full: dict[str, Array] = {
            "finding": np.broadcast_to(np.asarray(finding, dtype=np.int64), (rows,)),
            "op": np.full(rows, int(op), dtype=np.int8),
            "table": spread(table, rows),
            "row": np.broadcast_to(np.asarray(row, dtype=np.int64), (rows,)),
            "column": spread(column, rows),
            "start": np.broadcast_to(np.asarray(start, dtype=np.int64), (rows,)),
            "end": np.broadcast_to(np.asarray(end, dtype=np.int64), (rows,)),
            "new": spread(list(new) if isinstance(new, np.ndarray) else new, rows),
            "safe": np.broadcast_to(np.asarray(safe, dtype=bool), (rows,)),
            "rule": spread(rule, rows),
        }
        return Edits(Table(full))
