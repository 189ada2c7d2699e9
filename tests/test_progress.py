from collections.abc import Iterable, Iterator
from typing import TypeVar

import pytest

from annotool import progress

T = TypeVar("T")


class Recorder:
    """Notes what it is told and passes every item on."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int | None]] = []
        self.seen: list[object] = []

    def __call__(self, items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        self.told.append((what, total))
        for item in items:
            self.seen.append(item)
            yield item


def test_without_a_reporter_the_items_are_handed_on_untouched() -> None:
    items = [1, 2, 3]
    assert progress.track(items, "counting") is items


def test_a_reporter_sees_every_item_and_the_total() -> None:
    recorder = Recorder()
    with progress.reporting(recorder):
        assert list(progress.track([1, 2], "a")) == [1, 2]
        assert list(progress.track(iter("xyz"), "b")) == ["x", "y", "z"]
        assert list(progress.track(iter("xyz"), "c", 3)) == ["x", "y", "z"]
        assert list(progress.track([1, 2], "d", total=9)) == [1, 2]
    assert recorder.told == [("a", 2), ("b", None), ("c", 3), ("d", 9)]
    assert recorder.seen == [1, 2, "x", "y", "z", "x", "y", "z", 1, 2]


def test_the_reporter_before_comes_back_even_after_an_error() -> None:
    outer, inner = Recorder(), Recorder()
    with progress.reporting(outer):
        with pytest.raises(RuntimeError), progress.reporting(inner):
            raise RuntimeError
        list(progress.track([1], "outer"))
        with progress.reporting(None):
            list(progress.track([1], "nobody"))
    list(progress.track([1], "nobody"))
    assert (outer.told, inner.told) == ([("outer", 1)], [])


def test_set_reporter_gives_back_the_one_before() -> None:
    recorder = Recorder()
    assert progress.set_reporter(recorder) is None
    assert progress.set_reporter(None) is recorder
