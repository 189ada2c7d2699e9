"""Which images belong together, and so must come into one split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotool import imagefile
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.geometry.groups import components
from annotool.imagefile.near import MOST_BITS, close_pairs
from annotool.imagefile.origins import PLAIN, made_from
from annotool.rules.base import Rule
from annotool.rules.spl.near_leak import NearLeak
from annotool.table import Array
from annotool.wording import plural

__all__ = ["DUPLICATES", "Belonging", "belonging"]

DUPLICATES = "duplicates"
Edges = tuple[Array, Array]


@dataclass(frozen=True)
class Belonging:
    """group: a number for each image, 0, 1, 2 ... in order of their first images (int64). names: what its group is
    called, empty for an image that is alone (object). words: what was asked for. notes: one sentence each.
    """

    group: Array
    names: Array
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def belonging(data: Dataset, words: Sequence[str], rules: Mapping[str, Rule]) -> Belonging:
    """Return which images belong together: those that are one file, and those that any of `words` joins: `duplicates`, a
    joined column, or a regular expression whose first group, searched in the file name, is the key.

    Raises UsageError for a word that is none of these. What near duplicates are, SPL002 of `rules` says.
    """
    images = data.table("images")
    n = len(images)
    edges, notes = [alike_in(images["path"].tolist())], []
    called = np.full(n, "", dtype=object)
    for word in words:
        if word == DUPLICATES and word not in data.joined:
            near = rules["SPL002"]
            assert isinstance(near, NearLeak)
            edges += duplicates(data, near)
            continue
        keys = keys_of(data, word)
        edges.append(alike_in(keys))
        called = np.where(called == "", np.array(keys, dtype=object), called)
        if bare := sum(not key for key in keys):
            notes.append(
                f"--group-by {word}: of {plural(n, 'image')}, {plural(bare, 'has', 'have')} no key; each is a group of its own"
            )
    first, second = (np.concatenate(each) for each in zip(*edges, strict=True))
    head = components(n, first, second)
    heads, group = np.unique(head, return_inverse=True)
    alone = np.bincount(group, minlength=len(heads))[group] == 1
    names = np.where(called[head] != "", called[head], images["file_name"][head])
    return Belonging(group.astype(np.int64), np.where(alone, "", names), tuple(words), tuple(notes))


def keys_of(data: Dataset, word: str) -> list[str]:
    """The key of each image, empty for none."""
    if word in data.joined:
        return [key.strip() for key in data.joined[word].tolist()]
    columns = f"columns of --join: {', '.join(data.joined)}" if data.joined else "there is no --join file"
    expected = (
        f"expected {DUPLICATES}, a joined column ({columns}), or a regular expression with a group for the key, such "
        r"as ^(video\d+)"
    )
    try:
        pattern = re.compile(word)
    except re.error as error:
        raise UsageError(f"--group-by {word!r}: no regular expression ({error}); {expected}") from error
    if not pattern.groups:
        raise UsageError(f"--group-by {word!r}: {expected}")
    hits = map(pattern.search, data.table("images")["file_name"].tolist())
    keys = [(hit[1] or "") if hit else "" for hit in hits]
    if not any(keys):
        raise UsageError(f"--group-by {word!r}: found in no file name; the first is {first_name(data)!r}")
    return keys


def first_name(data: Dataset) -> str:
    names = data.table("images")["file_name"].tolist()
    return str(names[0]) if names else ""


def alike_in(keys: Iterable[str]) -> Edges:
    """Join each row to the first of its key; an empty key joins nothing."""
    first: dict[str, int] = {}
    rows = [(at, first.setdefault(key, at)) for at, key in enumerate(keys) if key]
    pairs = np.array([pair for pair in rows if pair[0] != pair[1]], dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def duplicates(data: Dataset, rule: NearLeak) -> list[Edges]:
    """Join images of the same bytes or pixels, images that look alike, and those that names say are of one picture: what
    SPL001 and SPL002 would find in two splits. Raises UsageError without image files.
    """
    if data.images_checked == "none" or not (data.table("images")["path"] != "").any():
        raise UsageError(
            "--group-by duplicates compares image files, and none were read; give their folder with --images"
        )
    if data.images_checked != "decode":
        data = replace(data, images_checked="decode", probed=data.image_headers)
    held, files = data.image_pixels, data.image_headers
    there = np.flatnonzero(files.bytes > 0)
    same = imagefile.same_content(data.table("images")["path"][there].tolist(), files.bytes[there])
    content = np.full(len(files), -1, dtype=np.int64)
    content[there] = same
    pixels = np.unique(held["pixels"], return_inverse=True)[1]
    edges = [joined(content, content >= 0), joined(pixels, held["pixels"] != b"")]
    known = np.flatnonzero(held["known"] & (held["contrast"] >= rule.contrast))
    return [*edges, near(held["phash"][known], known, rule.distance), named(data)]


def joined(keys: Array, usable: Array) -> Edges:
    """Join each usable row to the first of its number."""
    rows = np.flatnonzero(usable)
    _, first, of = np.unique(keys[rows], return_index=True, return_inverse=True)
    return rows, rows[first[of]]


def near(hashes: Array, rows: Array, most: int) -> Edges:
    """Join the rows whose hashes differ in at most `most` bits."""
    values, first, of = np.unique(hashes, return_index=True, return_inverse=True)
    one, other, _ = close_pairs(values, min(max(most, 0), MOST_BITS))
    return np.concatenate([rows, rows[first[one]]]), np.concatenate([rows[first[of]], rows[first[other]]])


def named(data: Dataset) -> Edges:
    """Join the files that by their names are made from one picture, where a name says that they are copies."""
    read = [made_from(name) for name in data.table("images")["file_name"].tolist()]
    copied = {key for key, kind in read if kind != PLAIN}
    return alike_in(key if key in copied else "" for key, _ in read)
