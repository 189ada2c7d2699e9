"""How many tabs have the App open: each holds one request to /events for as long as it lives."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["TABS", "counted", "tabs_text"]

EVENTS = "/events"
TABS: list[object] = []


@contextlib.contextmanager
def counted(path: str) -> Iterator[None]:
    """Count a request for as long as it is answered, where it is a tab's."""
    if path.rstrip("/") != EVENTS:
        yield
        return
    one = object()
    TABS.append(one)
    try:
        yield
    finally:
        TABS.remove(one)


def tabs_text() -> str:
    """Return what to say of several tabs; empty where there is one. When FiftyOne's Annotate saves what another tab has
    changed since, it sends the whole image as it knows it: what the other one did is undone."""
    if len(TABS) < 2:
        return ""
    return (
        f"This review is open in {len(TABS)} tabs, which follow each other: an edit in Annotate in one undoes those "
        "of another. Close all but one."
    )
