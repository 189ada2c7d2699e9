"""The table `splits` of a VOC dataset: from the lists of ImageSets, or from folders called train, val and test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from annotool.findings import Fix, Severity
from annotool.formats.base import Problems, objects
from annotool.formats.voc.layout import SPLIT_FOLDERS
from annotool.formats.voc.lists import Entry, SplitList, unions
from annotool.schema import make
from annotool.table import Table
from annotool.wording import plural

__all__ = ["Listed", "by_folder", "by_list", "known_stems", "phantoms"]


class Listed(NamedTuple):
    """One list and the row key of its file."""

    entries: SplitList
    source: int


def known_stems(stems: Mapping[str, int]) -> dict[str, int]:
    """Return image keys by stem; by a stem without its folder too, the first of several."""
    near: dict[str, int] = {}
    for stem, key in stems.items():
        near.setdefault(stem.rpartition("/")[2], key)
    return {**near, **stems}


def phantoms(found: Sequence[Listed], known: Mapping[str, int]) -> dict[str, tuple[Entry, int]]:
    """Return the stems that lists name and no file bears, each with the first line that does and its list."""
    named: dict[str, tuple[Entry, int]] = {}
    for each in found:
        for entry in each.entries.entries:
            if entry.stem not in known:
                named.setdefault(entry.stem, (entry, each.source))
    return named


def by_list(
    found: Sequence[Listed], known: Mapping[str, int], files: int, problems: Problems
) -> tuple[Table, list[str]]:
    """Return the table `splits`, and notes. known: the image key of each stem; files: how many xml files there are,
    the first images. A stem that stands twice in a list is filed."""
    members: dict[str, dict[int, int]] = {}
    for each in found:
        members[each.entries.name] = lines_of(each.entries, each.source, known, problems)
    sets = {name: frozenset(own) for name, own in members.items()}
    whole = unions(sets)
    notes = []
    for name in whole:
        parts = " and ".join(key for key, own in sets.items() if own and own < sets[name])
        notes.append(f"the list {name} holds {parts}: it is no split of its own")
    named = frozenset().union(*sets.values())
    unlisted = files - sum(key < files for key in named)
    if unlisted:
        notes.append(
            f"{plural(unlisted, 'xml file is', 'xml files are')} in no list of ImageSets: read, and in no split"
        )
    rows = [
        (image, each.entries.name, each.source, line)
        for each in found
        if each.entries.name not in whole
        for image, line in members[each.entries.name].items()
    ]
    image, split_name, sources, lines = zip(*rows, strict=True) if rows else ((), (), (), ())
    table = make(
        "splits", len(rows), image=np.array(image, dtype=np.int64), split=objects(split_name),
        source=np.array(sources, dtype=np.int32), line=np.array(lines, dtype=np.int32),
    )  # fmt: skip
    return table, notes


def lines_of(split: SplitList, source: int, known: Mapping[str, int], problems: Problems) -> dict[int, int]:
    """Return the line of each image in a list, the first of several."""
    seen: dict[int, int] = {}
    for entry in split.entries:
        image = known[entry.stem]
        first = seen.setdefault(image, entry.line)
        if first != entry.line:
            problems.add(
                "SCH002", "{stem} is listed twice, first on line {first}", source=source,
                line=entry.line, severity=Severity.WARNING, fix=Fix.SAFE, start=entry.start, end=entry.end,
                new="", stem=entry.stem, first=first,
            )  # fmt: skip
    return seen


def by_folder(stems: Sequence[str]) -> Table:
    """Return the table `splits` by the first folder of each stem, where that is called train, val or test."""
    first = [stem.partition("/")[0] if "/" in stem else "" for stem in stems]
    rows = [key for key, folder in enumerate(first) if folder.lower() in SPLIT_FOLDERS]
    split = objects([first[key] for key in rows])
    return make("splits", len(rows), image=np.array(rows, dtype=np.int64), split=split)
