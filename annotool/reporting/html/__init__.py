"""One page that opens offline: what is wrong, how bad, pictures, and the balance of the dataset. Nothing is fetched from outside,
and whatever comes from the dataset is text."""

from __future__ import annotations

from annotool.reporting.html.page import lines

__all__ = ["lines"]
