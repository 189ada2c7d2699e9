"""`annotool formats`: list them."""

from __future__ import annotations

from annotool.cli.showing import show

__all__ = ["formats"]


def formats() -> None:
    """List the formats and what survives in each."""
    from annotool import api
    from annotool.reporting import formats as told

    show(told.lines(api.list_formats()), None)
