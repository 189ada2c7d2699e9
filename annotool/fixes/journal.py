"""The journal of a fix, `fixes.jsonl`: what was changed, byte for byte, to be undone or done again.

The first line is the header: `annotool` (version), `journal` (1), `files` (each with `file`, and the sha256
`before` and `after`; null: no such file), `left_out` (image files that the mended copy is without, since in
their folder they would be found again). Then one line a byte range, in the order made: `file`, `offset` and
`old` and `new` bytes (text where they are UTF-8, else {"base64": ...}; old null: there was no such file, new
null: the file goes; both null: the image file takes the name `renamed`, its bytes, of hash `sha256`, stay, or
without a `renamed` is left out), `round`,
`rule`, `fingerprint`, `safe`, `score` of the prediction that spoke for it, and for people `line`, `image`, `annotation_id`, `category`, `column`,
`old_value`, `new_value`, and of what a reviewer decided `reviewer`, `reason`. The last line is `{"end": N}`, N the number of lines between. Files are relative to
the folder the journal lies in; offsets count in the file as it stood before its round.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from annotool.errors import JournalError
from annotool.fixes.places import plain
from annotool.fixes.splices import apply as spliced
from annotool.table import Table

__all__ = ["NAME", "UNFINISHED", "Entry", "Journal", "Renamed", "digest", "lines", "load", "replay", "revert"]

NAME = "fixes.jsonl"
UNFINISHED = ".unfinished"  # ends the name of a journal while its edits are being made in place
TOLD = ("rule", "fingerprint", "safe", "score", "line", "image", "annotation_id", "category", "column")
SIGNED = ("reviewer", "reason")  # where a person decided it


Swap = tuple[int, bytes | None, bytes | None]  # offset, bytes expected, bytes to put there; None: no file


class Bytes(msgspec.Struct):
    """Bytes that are no UTF-8 text."""

    base64: str


class Line(msgspec.Struct):
    """What of a line is used; what it holds beyond this is for people."""

    file: str | Bytes
    offset: int
    old: str | Bytes | None
    new: str | Bytes | None
    round: int
    renamed: str | Bytes | None = None
    sha256: str = ""


@dataclass(frozen=True)
class State:
    """A file's sha256 before and after; None: there is no such file."""

    file: str
    before: str | None
    after: str | None


class Named(msgspec.Struct):
    """A State as written: a file's name need not be UTF-8."""

    file: str | Bytes
    before: str | None
    after: str | None


class Header(msgspec.Struct):
    """The journal's first line."""

    annotool: str
    journal: int
    files: list[Named]
    left_out: list[str | Bytes]


class End(msgspec.Struct):
    """The journal's last line."""

    end: int


@dataclass(frozen=True)
class Entry:
    """One byte range of a file and what takes its place; old None: there was no such file, new None: it goes."""

    round: int
    offset: int
    old: bytes | None
    new: bytes | None


class Renamed(NamedTuple):
    """An image file that has another name in the mended copy, and its sha256."""

    file: str
    renamed: str
    sha256: str


@dataclass(frozen=True)
class Journal:
    """A journal as read. entries: by file, in the order made; renamed: image files. complete: its last line is there."""

    path: Path
    files: tuple[State, ...]
    left_out: tuple[str, ...]
    entries: Mapping[str, list[Entry]]
    renamed: tuple[Renamed, ...]
    complete: bool


def digest(held: bytes | memoryview | None) -> str | None:
    """Return the sha256 of a file's bytes in hex; None for None."""
    return None if held is None else hashlib.sha256(held).hexdigest()


def lines(
    changes: Table,
    files: Iterable[State],
    left_out: Iterable[str],
    name: Callable[[Path], str],
    renamed: Mapping[Path, Iterable[Renamed]] = MappingProxyType({}),
) -> Iterator[bytes]:
    """Yield a journal line by line; `changes` as described, `name` gives the name of a path in it, `renamed` says of image
    files, by path, what they are called in the copy, where one that lies elsewhere may stand several times.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("annotool")
    except PackageNotFoundError:
        installed = "not installed"
    states = [Named(named(each.file), each.before, each.after) for each in files]
    yield encode(Header(installed, 1, states, [named(each) for each in sorted(left_out)])) + b"\n"
    several = (*TOLD, *(key for key in SIGNED if key in changes))
    columns = {
        key: changes[key].tolist() for key in ("path", "offset", "old", "new", "round", "op", *several)
    }
    values = zip(changes["old_value"].tolist(), changes["new_value"].tolist(), strict=True)
    count = 0
    for row, (old, new) in zip(zip(*columns.values(), strict=True), values, strict=True):
        held = dict(zip(columns, row, strict=True))
        path, had = held.pop("path"), {"old_value": old, "new_value": new}
        cut = {"offset": held["offset"], "old": coded(held["old"]), "new": coded(held["new"])}
        places = [
            {"file": named(each.file), **cut, "renamed": named(each.renamed), "sha256": each.sha256}
            for each in renamed.get(path, ())
        ]
        told = {key: shown(held[key]) for key in ("round", *several) if held[key] not in (None, "")}
        had = {key: shown(value) for key, value in had.items()}
        for line in places or [{"file": named(name(path)), **cut}]:
            count += 1
            yield encode({**line, **told, **(had if held["column"] else {})}) + b"\n"
    yield encode(End(count)) + b"\n"


def named(file: str) -> str | Bytes:
    """A file's name, of whatever bytes."""
    name = coded(file.encode("utf-8", "surrogateescape"))
    assert name is not None
    return name


def shown(value: Any) -> Any:
    """A value for people: text that is no Unicode is spelled out."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def unboxed(value: Any) -> Any:
    """A numpy value of an edit as Python's own."""
    return value.item() if hasattr(value, "item") else str(value)


encode = msgspec.json.Encoder(enc_hook=unboxed).encode


def coded(held: bytes | None) -> str | Bytes | None:
    if held is None:
        return None
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError:
        return Bytes(b64encode(held).decode("ascii"))


def decoded(held: str | Bytes) -> bytes:
    return held.encode("utf-8") if isinstance(held, str) else b64decode(held.base64, validate=True)


def load(path: Path) -> Journal:
    """Read a journal. Raises JournalError when it cannot be read, is none, or leads out of its folder."""
    try:
        held = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from error
    first, *rest = held.split(b"\n")
    number = 1
    try:
        header = msgspec.json.decode(first, type=Header)
        if header.journal != 1:
            raise JournalError(
                f"{path}: journal version {header.journal}; this one knows version 1; update annotool"
            )
        files = tuple(State(checked(each.file), each.before, each.after) for each in header.files)
        left_out = tuple(checked(each) for each in header.left_out)
        entries: dict[str, list[Entry]] = {each.file: [] for each in files}
        renamed: list[Renamed] = []
        complete, decode = ended(rest), msgspec.json.Decoder(Line).decode
        for text in rest[:-2] if complete else []:
            number += 1
            line = decode(text)
            if line.renamed is not None:
                renamed.append(Renamed(checked(line.file), checked(line.renamed), line.sha256))
                continue
            old, new = (None if each is None else decoded(each) for each in (line.old, line.new))
            if old is None and new is None:  # an image that is left out
                continue
            entries[as_name(line.file)].append(Entry(line.round, line.offset, old, new))
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        raise JournalError(f"{path}: line {number} is not that of a journal of annotool: {error}") from error
    return Journal(path, files, left_out, entries, tuple(dict.fromkeys(renamed)), complete)


def whole(path: Path) -> Journal:
    """Read a journal that has all its lines. Raises JournalError."""
    held = load(path)
    if not held.complete:
        raise JournalError(f"{path}: its end is missing; nothing was changed; get the whole journal")
    return held


def unfinished(folder: Path) -> list[Path]:
    """Return the journals in a folder whose edits are being made, or whose run died over them."""
    return sorted(folder.glob(f"{Path(NAME).stem}*.jsonl{UNFINISHED}"))


def left_behind(paths: Iterable[Path]) -> list[Path]:
    """Return the journals of runs on the dataset at these paths that did not end, or are still alive."""
    folders = [plain(path if path.is_dir() else path.parent) for path in paths]
    places = dict.fromkeys([*folders, Path(os.path.commonpath(folders))])
    return [path for folder in places for path in unfinished(folder)]


def is_whole(path: Path) -> bool:
    """Whether the journal has its last line, which is written once all others are."""
    return ended(path.read_bytes().split(b"\n")[1:])


def ended(rest: list[bytes]) -> bool:
    """Whether the last line says that all lines before it are there."""
    try:
        return len(rest) >= 2 and msgspec.json.decode(rest[-2], type=End).end == len(rest) - 2
    except msgspec.DecodeError:
        return False


def as_name(written: str | Bytes) -> str:
    return written if isinstance(written, str) else decoded(written).decode("utf-8", "surrogateescape")


def checked(written: str | Bytes) -> str:
    file = as_name(written)
    parts = PurePosixPath(file).parts
    if not parts or ".." in parts or PurePosixPath(file).is_absolute() or PureWindowsPath(file).drive:
        raise ValueError(f"{file!r} lies outside the journal's folder")
    return file


def replay(held: bytes | None, entries: list[Entry]) -> bytes | None:
    """Return a file's bytes with its entries made. Raises JournalError when old bytes are not those found."""
    for part in by_round(entries):
        held = exchanged(held, [(entry.offset, entry.old, entry.new) for entry in part])
    return held


def revert(held: bytes | None, entries: list[Entry]) -> bytes | None:
    """Return a file's bytes as they were before its entries were made."""
    for part in reversed(by_round(entries)):
        shift, swaps = 0, list[Swap]()
        for entry in part:
            swaps.append((entry.offset + shift, entry.new, entry.old))
            shift += len(entry.new or b"") - len(entry.old or b"")
        held = exchanged(held, swaps)
    return held


def replayed(held: Journal, state: State, before: bytes | None, file: Path) -> bytes | None:
    """Return what a file is after the journal; `before` are its bytes. Raises JournalError."""
    return turned(held, file, before, replay, found_as=state.before, becomes=state.after, name=state.file)


def reverted(held: Journal, state: State, after: bytes | None, file: Path) -> bytes | None:
    """Return what a file was before the journal; `after` are its bytes. Raises JournalError."""
    return turned(held, file, after, revert, found_as=state.after, becomes=state.before, name=state.file)


def turned(
    held: Journal,
    file: Path,
    now: bytes | None,
    turn: Callable[[bytes | None, list[Entry]], bytes | None],
    *,
    found_as: str | None,
    becomes: str | None,
    name: str,
) -> bytes | None:
    if digest(now) != found_as:
        raise JournalError(
            f"{file}: is not the file that {held.path} speaks of: expected {said(found_as)}, found {said(digest(now))}; "
            "nothing was changed"
        )
    try:
        new = turn(now, held.entries[name])
    except JournalError as error:
        raise JournalError(f"{file}: does not fit {held.path}: {error}; nothing was changed") from error
    if digest(new) != becomes:
        raise JournalError(
            f"{held.path}: its lines for {name} do not lead to {said(becomes)}; it was altered; nothing was changed"
        )
    return new


def check_image(held: Journal, file: Path, known: Renamed) -> None:
    """Raise JournalError unless a file is the image that was renamed."""
    mark = digest(file.read_bytes()) if file.is_file() else None
    if mark != known.sha256:
        raise JournalError(
            f"{file}: is not the image that {held.path} speaks of: expected {said(known.sha256)}, found {said(mark)}; "
            "nothing was changed"
        )


def said(mark: str | None) -> str:
    return f"sha256 {mark}" if mark else "no such file"


def by_round(entries: list[Entry]) -> list[list[Entry]]:
    """The entries of each round; within one, offsets count in the file as it stood before it."""
    order = sorted(entries, key=lambda each: (each.round, each.offset, len(each.old or b"")))
    return [list(part) for _, part in groupby(order, key=lambda each: each.round)]


def exchanged(held: bytes | None, swaps: list[Swap]) -> bytes | None:
    """Put at each offset other bytes in place of those expected there; None stands for no file."""
    if held is None or any(None in swap for swap in swaps):
        _, expected, other = swaps[0]
        if len(swaps) > 1 or held != expected:
            raise JournalError("the whole file is not what the journal expects")
        return other
    pieces: list[tuple[int, int, bytes]] = []
    for offset, expected, other in swaps:
        found = held[offset : offset + len(expected or b"")]
        if found != expected:
            raise JournalError(f"byte {offset}: expected {expected!r}, found {found!r}")
        pieces.append((offset, offset + len(found), other or b""))
    return spliced(held, iter(pieces))
