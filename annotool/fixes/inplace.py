"""Changing files where they are: the journal first, then file by file; and back again.

The journal lies in the dataset's folder (the common parent of what was given and of the label files a yaml
names elsewhere) as `fixes.jsonl`, the next one as `fixes-2.jsonl`. Until every file is in place its name ends
in `.unfinished`; a run that finds such a one puts every file back as it was (`recover`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from annotool.errors import AnnotoolError, UsageError
from annotool.findings import Op
from annotool.fixes import journal
from annotool.fixes.journal import UNFINISHED, Journal, Renamed, digest
from annotool.fixes.output import file_states
from annotool.fixes.packing import packed
from annotool.fixes.places import home, name_in
from annotool.fixes.rounds import Proposal
from annotool.wording import plural

__all__ = ["recover", "undo", "write_in_place"]

BESIDE = ".annotool-unfinished-"


def write_in_place(made: Proposal) -> Path | None:
    """Change the dataset's own files and return the journal's path; None when there is nothing to change.

    Raises AnnotoolError when a file cannot be changed; then all files are as they were.
    """
    made, root = packed(made), home(made.data)
    states = file_states(made, root)
    check(made, root, {root / each.file: each.before for each in states})
    if not made.overlay:
        return None
    path = free(root)
    unfinished = path.with_name(path.name + UNFINISHED)
    lines = journal.lines(made.changes, states, (), cache(partial(name_in, root)))
    with journalled(unfinished, lines):
        try:
            replace(made.overlay.items())
            unfinished.rename(path)
        except BaseException as error:
            roll_back(unfinished, error)
            if isinstance(error, OSError):
                what = f"{error.filename or root}: {error.strerror or error}"
                raise AnnotoolError(f"{what}; all files are as they were") from error
            raise
    return path


def check(made: Proposal, root: Path, before: Mapping[Path, str | None]) -> None:
    """Raise before anything is written when a file may not be changed, or is no longer what was read, which
    had the hash `before`.
    """
    if made.overlay and not root.name:
        raise UsageError(
            f"{made.data.paths[0]}: its files have no folder in common to keep a journal in; use --out"
        )
    if made.deletions:
        dropped = (made.changes["table"] == "images") & (made.changes["op"] == Op.DROP)
        codes = ",".join(sorted(set(made.changes["rule"][dropped].tolist())))
        first, count = min(made.deletions), len(made.deletions)
        raise UsageError(
            f"--in-place deletes no image, and {count:,} would have to go, as {first}; use --out, or --ignore {codes}"
        )
    if made.renamed:
        first, count = min(made.renamed), len(made.renamed)
        raise UsageError(
            f"--in-place renames or moves no image, and {count:,} would have to be, as {first}; use --out"
        )
    for path, known in before.items():
        if known is None:  # a new file
            if os.path.lexists(path):
                raise AnnotoolError(
                    f"{path}: came up while annotool worked; nothing was changed; run it again"
                )
        elif not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
            raise AnnotoolError(f"{path}: is read-only; nothing was changed; make it writable, or use --out")
        elif digest(path.read_bytes()) != known:
            raise AnnotoolError(
                f"{path}: was changed while annotool worked; nothing was changed; run it again"
            )


def free(root: Path) -> Path:
    """The first name for a journal that is not taken."""
    number, path = 1, root / journal.NAME
    while path.exists():
        number += 1
        path = root / journal.NAME.replace(".", f"-{number}.")
    return path


@contextmanager
def journalled(path: Path, lines: Iterable[bytes]) -> Iterator[None]:
    """Write a journal, wait until it is on the disk, and hold it while the block changes files: whoever finds
    a journal that nobody holds knows that its run is dead.
    """
    try:
        with path.open("xb") as file:
            lock(file.fileno(), path)
            try:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise
            if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise AnnotoolError(
                    f"{path}: another annotool took it away; nothing was changed; run it again"
                )
            yield
    except OSError as error:
        raise AnnotoolError(f"{path}: {error.strerror or error}; nothing was changed") from error


def lock(number: int, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AnnotoolError(
            f"{path}: another annotool is changing these files; wait until it is done"
        ) from error
    except OSError:
        return  # a file system without locks


def replace(files: Iterable[tuple[Path, bytes | None]]) -> None:
    """Put new bytes in place of each file's, None: remove it. All are written beside their places first, so
    that a full disk is met before anything is changed.
    """
    written: list[tuple[Path, Path | None]] = []
    try:
        for path, new in files:
            written.append((path, None if new is None else beside(path)))
            if new is not None:
                fill(beside(path), new, like=path)
        for path, temporary in written:
            if temporary is None:
                path.unlink(missing_ok=True)
            else:
                os.replace(temporary, path)
    except BaseException:
        for _, temporary in written:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
        raise


def beside(path: Path) -> Path:
    """Where a file's new bytes wait; its name is hashed, for it may be as long as names can be."""
    return path.with_name(BESIDE + sha256(os.fsencode(path.name)).hexdigest()[:16])


def fill(path: Path, new: bytes, like: Path) -> None:
    with path.open("wb") as file:
        file.write(new)
        file.flush()
        os.fsync(file.fileno())
    if like.exists():
        known = like.stat()
        path.chmod(known.st_mode & 0o7777)
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(path, known.st_uid, known.st_gid)


def undo(path: Path) -> tuple[str, ...]:
    """Put every file of a journal back as it was, byte for byte, and return the names of those that were
    changed.

    A journal that did not end (`.unfinished`) goes with its edits. Raises JournalError when a file is neither
    as the journal left it nor as it was before; then nothing is changed.
    """
    return taken_back(path) if path.name.endswith(UNFINISHED) else put_back(path)


def put_back(path: Path) -> tuple[str, ...]:
    known = journal.whole(path)
    images = [each for each in known.renamed if is_renamed(known, path.parent, each)]
    done: list[str] = []

    def files() -> Iterator[tuple[Path, bytes | None]]:
        for state in known.files:
            file = path.parent / state.file
            now = file.read_bytes() if file.exists() else None
            if digest(now) != state.before:
                yield file, journal.reverted(known, state, now, file)
                done.append(state.file)

    try:
        replace(files())
        for each in images:
            put_back_image(path.parent / each.renamed, path.parent / each.file)
            done.append(each.renamed)
    except OSError as error:
        raise AnnotoolError(
            f"{error.filename or path}: {error.strerror or error}; not all could be undone; run undo again"
        ) from error
    return tuple(done)


def put_back_image(now: Path, before: Path) -> None:
    """Give an image file its old path; a folder that was made for its new one goes when it is empty."""
    before.parent.mkdir(parents=True, exist_ok=True)
    now.rename(before)
    if now.parent != before.parent:
        with suppress(OSError):  # it holds other files
            now.parent.rmdir()


def is_renamed(known: Journal, folder: Path, image: Renamed) -> bool:
    """Whether an image file has the name that a journal gave it; False: its old one. Raises JournalError for neither."""
    old, new = folder / image.file, folder / image.renamed
    there = os.path.lexists(old)
    journal.check_image(known, old if there else new, image)
    return not there


def recover(paths: Iterable[Path]) -> tuple[str, ...]:
    """Put back the files of runs on the dataset at these paths that died while they changed files in place;
    return a sentence for each.

    Raises JournalError when a file was changed since, AnnotoolError when such a run is still alive.
    """
    said: list[str] = []
    for path in journal.left_behind(paths):
        count = len(taken_back(path))
        said.append(
            f"{path}: an earlier run did not end; {plural(count, 'file was', 'files were')} put back as before"
        )
    return tuple(said)


def taken_back(path: Path) -> tuple[str, ...]:
    """Undo a journal whose run is dead, and remove it."""
    with path.open("rb") as file:
        lock(file.fileno(), path)
        return rolled_back(path)


def rolled_back(path: Path) -> tuple[str, ...]:
    """Undo a journal whose run did not end, and remove it. One that is cut short was not yet acted on."""
    done: tuple[str, ...] = ()
    if journal.is_whole(path):
        done = put_back(path)
        for state in journal.whole(path).files:
            beside(path.parent / state.file).unlink(missing_ok=True)
    path.unlink()
    return done


def roll_back(path: Path, error: BaseException) -> None:
    try:
        rolled_back(path)
    except (OSError, AnnotoolError) as second:
        raise AnnotoolError(
            f"{error}; and then {second}; some files are changed: the next run, or `annotool undo {path}`, "
            "puts them back"
        ) from error
