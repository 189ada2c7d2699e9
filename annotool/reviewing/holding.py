"""Who has a review open: a lock that the system lets go when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from annotool.errors import AnnotoolError
from annotool.reviewing.folder import no_place

__all__ = ["Hold", "end_orphans", "held_by_another", "hold", "is_held", "remember"]

LOCK, STARTED = "lock", "started.json"
POLITE = 15  # seconds to end in


class Hold:
    """A review that this process has for itself."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def release(self) -> None:
        """Let it go; a second time does nothing."""
        if not self.file.closed:
            with contextlib.suppress(OSError):
                lock(self.file, on=False)
            self.file.close()


def hold(place: Path) -> Hold | None:
    """Return a review's lock; None where another process has it.

    Raises AnnotoolError where its folder cannot be written.
    """
    try:
        file = (place / LOCK).open("ab")
    except OSError as error:
        raise no_place(place, error) from error
    try:
        lock(file, on=True)
    except (BlockingIOError, PermissionError):
        file.close()
        return None
    except OSError as error:
        file.close()
        raise no_place(place, error) from error
    return Hold(file)


def lock(file: IO[bytes], on: bool) -> None:
    """Take or leave the lock of a file, at once. Raises OSError."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK if on else msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if on else fcntl.LOCK_UN)


def is_held(place: Path) -> bool:
    """Return whether a process has a review."""
    if not (place / LOCK).exists():
        return False
    mine = hold(place)
    if mine is not None:
        mine.release()
    return mine is None


def remember(place: Path, pids: list[int]) -> None:
    """Write down what was started for a review, for the case that nobody ends it."""
    try:
        (place / STARTED).write_bytes(msgspec.json.encode(pids))
    except OSError as error:
        raise no_place(place, error) from error


def end_orphans(place: Path) -> int:
    """End what an earlier process started for a review and could not end, when that was killed; return how many.

    Only for who has the lock. A process is known by its number and by the review's folder in its command line.
    """
    import psutil

    ours = {str(place), str(place / "db")}
    found = []
    for pid in remembered(place):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if pid != os.getpid() and ours & set(process.cmdline()):
                process.terminate()
                found.append(process)
    _, left = psutil.wait_procs(found, POLITE)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, POLITE)
    (place / STARTED).unlink(missing_ok=True)
    return len(found)


def remembered(place: Path) -> Iterator[int]:
    """The numbers of the processes that were started for a review; MongoDB keeps its own."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        yield from msgspec.json.decode((place / STARTED).read_bytes(), type=list[int])
    with contextlib.suppress(OSError, ValueError):
        yield int((place / "db" / "mongod.lock").read_text("ascii"))


def held_by_another(name: str) -> AnnotoolError:
    """The error for a review that another process is busy with."""
    return AnnotoolError(
        f"review {name!r} is being opened or read by another process; wait for it, or give this one another --name"
    )
