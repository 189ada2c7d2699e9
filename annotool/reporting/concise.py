"""One line a finding: `file:line: CODE message`, and the image and annotation where these do not name it."""

from __future__ import annotations

from collections.abc import Iterator

from annotool.reporting.rows import rows
from annotool.reporting.told import Told

__all__ = ["lines"]


def lines(told: Told) -> Iterator[str]:
    """Yield one line a finding that no baseline knows, in reading order."""
    for row in rows(told.data, told.findings.new):
        line = f"{row.place or 'dataset'}: {row.rule} {row.said}"
        yield line.replace("\n", "\\n")
