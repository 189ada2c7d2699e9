"""Image files that take another path, or go. They stand as they are: readers find them by their new paths (ReadOptions.renamed)
until the mended copy is written, where they have them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from annotool import formats
from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Op
from annotool.fixes.changes import of_files, scores
from annotool.formats.base import Move, objects
from annotool.imagefile.suffix import alike
from annotool.table import Array, Table

__all__ = ["COLUMN", "asked", "described", "gone", "lost", "moves", "names", "place", "told"]

NAMED = 10  # folders named in a note
COLUMN = "path"  # of the table images; an edit of it renames a file


def asked(edits: Edits | Table) -> Array:
    """Return which edits rename a file, bool."""
    named = (edits["table"] == "images") & (edits["column"] == COLUMN) & (edits["op"] == Op.SET)
    return np.asarray(named, dtype=bool)


def moves(data: Dataset, edits: Edits) -> list[Move]:
    """Return the image files that edits rename, and those that they move or take away since their place is their label."""
    placed = np.append(formats.placed(data), False)
    rows = np.flatnonzero(asked(edits))
    rows = rows[~placed[data.table("images")["source"][edits["row"][rows]]]]
    own = map(Move, edits["row"][rows].tolist(), edits["new"][rows].tolist(), rows.tolist())
    return [*own, *formats.moves(data, edits)] if len(edits) else []


def names(data: Dataset, made: Sequence[Move]) -> dict[str, str]:
    """Return the new path of each image file that takes one, by its path."""
    paths = data.table("images")["path"]
    return {paths[each.image]: each.new for each in made if each.new is not None}


def gone(data: Dataset, made: Sequence[Move]) -> frozenset[str]:
    """Return the paths of the image files that go."""
    paths = data.table("images")["path"]
    return frozenset(paths[each.image] for each in made if each.new is None)


def place(name: str, path: str, new: str) -> str:
    """Return where a file that is to stand at `name` in a copy stands there when it is called `new` instead of `path`."""
    way = os.path.relpath(new, os.path.split(path)[0])
    other = os.path.normpath(os.path.join(os.path.split(name)[0], way)).replace(os.sep, "/")
    return alike(name, path, new) or other


def described(
    data: Dataset, findings: Findings, prints: Array, edits: Edits, made: Sequence[Move], number: int
) -> Table:
    """Return what a round moves, a row a file and finding, columns as of changes.described; for values the paths of the file
    below the folder that both are in. `edits` count over `findings`, whose fingerprints are `prints`.
    """
    paths, places = data.table("images")["path"], data.image_paths
    first = {(paths[each.image], edits["finding"][each.edit]): each for each in reversed(made)}
    chosen = [each for each in made if first[paths[each.image], edits["finding"][each.edit]] is each]
    images, by = (
        np.array(each, dtype=np.int64) for each in zip(*((m.image, m.edit) for m in chosen), strict=True)
    )
    mine, drops = edits.take(by), np.array([each.new is None for each in chosen])
    changes = of_files(
        number,
        Op.SET,
        [(Path(each), 0, None, None) for each in paths[images].tolist()],
        rule=mine["rule"].tolist(),
        fingerprint=prints[mine["finding"]].tolist(),
        edit=by.tolist(),
        line=[0] * len(by),
    )
    told = [
        ("", None, None) if each.new is None else (COLUMN, *apart(places[each.image], each.new))
        for each in chosen
    ]
    column, old, new = zip(*told, strict=True)
    category = np.append(data.table("categories")["name"], "")[findings.column("category")[mine["finding"]]]
    return changes.with_columns(
        op=np.where(drops, int(Op.DROP), int(Op.SET)).astype(np.int8),
        table=objects(["images"] * len(by)),
        column=objects(column),
        safe=mine["safe"],
        score=scores(findings)[mine["finding"]],
        category=category,
        image=data.table("images")["file_name"][images],
        image_path=paths[images],
        old_value=objects(old),
        new_value=objects(new),
    )


def apart(old: str, new: str) -> tuple[str, str]:
    """Two paths below the folder that both are in."""
    above = os.path.commonpath([os.path.split(old)[0], os.path.split(new)[0]])
    first, second = (os.path.relpath(each, above).replace(os.sep, "/") for each in (old, new))
    return first, second


def told(before: Dataset, after: Dataset, idle: int) -> tuple[str, ...]:
    """Tell of class folders that lose their last image, and go, of images in them that no copy has, and of `idle` findings that
    no move could mend.
    """
    if not formats.placed(before).any():
        return ()
    files = (set(each.table("sources")["file"][formats.placed(each)].tolist()) for each in (before, after))
    left = sorted(next(files) - next(files))
    several = f"{', '.join(left[:NAMED])}{' ...' * (len(left) > NAMED)}"
    images = before.table("images")
    links = int((np.append(formats.placed(before), False)[images["source"]] & (images["path"] == "")).sum())
    why = "fewer than two class folders would be left, or their images are links to elsewhere"
    said = {
        f"class folders that lose their last image, and go: {len(left):,} ({several})": len(left),
        f"images that are links to elsewhere, which a copy is without: {links:,}": links
        * (before.images_checked != "none"),
        f"findings that are not mended: {idle:,}; {why}": idle,
    }
    return tuple(text for text, count in said.items() if count)


def lost(before: Dataset, after: Dataset, paths: Array, gone: Collection[str]) -> Array:
    """Return which of the files renamed, by their paths (empty: none), fewer images have than did, though their records
    stay: something that names them could not be changed. Where an image is without a file now, that may be any.
    """
    if not (paths != "").any():
        return np.zeros(len(paths), dtype=bool)
    had, have = (Counter(each.table("images")["path"].tolist()) for each in (before, after))
    if have[""] > had[""]:
        return np.asarray(paths != "", dtype=bool)
    fewer = [have[path] < had[path] and path not in gone for path in paths.tolist()]
    return np.asarray(np.array(fewer, dtype=bool) & (paths != ""), dtype=bool)
