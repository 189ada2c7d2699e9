"""Writing that is whole or not there: a folder built beside its place and renamed once, a file likewise."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annotool.errors import AnnotoolError, UsageError

__all__ = [
    "check_new",
    "check_place",
    "json_page",
    "json_text",
    "place_image",
    "staged",
    "utf8",
    "write_file",
]

UNFINISHED = ".annotool-unfinished-"


@contextmanager
def staged(out: Path, inputs: Sequence[Path] = ()) -> Iterator[Path]:
    """Give a folder to write to; when the block ends without an error it becomes `out`, else nothing is left.

    `out` must be new or an empty folder, and neither be, hold, nor lie in one of `inputs`. A folder that a killed run
    left beside `out` is removed first. Raises UsageError, or AnnotoolError when the disk says no.
    """
    check_new(out, inputs)
    parent = out.resolve().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(f"{UNFINISHED}{out.name}-*"):
            shutil.rmtree(left)
        work = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{out.name}-", dir=parent))
    except OSError as error:
        raise AnnotoolError(f"{out}: cannot be made: {error.strerror}; nothing was written") from error
    try:
        work.chmod(0o777 & ~umask())
        yield work
        if out.exists():
            out.rmdir()
        work.rename(out)
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        why = f"{error.filename or out}: {error.strerror or error}"
        raise AnnotoolError(f"{out}: could not be written: {why}; nothing was left behind") from error
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def check_new(out: Path, inputs: Sequence[Path]) -> None:
    """Raise UsageError unless `out` is new or empty, and apart from the inputs."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is there already; --out wants a new or empty folder")
    real = out.resolve()
    for each in inputs:
        given = each.resolve()
        if real == given or given in real.parents or real in given.parents:
            raise UsageError(
                f"{out}: lies in the dataset at {each}, or holds it; choose a folder apart from it"
            )


def check_place(file: Path) -> None:
    """Raise UsageError where no file could be written: before the work is done, not after it. Pipes, devices and links
    are taken as they are."""
    folder = file.parent
    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}")
    if file.is_dir():
        raise UsageError(f"{file} is a folder; name a file in it")
    if file.is_symlink() or (file.exists() and not file.is_file()):
        return
    try:
        tempfile.TemporaryFile(prefix=UNFINISHED, dir=folder).close()
    except OSError as error:
        raise UsageError(f"nothing can be written to the folder {folder}: {error.strerror}") from error


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_file(path: Path, parts: Iterable[bytes], mode: int | None = None) -> None:
    """Write a file beside its place, flush it to the disk, and put it there at once; keeps the mode it is given.

    Raises AnnotoolError, which names `path`, when the disk says no.
    """
    try:
        put(path, parts, mode)
    except OSError as error:
        raise AnnotoolError(f"{path}: could not be written: {error.strerror or error}") from error


def put(path: Path, parts: Iterable[bytes], mode: int | None) -> None:
    handle, name = tempfile.mkstemp(prefix=f"{UNFINISHED}{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode if mode is not None else 0o666 & ~umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def place_image(source: str, target: Path, how: str) -> None:
    """Put an image file at its new place: a hard link, or a copy where links cannot go or `how` is "copy"."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if how == "link":
        try:
            os.link(os.path.realpath(source), target)
        except OSError:
            pass  # another disk, or a file system without links
        else:
            return
    shutil.copyfile(source, target)


def json_text(value: Any) -> str:
    """Return a value as compact JSON. Half a surrogate, as files and file systems hold them, is escaped."""
    import msgspec

    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))


def json_page(value: Any) -> str:
    """Return a value as JSON over several lines."""
    import msgspec

    text = json_text(value)
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:  # half a surrogate, which msgspec does not read
        return json.dumps(value, indent=2)


def utf8(text: str) -> bytes:
    """Return text as UTF-8; what was no UTF-8 in a file's name becomes its own bytes again."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
