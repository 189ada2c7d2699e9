"""One json object a line, a finding each, as in the list `findings` of the json report: made to be streamed."""

from __future__ import annotations

from collections.abc import Iterator

from annotool.output import json_text
from annotool.reporting.rows import finding, rows
from annotool.reporting.told import Told

__all__ = ["lines"]


def lines(told: Told) -> Iterator[str]:
    """Yield one line a finding, in reading order."""
    for row in rows(told.data, told.findings, prints=True):
        yield json_text(finding(row))
