"""Tabs are told where there are several."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from annotool.reviewing.tabs import TABS, counted, tabs_text


def test_several_tabs_are_told_until_one_is_left() -> None:
    with ExitStack() as first:
        first.enter_context(counted("/events"))
        first.enter_context(counted("/media"))
        assert tabs_text() == ""
        with pytest.raises(OSError, match="open in 2 tabs"), counted("/events/"):
            raise OSError(tabs_text())
        assert tabs_text() == ""
    assert not TABS
