"""The formats told: what survives in each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from annotool.formats.base import Format, Keeps

__all__ = ["lines"]


def lines(formats: Sequence[Format]) -> Iterator[str]:
    """Yield, for each format, its name and what survives writing and reading it back."""
    for each in formats:
        yield f"{each.name}  {each.title}"
        for field in dataclasses.fields(Keeps):
            yield f"    {field.name.replace('_', ' '):<18} {getattr(each.keeps, field.name)}"
