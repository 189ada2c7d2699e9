"""The two processes behind a review, a MongoDB and the App's server: started, watched, ended; nothing else is touched.

FiftyOne would start both itself, but then ignores the database folder when another FiftyOne runs, races with
others that start, and in containers listens on all addresses.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec

from annotool.errors import AnnotoolError, MissingExtraError, UsageError

__all__ = [
    "DATABASE",
    "HERE",
    "Database",
    "Running",
    "answers",
    "check_extra",
    "environment",
    "free_port",
    "mongod",
    "running",
    "serve",
    "start_database",
    "stop",
]

HERE = "127.0.0.1"
DATABASE = "annotool"
DEFAULT_PORT = 5151
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
    process: subprocess.Popen[bytes] | None = None


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


def free_port(wanted: int | None = None, first: int = 0) -> int:
    """Return a free port: the `wanted` one, else the next from `first`, 0: any. Raises UsageError."""
    if wanted is not None and not is_free(wanted):
        raise UsageError(
            f"--port {wanted}: is taken; name another one, or leave it out for the next free one"
        )
    if wanted is not None:
        return wanted
    for port in range(first, first + 200) if first else (0,):
        if found := bound(port):
            return found
    raise AnnotoolError(f"no free port from {first} to {first + 199}; name one with --port")


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port."""
    return bound(port) > 0


def bound(port: int) -> int:
    """Bind a port for a moment, 0: any; return which, or 0 where it is taken."""
    with socket.socket() as held, contextlib.suppress(OSError, OverflowError):
        if (
            os.name != "nt"
        ):  # there it would share a port that is in use; here it only forgets closed connections
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HERE, port))
        return int(held.getsockname()[1])
    return 0


def listens(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(0.5)
        return asked.connect_ex((HERE, port)) == 0


def start_database(place: Path, port: int | None = None) -> Database:
    """Return a database: the user's where FIFTYONE_DATABASE_URI names one, else our own below `place`, started.

    Raises AnnotoolError, with what to do, where there is no MongoDB server or it does not start.
    """
    if uri := os.environ.get("FIFTYONE_DATABASE_URI"):
        return Database(uri)
    binary = mongod()
    if binary is None:
        raise AnnotoolError("no MongoDB server was found; `annotool review --doctor` says how to get one")
    folder, port = place / "db", port or free_port()
    folder.mkdir(exist_ok=True)
    log = place / "mongod.log"
    words = [str(binary), "--dbpath", str(folder), "--port", str(port), "--bind_ip", HERE]
    words += ["--logpath", str(log), "--logappend", "--wiredTigerCacheSizeGB", "0.5"]
    if os.name != "nt":
        words.append("--nounixsocket")
    process = started(words, place / "mongod.out", os.environ)
    for _ in range(600):
        if listens(port):
            return Database(f"mongodb://{HERE}:{port}", process)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    stop(process)
    raise AnnotoolError(f"MongoDB did not start; {log} says why: {last_words(log)}")


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


def started(words: list[str], log: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own: a Ctrl-C ends only us, and we end it in order."""
    with log.open("ab") as out:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=dict(env), start_new_session=True
        )


def environment(place: Path, uri: str) -> dict[str, str]:
    """Return the environment of every process of a review that imports fiftyone."""
    return {
        "FIFTYONE_DO_NOT_TRACK": "true",
        **os.environ,
        "FIFTYONE_DATABASE_URI": uri,
        "FIFTYONE_DATABASE_NAME": DATABASE,
        "FIFTYONE_DATABASE_VALIDATION": "false",
        "FIFTYONE_DEFAULT_APP_ADDRESS": HERE,
        "FIFTYONE_SHOW_PROGRESS_BARS": "false",
        "FIFTYONE_PLUGINS_DIR": str(PLUGINS),
        "FIFTYONE_PLUGINS_CACHE_ENABLED": "true",
        "ANNOTOOL_REVIEW": str(place),
    }


def serve(place: Path, uri: str, port: int) -> subprocess.Popen[bytes]:
    """Start the App's server; it answers some seconds later."""
    words = [sys.executable, "-m", "annotool.reviewing.serve", str(place), str(port)]
    return started(words, place / "server.log", environment(place, uri))


def answers(port: int) -> bool:
    """Return whether the App's server does."""
    try:
        with urllib.request.urlopen(f"http://{HERE}:{port}/fiftyone", timeout=2) as told:
            return bool(told.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def running(place: Path) -> Running | None:
    """Return the review that is open in this folder, None where none is."""
    file = place / "server.json"
    if not file.exists():
        return None
    try:
        told = msgspec.json.decode(file.read_bytes(), type=Running)
        os.kill(told.pid, 0)
    except (msgspec.DecodeError, ProcessLookupError, PermissionError, OSError):
        return None
    return told if listens(told.port) or answers(told.port) else None


def stop(process: subprocess.Popen[bytes] | None) -> None:
    """End a process we started, politely, then not."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
