"""Whether edits hold: the findings are gone, and no record they touched is worse off than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Op
from annotool.fixes.places import BITS, NOWHERE, TABLES, Trail, finding_keys, named, record_keys, spans
from annotool.formats.base import Move, objects
from annotool.table import Array, Table

__all__ = ["State", "failed", "made", "worst"]


@dataclass(frozen=True)
class State:
    """A dataset at one round: its findings, and the way back to the files as first read."""

    data: Dataset
    findings: Findings
    trail: Trail

    def tally(self) -> Table:
        """Count findings by rule, severity and record key: columns rule, severity, key, count."""
        import pandas as pd

        rows = pd.DataFrame(
            {
                "rule": self.findings.column("rule"),
                "severity": self.findings.column("severity").astype(np.int64),
                "key": finding_keys(self.trail, self.data, self.findings),
            }
        )
        counted = rows.groupby(["rule", "severity", "key"], sort=True).size().reset_index(name="count")
        return Table({str(name): counted[name].to_numpy() for name in counted})


def made(
    state: State, asked: Findings, keys: Array, edits: Edits, number: int, files: Sequence[Move] = ()
) -> Table:
    """Return what has to be proven of a round's edits, one row an edit, and of each of `files`, where there are some: round, rule, severity and key of its
    finding, left (findings of that rule and key that may stay; -1: it does not hold), record (its record key), adds
    (it adds an annotation to that image), byte (where a byte edit stood at first), image (the file of the image it drops),
    moved (the image file it renames).
    """
    finding = edits["finding"]
    paths = np.append(state.data.table("images")["path"], "")
    blank = objects([""] * len(edits))
    gone, moved = blank.copy(), blank
    for at, each in enumerate(files):
        (gone if each.new is None else moved)[at] = paths[each.image]
    rules = asked.column("rule").astype(object)
    answered = np.unique(finding)
    return Table(
        {
            "round": np.full(len(edits), number, dtype=np.int64),
            "rule": rules[finding],
            "severity": asked.column("severity")[finding].astype(np.int64),
            "key": keys[finding],
            "left": left(state, rules[answered], keys[answered], rules[finding], keys[finding]),
            "record": edited_records(state, edits),
            "adds": np.asarray(edits["op"] == Op.ADD, dtype=bool),
            "byte": edited_bytes(state, edits),
            "image": np.where(gone != "", gone, dropped_images(state, edits)),
            "moved": moved,
        }
    )


def left(state: State, rules: Array, keys: Array, rule: Array, key: Array) -> Array:
    """How many findings of each rule and key there are beside those answered."""
    import pandas as pd

    counted = state.tally()
    total = pd.Series(counted["count"]).groupby([counted["rule"], counted["key"]]).sum()
    fixed = pd.Series(1, index=range(len(rules))).groupby([rules, keys]).sum()
    rest = total.sub(fixed, fill_value=0)
    return np.asarray(rest.reindex(pd.MultiIndex.from_arrays([rule, key])).to_numpy(), dtype=np.int64)


def edited_records(state: State, edits: Edits) -> Array:
    out = np.full(len(edits), NOWHERE, dtype=np.int64)
    for table in ("annotations", "images", "categories"):
        mine = np.flatnonzero((edits["table"] == table) & (edits["op"] != Op.BYTES))
        if len(mine):
            out[mine] = record_keys(state.trail, state.data, table, edits["row"][mine])
    return out


def edited_bytes(state: State, edits: Edits) -> Array:
    out = np.full(len(edits), NOWHERE, dtype=np.int64)
    mine = np.flatnonzero(edits["op"] == Op.BYTES)
    if len(mine):
        source = edits["row"][mine]
        key = named(state.trail, state.data, source, edits["start"][mine], "sources")
        out[mine] = np.where(key < 0, NOWHERE, key >> 2)
    return out


def dropped_images(state: State, edits: Edits) -> Array:
    paths = np.append(state.data.table("images")["path"], "")
    drops = (edits["op"] == Op.DROP) & (edits["table"] == "images")
    return np.asarray(paths[np.where(drops, edits["row"], -1)], dtype=object)


def worst(before: State, after: State) -> int:
    """The highest severity of which some record, or none, has more findings than before; -1: nothing came up."""
    new, more = grown(before, after)
    return int(new["severity"][more].max(initial=-1))


def grown(before: State, after: State) -> tuple[Table, Array]:
    """The tally after, and of which rows of it there are more than before."""
    import pandas as pd

    old, new = before.tally(), after.tally()
    names = ("rule", "severity", "key")
    was = pd.Series(old["count"], index=pd.MultiIndex.from_arrays([old[name] for name in names]))
    is_now = pd.MultiIndex.from_arrays([new[name] for name in names])
    return new, np.asarray(new["count"] > was.reindex(is_now, fill_value=0).to_numpy(), dtype=bool)


def failed(before: State, after: State, proven: Table) -> Array:
    """Return which edits do not hold (a boolean a row of `made`, rounds in order): their finding is still
    there, or the record they touched has a new finding at least as severe as the one they were to mend. Of
    several edits of a record made worse only the first round's: the later ones may have followed from
    these.
    """
    import pandas as pd

    record = np.where(proven["byte"] >= 0, holders(after, proven["byte"]), proven["record"])
    new, more = grown(before, after)
    held = pd.Series(new["count"]).groupby([new["rule"], new["key"]]).sum()
    asked = pd.MultiIndex.from_arrays([proven["rule"], proven["key"]])
    stays = held.reindex(asked, fill_value=0).to_numpy() > proven["left"]
    more &= new["key"] >= 0
    most = pd.Series(new["severity"][more]).groupby(new["key"][more]).max()
    worse = most.reindex(record, fill_value=-1).to_numpy() >= proven["severity"]
    worse |= proven["adds"] & (arrived(before, after, record) >= proven["severity"])
    worse &= record >= 0
    rounds = pd.Series(proven["round"])
    first = rounds.where(worse).groupby(record).transform("min").to_numpy()
    return np.asarray(stays | (worse & (rounds.to_numpy() == first)), dtype=bool)


def arrived(before: State, after: State, images: Array) -> Array:
    """The highest severity found of annotations that were not there before, by the record key of their image; -1: none."""
    import pandas as pd

    old, new = (
        record_keys(each.trail, each.data, "annotations", np.arange(len(each.data.table("annotations"))))
        for each in (before, after)
    )
    row = after.findings.column("annotation").astype(np.int64)
    finding = np.flatnonzero(np.append(~np.isin(new, old), False)[row])
    image = after.data.image_rows(after.data.table("annotations")["image"][row[finding]])
    keys = record_keys(after.trail, after.data, "images", image)
    severity = pd.Series(after.findings.column("severity")[finding].astype(np.int64))
    return np.asarray(severity.groupby(keys).max().reindex(images, fill_value=-1).to_numpy(), dtype=np.int64)


def holders(after: State, byte: Array) -> Array:
    """The record key of the annotation that now holds each byte of the files as first read; NOWHERE: none
    does.
    """
    rows = np.arange(len(after.data.table("annotations")))
    if not len(rows):
        return np.full(len(byte), NOWHERE, dtype=np.int64)
    source, start, end = spans(after.data, "annotations", rows)
    number = np.append(after.trail.numbers(after.data), NOWHERE)[source]
    first = after.trail.origins(number, start)
    last = after.trail.origins(number, np.maximum(end - 1, start))
    order = np.argsort(first, kind="stable")
    at = np.searchsorted(first[order], byte, side="right") - 1
    row = order[np.maximum(at, 0)]
    inside = (at >= 0) & (first[row] >> BITS == byte >> BITS) & (last[row] >= byte) & (byte >= 0)
    return np.where(inside, (first[row] << 2) | TABLES["annotations"], NOWHERE)
