"""How values show themselves in a notebook: an upper room says how, for it knows pictures and charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["SHOWN", "Showing"]

SHOWN: dict[str, Callable[[Any], str]] = {}
"""By the name of a class: what returns a value of it as HTML."""


class Showing:
    """A value that a notebook shows as HTML, once somebody has said how; as text until then."""

    def _repr_html_(self) -> str | None:
        show = SHOWN.get(type(self).__name__)
        return None if show is None else show(self)
