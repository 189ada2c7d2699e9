"""The way back of a byte, against a byte by byte account."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotool.dataset import Dataset
from annotool.findings import Findings, block
from annotool.fixes import splices
from annotool.fixes.places import (
    BITS,
    NOWHERE,
    Trail,
    finding_keys,
    first_lines,
    line_ends,
    record_keys,
    source_path,
)
from annotool.formats.base import Splice, objects
from annotool.schema import make
from annotool.testing import tiny
from tests.fixes import toy

Cut = tuple[int, int, bytes]


def files(held: list[bytes]) -> Dataset:
    count = len(held)
    sources = make(
        "sources",
        count,
        file=objects([f"{at}.txt" for at in range(count)]),
        buffer=np.arange(count),
        start=np.zeros(count),
        end=np.array([len(each) for each in held]),
    )
    return Dataset({"sources": sources}, (Path("somewhere"),), tuple(held))


@st.composite
def cuts(draw: st.DrawFn, size: int) -> list[Cut]:
    edges = sorted(draw(st.lists(st.integers(0, size), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [(low, high, draw(st.binary(max_size=3))) for low, high in pairs]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[int], list[list[list[Cut]]]]:
    """Sizes of files, then for each of two rounds the cuts in each file."""
    sizes = draw(st.lists(st.integers(0, 12), min_size=1, max_size=3))
    now, rounds = list(sizes), []
    for _ in range(2):
        made = [draw(cuts(size)) for size in now]
        rounds.append(made)
        now = [
            size + sum(len(new) - (high - low) for low, high, new in part)
            for size, part in zip(now, made, strict=True)
        ]
    return sizes, rounds


@given(histories())
def test_every_byte_is_traced_back(history: tuple[list[int], list[list[list[Cut]]]]) -> None:
    sizes, rounds = history
    held = [b"x" * size for size in sizes]
    origin = [list(range(size + 1)) for size in sizes]  # of each byte, and of the end
    trail = Trail.start(files(held))
    for made in rounds:
        data = files(held)
        asked = [Splice(at, low, high, new, 0) for at, part in enumerate(made) for low, high, new in part]
        table = splices.table(data, asked)
        changed = splices.replaced(data, table)
        if len(table):
            trail = trail.after(data, table)
        for at in range(len(held)):
            mine = table.take(table["source"] == at)
            spans = zip(mine["start"].tolist(), mine["end"].tolist(), mine["new"].tolist(), strict=True)
            traced, done = list[int](), 0
            for low, high, new in spans:
                traced += origin[at][done:low] + [origin[at][low]] * len(new)
                done = high
            origin[at] = traced + origin[at][done:]
        held = [changed.get(at) or (b"" if at in changed else each) for at, each in enumerate(held)]
    for at, each in enumerate(origin):
        got = trail.origins(np.full(len(each), at), np.arange(len(each)))
        assert (got - (at << BITS)).tolist() == each


def test_keys_tell_records_apart_and_know_them_again(tmp_path: Path) -> None:
    (tmp_path / "a.toy").write_text("image 1 a.png 9 9\nbox 1 1 0 0 0 1 1 1\nbox 2 1 0 0 0 2 2 4\n")
    (tmp_path / "b.toy").write_text("image 1 b.png 9 9\nbox 1 1 0 0 0 1 1 1\n")
    data = toy.read(tmp_path)
    trail = Trail.start(data)
    before = record_keys(trail, data, "annotations", np.arange(3))
    assert len({*before, *record_keys(trail, data, "images", np.arange(2))}) == 5
    table = splices.table(data, [Splice(0, 18, 38, b"", 0)])
    later = toy.read(
        tmp_path, {source_path(data, at): new for at, new in splices.replaced(data, table).items()}
    )
    after = trail.after(data, table)
    assert record_keys(after, later, "annotations", np.arange(2)).tolist() == before[1:].tolist()
    starts = later.table("annotations")["start"]
    sources = later.table("annotations")["source"]
    assert first_lines(data, after, later, sources, starts).tolist() == [3, 2]


def test_lines_are_counted_piece_by_piece() -> None:
    held = b"a\n\nbc\r\n" * 5
    assert line_ends(memoryview(held), step=3).tolist() == [at for at, each in enumerate(held) if each == 10]
    assert line_ends(memoryview(b"")).tolist() == []


def test_a_finding_is_where_its_record_is() -> None:
    data = tiny(annotations=[{}, {}])
    found = Findings(
        (
            block("A", "", 4, annotation=[1, -1, -1, -1], image=[0, 0, -1, -1], category=[0, 0, 1, -1]),
            block("B", "", 2, source=[0, -1], start=[7, -1]),
        )
    )
    trail = Trail.start(data)
    keys = finding_keys(trail, data, found)
    assert keys[0] == record_keys(trail, data, "annotations", np.array([1]))[0]
    assert keys[1] == record_keys(trail, data, "images", np.array([0]))[0]
    assert keys[2] == record_keys(trail, data, "categories", np.array([1]))[0]
    assert keys[3] == NOWHERE and keys[4] >> 2 == 7 and keys[5] == NOWHERE
