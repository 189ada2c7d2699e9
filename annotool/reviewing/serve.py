"""The App's server, for this machine only: it hands out the review's images and no other file.

    python -m annotool.reviewing.serve FOLDER PORT own|another's [SOCKET]

It imports FiftyOne, then waits on its standard input for a line, puts the review into the database, and serves.
FiftyOne's own server gives any file the user may read to anything that can reach its port. When the standard input
ends, who started it is gone: then it ends itself, and the database where that is the review's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from annotool.memory import without_collector
from annotool.reviewing.tabs import counted

__all__ = ["Guard", "main"]

App = Callable[[Any, Any, Any], Awaitable[None]]
NAMES = ("127.0.0.1", "localhost", "[::1]")
CLOSED = ("list_files",)  # operators of FiftyOne's that show more of the machine than the review
PATIENCE = 5  # seconds for open requests, then it ends all the same


class Guard:
    """Lets through requests to this machine by its own name, from pages of its own, and for media only the review's
    images.

    A page elsewhere can make a browser send requests under a name that it points here, or straight to this address;
    both are refused. A link or a frame that opens the App is not.
    """

    def __init__(self, app: App, images: frozenset[str]) -> None:
        self.app = app
        self.images = images

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not self.allows(scope):
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"not part of this review"})
            return
        if scope["type"] == "websocket" and not self.allows(scope):
            await send({"type": "websocket.close", "code": 1008})
            return
        with counted(scope["path"] if scope["type"] == "http" else ""):
            await self.app(scope, receive, send)

    def allows(self, scope: MutableMapping[str, Any]) -> bool:
        """Return whether a request is for this review."""
        told = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not (is_here(told.get(b"host", "")) and from_here(told)):
            return False
        if scope["path"].rstrip("/") != "/media":
            return True
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("filepath", [])
        return len(asked) == 1 and asked[0] in self.images


def is_here(host: str) -> bool:
    """Whether a host, with or without a port, is a name of this machine for itself."""
    return host in NAMES or host.rpartition(":")[0] in NAMES


def from_here(told: Mapping[bytes, str]) -> bool:
    """Whether a request comes from no page, from one of this server, or opens a page."""
    origin, site = told.get(b"origin"), told.get(b"sec-fetch-site", "none")
    if origin is not None:
        return origin.partition("://")[2] == told.get(b"host", "")
    return site != "cross-site" or told.get(b"sec-fetch-mode") == "navigate"


def close() -> None:
    """Take away the operators that would show folders of this machine."""
    from fiftyone.plugins.context import PluginContext

    asked = PluginContext.can_register
    PluginContext.can_register = lambda self, each: each.name not in CLOSED and asked(self, each)


def main(words: Sequence[str]) -> None:
    """Serve until stopped, or left alone."""
    place, port, own = Path(words[0]), int(words[1]), words[2] == "own"
    os.environ.pop("FIFTYONE_DISABLE_SERVICES", None)
    os.environ["FIFTYONE_SERVER"] = "1"
    import fiftyone.server.app as served
    from fiftyone.server.events import set_port
    from hypercorn.config import Config

    from annotool.reviewing.inside import load

    close()
    if not os.read(0, 64):
        end_database(own)
        return
    with without_collector():
        load(place)
    images = frozenset((place / "images.txt").read_text("utf-8", "surrogateescape").split("\0"))
    config = Config()
    config.bind = [f"fd://{words[3]}" if len(words) > 3 else f"127.0.0.1:{port}"]
    config.graceful_timeout = 1
    set_port(port)
    if asyncio.run(until_stopped(Guard(served.app, images), config)):
        end_database(own)


async def until_stopped(app: App, config: Any) -> bool:
    """Serve until a signal says to end, or the standard input ends; return whether it was the latter."""
    from hypercorn.asyncio import serve

    loop, over, alone = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def end() -> None:
        loop.call_soon_threadsafe(over.set)
        late = threading.Timer(PATIENCE, os._exit, (0,))  # an open request is no reason to stay
        late.daemon = True
        late.start()

    def watch() -> None:
        while os.read(0, 64):  # sys.stdin could not be let go at the end
            pass
        alone.set()
        end()

    signal.signal(signal.SIGTERM, lambda *_: end())
    threading.Thread(target=watch, daemon=True).start()
    await serve(app, config, shutdown_trigger=over.wait)
    return alone.is_set()


def end_database(own: bool) -> None:
    """Tell the review's own MongoDB to end; nobody else is left to do it."""
    if own:
        from pymongo import MongoClient
        from pymongo.errors import PyMongoError

        with contextlib.suppress(PyMongoError):  # it hangs up instead of answering
            MongoClient(os.environ["FIFTYONE_DATABASE_URI"], serverSelectionTimeoutMS=2000).admin.command(
                "shutdown"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
