"""Which files hold the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotool.imagefile.crew import cores
from annotool.progress import track

__all__ = ["same_content"]

Ints = NDArray[np.int64]
END = 4096  # bytes at a file's end that are compared before the whole is read


def same_content(paths: Sequence[str], sizes: Ints) -> Ints:
    """Which files hold the same bytes: (n,) int64, one number a group of equal files, -1 for a file alone.

    `sizes` are the files' bytes; only files of equal size are opened, and only those with equal ends are read. Empty,
    missing and unreadable files are alone. Groups are numbered in the order of their first file.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    alike = _numbered(sizes.tolist(), sizes > 0)
    for digest in (_end_digest, _content_digest):
        rows = np.flatnonzero(alike >= 0)
        found = _digests([paths[row] for row in rows.tolist()], digest)
        keys = [(alike[row], each) for row, each in zip(rows.tolist(), found, strict=True)]
        inside = _numbered(keys, np.array([bool(each) for each in found], dtype=bool))
        alike = np.full(len(sizes), -1, dtype=np.int64)
        alike[rows] = inside
    return alike


def _numbered(keys: Sequence[object], usable: NDArray[np.bool_]) -> Ints:
    """A number for each key that several usable rows share, in order, -1 for other rows."""
    members: dict[object, list[int]] = {}
    for row in np.flatnonzero(usable).tolist():
        members.setdefault(keys[row], []).append(row)
    result = np.full(len(keys), -1, dtype=np.int64)
    for number, group in enumerate(group for group in members.values() if len(group) > 1):
        result[group] = number
    return result


def _digests(paths: Sequence[str], digest: Callable[[str], bytes]) -> list[bytes]:
    """The digest of each file; one that is named twice is read once."""
    names = list(dict.fromkeys(paths))
    what = "Comparing image files"
    found = (
        dict(zip(names, track(_in_threads(names, digest), what, len(names)), strict=True)) if names else {}
    )
    return [found[path] for path in paths]


def _in_threads(names: Sequence[str], digest: Callable[[str], bytes]) -> Iterator[bytes]:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(cores()) as pool:  # hashing lets go of the interpreter
        yield from pool.map(digest, names)


def _end_digest(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - END, 0))
            return hashlib.blake2b(file.read(END)).digest()
    except OSError:
        return b""


def _content_digest(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError:
        return b""
