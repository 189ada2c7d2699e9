"""A place to hook a progress bar into long loops, without the loops knowing who draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


class Reporter(Protocol):
    """What draws progress: gets the items, passes every one of them on."""

    def __call__(self, items: Iterable[T], what: str, total: int | None) -> Iterable[T]: ...


_reporter: Reporter | None = None


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
    """Hand the items on, past the reporter when one is installed; else the very iterable given.

    `what` says what is done ("reading label files"). `total` defaults to the length of the items, None
    when they have none.
    """
    if _reporter is None:
        return items
    if total is None and isinstance(items, Sized):
        total = len(items)
    return _reporter(items, what, total)


def set_reporter(reporter: Reporter | None) -> Reporter | None:
    """Install the reporter that every later `track` uses (None: no reporter); give back the one before."""
    global _reporter
    before, _reporter = _reporter, reporter
    return before


@contextmanager
def reporting(reporter: Reporter | None) -> Iterator[None]:
    """Install a reporter for the length of a `with` block."""
    before = set_reporter(reporter)
    try:
        yield
    finally:
        set_reporter(before)
