"""What became of a baseline, in words."""

from __future__ import annotations

from collections.abc import Iterator

from annotool.baselines import Baseline
from annotool.reporting.told import escape
from annotool.wording import plural

__all__ = ["lines"]


def lines(done: Baseline) -> Iterator[str]:
    """Yield what was written, and what to do next."""
    yield f"{escape(str(done.file))}: {plural(done.total, 'known fault')}, {done.added:,} of them added now"
    if done.gone:
        end = "taken out" if done.pruned else "still in it: --prune takes them out"
        away = f", {done.absent:,} of them in images that are not in this dataset" if done.absent else ""
        yield f"{plural(done.gone, 'fault')} found no more{away}; {end}"
