"""The two processes behind a review, a MongoDB and the App's server: started, watched, ended; nothing else is touched.

FiftyOne would start both itself, but then ignores the database folder when another FiftyOne runs, races with
others that start, and in containers listens on all addresses.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from annotool.errors import AnnotoolError, MissingExtraError, UsageError
from annotool.reviewing.holding import is_held

__all__ = [
    "DATABASE",
    "HERE",
    "Database",
    "Running",
    "answers",
    "check_extra",
    "environment",
    "free_port",
    "listener",
    "mongod",
    "ready",
    "running",
    "serve",
    "start_database",
    "stop",
    "wait_for",
]

HERE = "127.0.0.1"
DATABASE = "annotool"
DEFAULT_PORT = 5151
RUNNING, SERVER_LOG, MONGO_LOG = "server.json", "server.log", "mongod.log"
Process = subprocess.Popen[bytes]
PLUGINS = Path(__file__).parent / "app"


class Running(msgspec.Struct, frozen=True):
    """A review that is open: the process that watches over it, and where its servers answer."""

    pid: int
    port: int
    uri: str


@dataclass(frozen=True)
class Database:
    """A database to work with; process is None where it is the user's own, or that of an open review."""

    uri: str
    process: Process | None = None


def check_extra() -> None:
    """Raise MissingExtraError where fiftyone is not installed."""
    if find_spec("fiftyone") is None:
        raise MissingExtraError("review needs FiftyOne: pip install 'annotool[review]'")


def mongod() -> Path | None:
    """Return the MongoDB server to start: FiftyOne's own, else the one on the PATH; None: there is none."""
    spec = find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        own = Path(folder) / "db" / "bin" / ("mongod.exe" if os.name == "nt" else "mongod")
        if own.exists():
            return own
    found = shutil.which("mongod")
    return Path(found) if found else None


def listener(wanted: int | None = None, first: int = 0) -> socket.socket:
    """Return a socket that holds a port: the `wanted` one, else the next from `first`, 0: any. Raises UsageError.

    It is held until the App's server takes it over, so that two reviews that start at once get two ports.
    """
    for port in (wanted,) if wanted is not None else range(first, first + 200) if first else (0,):
        if (held := bound(port)) is not None:
            held.listen(128)
            return held
    if wanted is not None:
        raise UsageError(
            f"--port {wanted}: is taken; name another one, or leave it out for the next free one"
        )
    raise AnnotoolError(f"no free port from {first} to {first + 199}; name one with --port")


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with listener() as held:
        return int(held.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port."""
    held = bound(port)
    if held is not None:
        held.close()
    return held is not None


def bound(port: int) -> socket.socket | None:
    """Return a socket bound to a port, 0: any; None where it is taken."""
    held = socket.socket()
    if os.name != "nt":  # there it would share a port that is in use; here it only forgets closed connections
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HERE, port))
    except (OSError, OverflowError):
        held.close()
        return None
    return held


def listens(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(0.5)
        return asked.connect_ex((HERE, port)) == 0


def start_database(place: Path, port: int | None = None) -> Database:
    """Return a database: the user's where FIFTYONE_DATABASE_URI names one, else our own below `place`, begun.

    Raises AnnotoolError, with what to do, where there is no MongoDB server.
    """
    if uri := os.environ.get("FIFTYONE_DATABASE_URI"):
        if where := silent(uri):
            raise AnnotoolError(
                f"no MongoDB answers at {where}, which FIFTYONE_DATABASE_URI names: start it, or unset that and annotool "
                "starts its own"
            )
        return Database(uri)
    binary = mongod()
    if binary is None:
        raise AnnotoolError("no MongoDB server was found; `annotool review --doctor` says how to get one")
    folder, port = place / "db", port or free_port()
    folder.mkdir(exist_ok=True)
    words = [str(binary), "--dbpath", str(folder), "--port", str(port), "--bind_ip", HERE]
    words += ["--logpath", str(place / MONGO_LOG), "--logappend", "--wiredTigerCacheSizeGB", "0.5"]
    if os.name != "nt":
        words.append("--nounixsocket")
    return Database(f"mongodb://{HERE}:{port}", started(words, place / "mongod.out", os.environ))


def silent(uri: str) -> str:
    """Return host and port of a MongoDB of the user's where nothing answers, and no password; empty: it does, or it is
    named by a service that says where it is."""
    scheme, _, rest = uri.partition("://")
    hosts = rest.partition("/")[0].rpartition("@")[2].split(",")
    if scheme != "mongodb":
        return ""
    for each in hosts:
        parts = urlsplit(f"//{each}")
        with contextlib.suppress(OSError, ValueError):
            socket.create_connection((parts.hostname or HERE, parts.port or 27017), timeout=3).close()
            return ""
    return ", ".join(hosts)


def wait_for(database: Database, place: Path) -> None:
    """Return when a database of our own listens. Raises AnnotoolError, with why, where it does not."""
    if database.process is None:
        return
    for _ in range(600):
        if listens(port_of(database.uri)):
            return
        if database.process.poll() is not None:
            break
        time.sleep(0.05)
    stop(database.process)
    log = place / MONGO_LOG
    raise AnnotoolError(f"MongoDB did not start; {log} says why: {last_words(log)}")


def port_of(uri: str) -> int:
    """Return the port of a database of our own."""
    return int(uri.rpartition(":")[2])


def last_words(log: Path) -> str:
    """The last message of MongoDB's log that is an error, else nothing."""
    if not log.exists():
        return ""
    for line in reversed(log.read_text("utf-8", "replace").splitlines()[-200:]):
        with contextlib.suppress(msgspec.DecodeError):
            told = msgspec.json.decode(line)
            if told.get("s") in ("E", "F"):
                return str(told.get("attr", {}).get("error") or told.get("msg"))[:300]
    return ""


def started(
    words: list[str],
    log: Path,
    env: Mapping[str, str],
    stdin: int = subprocess.DEVNULL,
    held: Sequence[int] = (),
) -> Process:
    """Start a process in a session of its own: a Ctrl-C ends only us, and we end it in order. held: file numbers it
    takes over."""
    with log.open("ab") as out:
        return subprocess.Popen(
            words,
            stdin=stdin,
            stdout=out,
            stderr=out,
            env=dict(env),
            start_new_session=True,
            pass_fds=tuple(held),
        )


def environment(place: Path, uri: str) -> dict[str, str]:
    """Return the environment of every process of a review that imports fiftyone.

    Our own MongoDB confirms a write when it is in the journal. In a MongoDB of the user's the database's name is
    that of the review's folder, so that others who use it too do not meet.
    """
    own = not os.environ.get("FIFTYONE_DATABASE_URI")
    whose = hashlib.sha256(f"{socket.gethostname()}:{place.absolute()}".encode()).hexdigest()[:12]
    return {
        "FIFTYONE_DO_NOT_TRACK": "true",
        **os.environ,
        "FIFTYONE_DATABASE_URI": f"{uri}/?journal=true" if own else uri,
        "FIFTYONE_DATABASE_NAME": DATABASE if own else f"{DATABASE}-{whose}",
        "FIFTYONE_DATABASE_VALIDATION": "false",
        "FIFTYONE_DEFAULT_APP_ADDRESS": HERE,
        "FIFTYONE_SHOW_PROGRESS_BARS": "false",
        "FIFTYONE_PLUGINS_DIR": str(PLUGINS),
        "FIFTYONE_PLUGINS_CACHE_ENABLED": "true",
        "ANNOTOOL_REVIEW": str(place),
    }


def serve(place: Path, database: Database, held: socket.socket) -> Process:
    """Start the App's server on a port we hold; it imports FiftyOne, and shows the review when `ready` tells it to."""
    words = [sys.executable, "-m", "annotool.reviewing.serve", str(place), str(held.getsockname()[1])]
    words.append("own" if database.process is not None else "another's")
    kept: tuple[int, ...] = ()
    if os.name == "nt":
        held.close()
    else:
        kept = (held.fileno(),)
        words.append(str(held.fileno()))
    env = environment(place, database.uri)
    return started(words, place / SERVER_LOG, env, subprocess.PIPE, kept)


def ready(server: Process) -> None:
    """Tell the App's server that the review's folder is whole."""
    assert server.stdin is not None
    with contextlib.suppress(OSError):  # it has ended: who waits for it sees that
        server.stdin.write(b"ready\n")
        server.stdin.flush()


def answers(port: int, patience: float = 1.0) -> bool:
    """Return whether the App's server does."""
    try:
        with urllib.request.urlopen(f"http://{HERE}:{port}/fiftyone", timeout=patience) as told:
            return bool(told.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def running(place: Path) -> Running | None:
    """Return the review that is open in this folder, None where none is, or not yet."""
    try:
        told = msgspec.json.decode((place / RUNNING).read_bytes(), type=Running)
    except (msgspec.DecodeError, OSError):
        return None
    return told if is_held(place) else None


def stop(process: Process | None) -> None:
    """End a process we started, politely, then not."""
    if process is None:
        return
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
