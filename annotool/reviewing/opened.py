"""A review that is open: what was started for it, kept alive, and ended; nothing else is touched."""

from __future__ import annotations

import contextlib
import html
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from annotool.errors import AnnotoolError
from annotool.reviewing import folder, holding, servers
from annotool.reviewing.desk import Desk
from annotool.reviewing.folder import Review
from annotool.reviewing.servers import HERE, Database, Process, Running

if TYPE_CHECKING:
    from annotool.reviewing.taking import Taken

__all__ = ["Handle", "address", "at_hand", "begin", "inside", "keep_open"]

PATIENCE = 30.0  # seconds for another process that reads the decisions, or is about to answer
TRIES, MINUTE = 3, 60.0


def address(name: str, port: int) -> str:
    """Return where the browser finds a review, with the workspace that has our panel."""
    return f"http://{HERE}:{port}/datasets/{name}?workspace=review"


class Handle:
    """An open review, or one on its way. `url` is where the browser finds it; `close` ends what was started for it,
    and decisions stay. Where another process has it open, nothing was started and nothing is ended."""

    def __init__(self, name: str, place: Path, port: int, database: Database) -> None:
        self.name, self.place, self.port, self.database = name, place, port, database
        self.held: holding.Hold | None = None
        self.socket: socket.socket | None = None
        self.server: Process | None = None
        self.ends: deque[float] = deque(maxlen=TRIES)

    @property
    def url(self) -> str:
        """Where the browser finds it."""
        return address(self.name, self.port)

    @property
    def elsewhere(self) -> bool:
        """Whether another process has it open."""
        return self.held is None

    @property
    def review(self) -> Review:
        """What is reviewed."""
        return folder.load(self.name)

    def decided(self) -> int:
        """How many findings are decided by button."""
        return Desk(self.place).progress()[0]

    def decisions(self) -> Taken:
        """Return what was decided so far, as `annotool.decisions` does."""
        from annotool.reviewing.taking import take

        self.mend()
        return take(self.name)

    def start(self) -> None:
        """Start the database, where it is our own, and the server; they get ready by themselves."""
        port = servers.port_of(self.database.uri) if self.database.process else None
        if self.database.process is None or self.database.process.poll() is not None:
            self.database = servers.start_database(self.place, port)
        if self.server is None or self.server.poll() is not None:
            if self.socket is None or self.socket.fileno() < 0:
                self.socket = servers.listener(self.port)
            self.server = servers.serve(self.place, self.database, self.socket)
        began = [self.database.process, self.server]
        holding.remember(self.place, [each.pid for each in began if each is not None])

    def show(self) -> Self:
        """Return when the App answers, its folder being whole. Raises AnnotoolError, with why, where it does not."""
        if self.server is None:
            return self
        servers.wait_for(self.database, self.place)
        servers.ready(self.server)
        while not servers.answers(self.port):
            if self.server.poll() is not None:
                log = self.place / servers.SERVER_LOG
                raise AnnotoolError(f"the App's server did not start; {log} says why: {last_line(log)}")
            time.sleep(0.05)
        told = Running(os.getpid(), self.port, self.database.uri)
        (self.place / servers.RUNNING).write_bytes(msgspec.json.encode(told))
        return self

    def mend(self) -> str:
        """Start again what has ended, on the same ports; return what that was, nothing decided is lost by it.

        Raises AnnotoolError where it ends again and again.
        """
        if self.server is None:
            return ""
        gone = "MongoDB" if self.database.process and self.database.process.poll() is not None else ""
        if self.server.poll() is not None:
            gone = f"{gone} and the App's server".removeprefix(" and ")
        if not gone:
            return ""
        if len(self.ends) == TRIES and time.monotonic() - self.ends[0] < MINUTE:
            raise AnnotoolError(
                f"{gone} ends again and again: {self.why()}; what was decided by button is safe in "
                f"{self.place / 'log.jsonl'}. Mend that (is the disk full?), then start the review again"
            )
        self.ends.append(time.monotonic())
        servers.stop(self.server if self.server.poll() is not None else None)
        self.start()
        self.show()
        return gone

    def why(self) -> str:
        """The last words of what has ended."""
        told = servers.last_words(self.place / servers.MONGO_LOG)
        return told or last_line(self.place / servers.SERVER_LOG)

    def close(self) -> None:
        """End the servers that were started for it."""
        if self.held is None:
            return
        servers.stop(self.server)
        servers.stop(self.database.process)
        if self.socket is not None:
            self.socket.close()
        for name in (servers.RUNNING, holding.STARTED):
            with contextlib.suppress(OSError):
                (self.place / name).unlink(missing_ok=True)
        self.held.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<review {self.name}: {self.url}>"

    def _repr_html_(self) -> str:
        """Show the App in a notebook, and a link for where it cannot be framed."""
        url, name = html.escape(self.url), html.escape(self.name)
        return (
            f'<a href="{url}" target="_blank" rel="noopener">review {name} in a tab of its own</a><br>'
            f'<iframe src="{url}" width="100%" height="800" style="border:0"></iframe>'
        )


def begin(name: str, port: int | None = None) -> Handle:
    """Start what a review needs, to get ready while the dataset is audited. An open one is handed back as it is.

    Raises AnnotoolError, with what to do, where something cannot start; then everything started is ended.
    """
    servers.check_extra()
    place = folder.made(name)
    held = waited(place)
    if isinstance(held, Running):
        return Handle(name, place, held.port, Database(held.uri))
    handle = Handle(name, place, 0, Database(""))
    handle.held = held
    try:
        holding.end_orphans(place)
        (place / servers.RUNNING).unlink(missing_ok=True)
        handle.socket = servers.listener(port, servers.DEFAULT_PORT)
        handle.port = handle.socket.getsockname()[1]
        handle.start()
    except OSError as error:
        handle.close()
        raise folder.no_place(place, error) from error
    except BaseException:
        handle.close()
        raise
    return handle


def waited(place: Path, patience: float = PATIENCE) -> holding.Hold | Running:
    """Return the lock of a review, else where it is open. Raises AnnotoolError where it is neither for long."""
    until = time.monotonic() + patience
    while (held := holding.hold(place)) is None:
        if (known := servers.running(place)) is not None:
            return known
        if time.monotonic() > until:
            raise holding.held_by_another(place.name)
        time.sleep(0.1)
    return held


@contextlib.contextmanager
def at_hand(place: Path) -> Iterator[str]:
    """Give the address of a review's database: that of the open review, else started for as long as this lasts."""
    held = waited(place)
    if isinstance(held, Running):
        yield held.uri
        return
    database = Database("")
    try:
        holding.end_orphans(place)
        database = servers.start_database(place)
        holding.remember(place, [database.process.pid] if database.process else [])
        servers.wait_for(database, place)
        yield database.uri
    finally:
        servers.stop(database.process)
        held.release()


def inside(what: str, place: Path, uri: str) -> str:
    """Run one of `annotool.reviewing.inside` in a process of its own; return what it printed."""
    words = [sys.executable, "-m", "annotool.reviewing.inside", what, str(place)]
    env = servers.environment(place, uri)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        log = place / f"{what}.log"
        log.write_text(done.stdout + done.stderr)
        raise AnnotoolError(f"FiftyOne could not {what} the review; {log} says why: {last_line(log)}")
    return done.stdout.strip()


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    return next((line.strip()[:300] for line in reversed(text.splitlines()) if line.strip()), "")


def keep_open(handle: Handle, say: Callable[[str], None], every: float = 0.5) -> None:
    """Keep an open review alive until a KeyboardInterrupt; say what had to be started again."""
    while True:
        time.sleep(every)
        if gone := handle.mend():
            say(f"{gone} had ended and was started again; reload the page, nothing decided is lost")
