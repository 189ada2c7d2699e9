"""What the pixels of many image files say: one pass over the files for all rules that look at pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from annotool.imagefile.cache import Cache, place
from annotool.imagefile.crew import work
from annotool.imagefile.files import ImageFiles
from annotool.imagefile.statistics import Statistics, packed
from annotool.imagefile.worker import Answer
from annotool.progress import track
from annotool.table import Array, Table

__all__ = ["measure"]

NUMBERS = ("contrast", "brightness", "dark_end", "light_end", "entropy", "edges", "spread")
KEPT_AT_ONCE = 512  # rows written to the cache at a time: so many are lost when the audit is stopped


def measure(paths: Sequence[str], files: ImageFiles) -> Table:
    """Decode the files whose header is sound, and say what their pixels say: a row a path.

    Columns: decodes int8 (1, 0, -1 not tried), error object, content and pixels S32 (hexadecimal digests of the bytes
    and of the decoded pixels; empty: unknown), phash uint64, known bool (phash and the rest could be worked out),
    contrast brightness dark_end light_end entropy edges spread float64 and grey int8 (see Statistics; NaN and -1:
    unknown). A path that stands in several rows is read once. No bad file raises.
    """
    sound = np.flatnonzero(files.exists & (files.error == "")).tolist()
    rows: dict[str, list[int]] = {}
    for at in sound:
        rows.setdefault(paths[at], []).append(at)
    names, made = list(rows), _empty(len(paths))
    for at, answer in track(_answers(names), "Decoding images", len(names)):
        mine = rows[names[at]]
        made["content"][mine] = answer.content.hex()
        made["decodes"][mine] = int(not answer.error)
        for row in mine:
            made["error"][row] = answer.error
        if answer.found is not None:
            _put(made, mine, answer.found)
    return Table(made)


def _empty(count: int) -> dict[str, Array]:
    error = np.full(count, "", dtype=object)
    made: dict[str, Array] = {"decodes": np.full(count, -1, dtype=np.int8), "error": error}
    made |= {name: np.full(count, b"", dtype="S32") for name in ("content", "pixels")}
    made |= {"phash": np.zeros(count, dtype=np.uint64), "known": np.zeros(count, dtype=bool)}
    made |= {name: np.full(count, np.nan) for name in NUMBERS}
    return made | {"grey": np.full(count, -1, dtype=np.int8)}


def _put(made: dict[str, Array], rows: list[int], found: Statistics) -> None:
    made["pixels"][rows] = found.pixels.hex()
    made["phash"][rows] = np.uint64(found.phash)
    made["known"][rows] = found.contrast == found.contrast
    for name in (*NUMBERS, "grey"):
        made[name][rows] = getattr(found, name)


def _answers(names: Sequence[str]) -> Iterator[tuple[int, Answer]]:
    """The answers to all names, in any order; new ones go to the cache."""
    file = place()
    cache, new = Cache(file), list[tuple[bytes, bytes]]()
    try:
        for at, answer in work(names, file) if names else ():
            if answer.found is not None and not answer.known:
                new.append((answer.content, packed(answer.found)))
            if len(new) >= KEPT_AT_ONCE:
                cache.put(new)
                new.clear()
            yield at, answer
    finally:
        if new:
            cache.put(new)
