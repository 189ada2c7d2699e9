"""Label files on disk: found folder by folder, read into one buffer, and those that are no UTF-8 text set apart."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from annotool.formats.base import ReadOptions
from annotool.formats.images import SUFFIXES
from annotool.formats.listing import scanned
from annotool.imagefile import LFS_POINTER
from annotool.progress import track
from annotool.table import Array

__all__ = ["Held", "Wrong", "image_files", "read_files", "text_files", "tree"]

DEEPEST = 12  # folders below the first
FIRST_READ = 1 << 16
IMAGE_SUFFIXES = frozenset(suffix[1:] for suffix in SUFFIXES)
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Wrong(NamedTuple):
    """What is wrong with a file as a whole: kind is bom, encoding, utf-16, binary, pointer or unread; why and where."""

    kind: str
    why: str = ""
    at: int = 0


class Held(msgspec.Struct, frozen=True):
    """Label files read. buffer: the text of all, each followed by a line end that is not its own; start, end: (files,)
    int64 of each in it, empty where it cannot be read; apart: bytes of files that are no text; wrong: by file.
    """

    buffer: bytes
    start: Array
    end: Array
    apart: Mapping[int, bytes]
    wrong: Mapping[int, Wrong]


def tree(
    root: Path | str, options: ReadOptions, failed: dict[str, str], depth: int = DEEPEST
) -> dict[str, list[str]]:
    """Return the file names of a folder and all below it, by folder, both sorted; hidden folders are left out.

    Folders that are there and cannot be listed go to `failed`, with the reason.
    """
    gone = {str(path) for path, held in options.overlay.items() if held is None}
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    waiting = [(str(root), depth)]
    while waiting:
        folder, left = waiting.pop()
        try:
            files, below = scanned(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            failed[folder] = error.strerror or str(error)
            continue
        if gone:
            files = [name for name in files if os.path.join(folder, name) not in gone]
        found[folder] = sorted(name for name in files if not name.startswith("~$"))  # Office's locks
        if below and left:
            seen.add(os.path.realpath(folder))
            paths = [os.path.join(folder, name) for name in below if not name.startswith(".")]
            # A link that leads back up would be walked for ever.
            waiting += [(path, left - 1) for path in paths if os.path.realpath(path) not in seen]
    return dict(sorted(found.items()))


def image_files(names: Sequence[str]) -> list[str]:
    """Return the names with the suffix of an image, in any case."""
    return [name for name in names if name.rpartition(".")[2].lower() in IMAGE_SUFFIXES]


def text_files(names: Sequence[str]) -> list[str]:
    """Return the names with the suffix .txt, in any case."""
    return [name for name in names if name[-4:].lower() == ".txt"]


def read_files(folders: Mapping[str, Sequence[str]], options: ReadOptions) -> Held:
    """Read label files, given by folder; a file that cannot be read, or is no text, is empty in the buffer."""
    contents, wrong = read_bytes(folders, {str(path): held for path, held in options.overlay.items()})
    apart: dict[int, bytes] = {}
    buffer = b"\n".join([*contents, b""]) or b"\n"
    if not buffer.isascii() or b"\0" in buffer or LFS_POINTER in buffer:
        for at, held in enumerate(contents):
            if fault := content_fault(held):
                wrong[at] = fault
                if fault.kind not in ("bom", "encoding"):
                    apart[at], contents[at] = held, b""
        buffer = b"\n".join([*contents, b""]) or b"\n"
    lengths = np.array([len(held) for held in contents], dtype=np.int64)
    start = np.cumsum(lengths + 1) - lengths - 1
    return Held(buffer, start, start + lengths, apart, wrong)


def content_fault(held: bytes) -> Wrong | None:
    """Return why a file is no UTF-8 text, or no label file at all."""
    if held.startswith(LFS_POINTER):
        return Wrong("pointer")
    every_other = sorted((any(held[0:8:2]), any(held[1:8:2])))
    if held.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(held) > 3 and every_other == [False, True]):
        return Wrong("utf-16")
    if b"\0" in held:
        return Wrong("binary", at=held.index(b"\0"))
    try:
        held.decode("utf-8")
    except UnicodeDecodeError as error:
        return Wrong("encoding", f"0x{held[error.start]:02x}", error.start)
    return Wrong("bom") if held.startswith(b"\xef\xbb\xbf") else None


def read_bytes(
    folders: Mapping[str, Sequence[str]], overlay: Mapping[str, bytes | None]
) -> tuple[list[bytes], dict[int, Wrong]]:
    """Return the bytes of each file, and why some could not be read."""
    contents: list[bytes] = []
    wrong: dict[int, Wrong] = {}
    for folder, names in folders.items():
        handle = os.open(folder, os.O_RDONLY) if os.open in os.supports_dir_fd else None
        prefix = "" if handle is not None else f"{folder}{os.sep}"
        edited = {name for name in names if os.path.join(folder, name) in overlay} if overlay else ()
        try:
            for name in track(names, "reading label files"):
                try:
                    held = (
                        overlay[os.path.join(folder, name)]
                        if name in edited
                        else whole(prefix + name, handle)
                    )
                except OSError as error:
                    wrong[len(contents)] = Wrong("unread", error.strerror or str(error))
                    held = b""
                contents.append(held or b"")
        finally:
            if handle is not None:
                os.close(handle)
    return contents, wrong


def whole(name: str, folder: int | None) -> bytes:
    """Return a file's bytes; three system calls for a small one."""
    file = os.open(name, FLAGS, dir_fd=folder)
    try:
        held = os.read(file, FIRST_READ)
        if len(held) == FIRST_READ:
            parts = [held]
            while part := os.read(file, 1 << 22):
                parts.append(part)
            held = b"".join(parts)
    finally:
        os.close(file)
    return held
