"""Whether what is to be read fits in memory, asked before it is read; and many objects made without looking for circles."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["available", "needed", "shortage", "without_collector"]

BASE = 150 << 20  # bytes: Python, numpy and the rules
SHARE = 2.2  # bytes at the peak of an audit for each byte of json (docs/benchmarks.md)
DEPTH = 3


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Make a million objects and no circle; looking for circles among them costs more than they do."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def shortage(paths: Iterable[Path]) -> str:
    """Return a warning with both figures when auditing these paths may not fit in memory; empty when it does, or when
    the system does not say how much there is.
    """
    have, want = available(), sum(map(needed, paths)) + BASE
    if not have or want <= have:
        return ""
    return (
        f"this may take about {want / 2**30:.1f} GiB of memory, and {have / 2**30:.1f} GiB are free: "
        "annotool may be slow or be killed; audit one split or one folder at a time"
    )


def needed(path: Path) -> int:
    """Return how many bytes the labels at a path take at the peak of an audit, from the sizes of the files alone."""
    return int(SHARE * sum(each.stat().st_size for each in files(path, DEPTH)))


def files(path: Path, depth: int) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif depth and path.is_dir() and os.access(path, os.R_OK | os.X_OK):
        with os.scandir(path) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from files(Path(entry.path), depth - 1)
                # Files of one image each are too small to matter, and too many to ask.
                elif entry.name.lower().endswith(".json") and os.path.isfile(entry.path):
                    yield Path(entry.path)


def available() -> int:
    """Return how many bytes of memory are free for use; 0 where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text("ascii")
        return int(text.split("MemAvailable:")[1].split()[0]) << 10
    except (OSError, IndexError, ValueError):
        return 0
