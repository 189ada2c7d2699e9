"""What a mended copy needs besides mended labels: its lists and yamls must not lead back to the labels as
they were.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Op
from annotool.fixes import splices
from annotool.fixes.changes import of_files
from annotool.fixes.places import home, plain, source_folders, source_path
from annotool.fixes.rounds import Proposal
from annotool.table import Table

__all__ = ["portable"]

NAMING = ("config", "split")  # roles of files that say where labels or images are
YAML = (".yaml", ".yml")
BASE = re.compile(rb"^path[ \t]*:", re.MULTILINE)
ENDS = rb"[\s\"',\]]|$"

Cut = tuple[int, int, bytes]
Row = tuple[Path, int, bytes, bytes]  # file, offset, old bytes, new bytes


def portable(made: Proposal) -> Proposal:
    """Return the proposal with absolute paths of the dataset's own folders, in lists and yamls, written
    relative to these files; a yaml's `path` that names its own folder goes, for that is what it means
    without. The changes count as SCH013.

    Raises UsageError where an absolute path cannot be written so.
    """
    naming = {file: held for file, held in naming_files(made) if held}
    pattern = own_folders(made.data)
    found = {
        file: [respelled(file, held, each) for each in pattern.finditer(held)]
        for file, held in naming.items()
    }
    found = {file: cuts for file, cuts in found.items() if cuts}
    if not found:
        return made
    overlay = {file: splices.apply(naming[file], iter(cuts)) for file, cuts in found.items()}
    rows = [
        (file, start, naming[file][start:end], new)
        for file, cuts in found.items()
        for start, end, new in cuts
    ]
    changes = Table.concat(
        [made.changes, described(rows, int(made.changes["round"].max(initial=0)) + 1, naming)]
    )
    note = f"absolute paths written relative, so that the copy does not lead back here: {', '.join(f.name for f in found)}"
    return replace(made, overlay={**made.overlay, **overlay}, changes=changes, notes=(*made.notes, note))


def naming_files(made: Proposal) -> Iterator[tuple[Path, bytes | None]]:
    """The files that say where labels or images are, as they will be."""
    for source in np.flatnonzero(np.isin(made.data.table("sources")["role"], NAMING)).tolist():
        file = source_path(made.data, source)
        yield file, made.overlay[file] if file in made.overlay else bytes(made.data.source_bytes(source))


def own_folders(data: Dataset) -> re.Pattern[bytes]:
    """A pattern of the absolute paths that lead into the dataset: its folders, whatever follows, and alone
    those above.
    """
    root = home(data)
    below = source_folders(data)
    below |= {above for folder in below for above in folder.parents if above.is_relative_to(root)}

    def any_of(folders: set[Path]) -> bytes:
        return b"|".join(re.escape(os.fsencode(each)) for each in sorted(folders, reverse=True)) or b"(?!)"

    inside = b"(?:" + any_of(below) + b")(?=[/\\\\]|" + ENDS + b")"
    above = b"(?:" + any_of(set(root.parents[:-1])) + b")(?=/?(?:" + ENDS + b"))"
    return re.compile(b"(?<![\\w./\\\\-])(?:" + inside + b"|" + above + b")", re.MULTILINE)


def respelled(file: Path, held: bytes, found: re.Match[bytes]) -> Cut:
    """The change that writes one absolute path relative to its file."""
    start, end = held.rfind(b"\n", 0, found.start()) + 1, held.find(b"\n", found.end()) + 1 or len(held)
    target, own = Path(os.fsdecode(found[0])), plain(file).parent
    base = BASE.search(held) if file.suffix.lower() in YAML else None
    if base and base.start() == start:
        if target == own and held[base.end() : end].strip(b" \t\r\n\"'/") == found[0].strip(b"/"):
            return start, end, b""
    elif base is None or own_base(base, held, own):
        below = os.fsencode(os.path.relpath(target, own))
        more = held[found.end() : found.end() + 1] == b"/"
        listed = found.start() == start  # a line of a list: ultralytics takes ./ for the list's folder
        if not (listed and below.startswith(b"..")):
            new = b"./" * listed + (b"" if below == b"." and more else below)
            return found.start(), found.end() + (below == b"." and more), new
    line = held.count(b"\n", 0, start) + 1
    raise UsageError(
        f"{file}:{line}: names {target} by its absolute path, so a copy would lead back to the labels that are not mended; "
        "write it relative to the file, or use --in-place"
    )


def own_base(base: re.Match[bytes], held: bytes, own: Path) -> bool:
    """Whether a yaml's `path` is its own folder, spelled in full."""
    end = held.find(b"\n", base.end())
    return held[base.end() : end if end >= 0 else None].strip(b" \t\r\"'").rstrip(b"/") == os.fsencode(own)


def described(rows: list[Row], number: int, held: dict[Path, bytes]) -> Table:
    """The changes as those of a round; see changes.described."""
    return of_files(
        number,
        Op.BYTES,
        rows,
        rule=["SCH013"] * len(rows),
        fingerprint=[""] * len(rows),
        edit=range(len(rows)),
        line=[held[path].count(b"\n", 0, at) + 1 for path, at, *_ in rows],
    )
