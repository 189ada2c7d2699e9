"""Work done in a second process, beside this one: a forked child, which sees all that stands in memory without a copy.

Where that cannot be or does not pay (no Linux, one core, threads that a fork would leave in the middle of something,
little work) everything is done here, in the same order, with the same result; so it is when the child fails.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from annotool.progress import set_reporter

__all__ = ["LARGE", "Aside", "aside", "possible", "soon"]

LARGE = 30 << 20  # bytes of work from which a second process pays

T = TypeVar("T")

MAIN = os.getpid()
_soon: list[Callable[[], object]] = []


def possible() -> bool:
    """Whether a second process can run beside this one."""
    return (
        sys.platform == "linux"
        and os.getpid() == MAIN
        and threading.active_count() == 1
        and len(os.sched_getaffinity(0)) > 1
    )


class Aside(Generic[T]):
    """Work that is under way in a child. Its result comes back in memory that both processes share."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.held = os.memfd_create("annotool")
        try:
            self.pid = os.fork()
        except OSError:
            os.close(self.held)
            raise
        if not self.pid:
            labour(work, self.held)
        while _soon:
            _soon.pop()()

    def result(self) -> T:
        """Wait for the child and return what it made; where it failed, do the work here."""
        pid, self.pid = self.pid, 0
        try:
            failed = os.waitpid(pid, 0)[1]
        except BaseException:
            self.pid = pid
            raise
        if failed:
            return self.work()
        value: T = received(self.held)
        return value

    def close(self) -> None:
        """End the child, if nobody asked for its result."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.held)


def soon(work: Callable[[], object]) -> None:
    """Have something done as soon as a child works beside this process, which would else be done later, by itself."""
    _soon.append(work)


@contextmanager
def aside(work: Callable[[], T], size: int = LARGE) -> Iterator[Aside[T] | None]:
    """Begin some work in a child, for the length of a `with` block; None where it is to be done here.

    `size` says how many bytes there are to work on.
    """
    begun = None
    if size >= LARGE and possible():
        with suppress(OSError):  # no more processes, no memory
            begun = Aside(work)
    try:
        yield begun
    finally:
        if begun:
            begun.close()


def labour(work: Callable[[], T], held: int) -> None:
    """What the child does: the work, its result into `held`, and an end without any of the parent's clearing up."""
    code = 1
    try:
        set_reporter(None)
        gc.disable()
        send(work(), held)
        code = 0
    finally:
        os._exit(code)


def send(value: object, held: int) -> None:
    """Write a value: sizes of its parts, its pickle, and the bytes of its arrays, each on a border of 8 bytes."""
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(text), *(each.raw() for each in buffers)]
    sizes = pickle.dumps([len(part) for part in parts])
    with os.fdopen(os.dup(held), "wb", buffering=0) as file:
        at = file.write(len(sizes).to_bytes(8, "little") + sizes)
        for part in parts:
            at += file.write(bytes(-at % 8))
            while len(part):  # a write takes 2 GiB at most
                done = file.write(part)
                at, part = at + done, part[done:]


def received(held: int) -> Any:
    """Read what `send` wrote; arrays stay in the shared memory."""
    whole = memoryview(mmap.mmap(held, 0))
    at = 8 + int.from_bytes(whole[:8], "little")
    parts = []
    for size in pickle.loads(whole[8:at]):
        at += -at % 8
        parts.append(whole[at : at + size])
        at += size
    return pickle.loads(parts[0], buffers=parts[1:])
