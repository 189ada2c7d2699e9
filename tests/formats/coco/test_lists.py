"""A list read in two parts, by two readers, is what one reader makes of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool import parallel
from annotool.formats.coco import document, elements
from annotool.formats.coco.document import Document, parse
from annotool.schema import SCHEMA
from tests.formats.coco.build import annotation, category, image, lines
from tests.formats.coco.build import document as built
from tests.formats.coco.test_mangled import TEXTS, changes, mangled

NUMBERS = lines(built([image(1)], [annotation(n, segmentation=...) for n in range(1, 40)], [category(1)]))


class Here:
    """Stands for another process, with nothing in it but what was given to it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.made = work()

    def result(self) -> Any:
        return self.made


@contextmanager
def here(work: Callable[[], Any], _: int) -> Iterator[Here]:
    yield Here(work)


def in_two(text: bytes, share: float) -> Document:
    with patch.multiple(document, aside=here, LARGE=0, FIRST_PART=share):
        return parse(text)


def assert_same(one: Document, two: Document) -> None:
    for name in ("counts", "keys", "faults", "originals", "unknown", "results", "lost"):
        assert getattr(one, name) == getattr(two, name), name
    for section in document.SECTIONS:
        columns, others = one.columns[section], two.columns[section]
        spec, rows = SCHEMA[section], len(columns.get("start", ()))
        for name in {*columns, *others}:
            absent = np.full(rows, spec[name].absent, dtype=spec[name].dtype)
            values, found = columns.get(name, absent), others.get(name, absent)
            assert values.dtype == found.dtype
            np.testing.assert_array_equal(values, found, err_msg=f"{section} {name}")


@given(st.sampled_from([*TEXTS, NUMBERS]), changes, st.floats(0, 1), st.sampled_from([60, 300, 1 << 21]))
@settings(max_examples=400)
def test_two_readers_see_what_one_sees(
    text: bytes, asked: list[tuple[float, int, bytes]], share: float, piece: int
) -> None:
    held = mangled(text, asked)
    with patch.object(elements, "PIECE", piece):
        assert_same(parse(held), in_two(held, share))


@pytest.mark.parametrize("text", [*TEXTS, NUMBERS])
def test_the_second_reader_is_made_use_of(text: bytes) -> None:
    done: list[int] = []

    class Counted(Here):
        def result(self) -> Any:
            done.append(len(self.made.columns["start"]))
            return super().result()

    @contextmanager
    def counted(work: Callable[[], Any], _: int) -> Iterator[Here]:
        yield Counted(work)

    with patch.multiple(document, aside=counted, LARGE=0, FIRST_PART=0.5):
        found = parse(text)
    assert len(done) == 1
    assert 0 < done[0] < found.counts["annotations"]


def test_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    main = os.getpid()
    monkeypatch.setattr(parallel, "possible", lambda: os.getpid() == main)
    monkeypatch.setattr(parallel, "LARGE", 0)
    for text in (*TEXTS, NUMBERS):
        expected = parse(text)
        with patch.object(document, "LARGE", 0):
            assert_same(expected, parse(text))
