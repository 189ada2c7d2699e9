"""The App's server, for this machine only: it hands out the review's images and no other file.

    python -m annotool.reviewing.serve FOLDER PORT

FiftyOne's own server gives any file the user may read to anything that can reach its port.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

__all__ = ["Guard", "main"]

App = Callable[[Any, Any, Any], Awaitable[None]]
NAMES = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Lets through requests to this machine by its own name, and for media only the review's images.

    A page elsewhere can make a browser send requests under a name that it points here; such names are refused.
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
        await self.app(scope, receive, send)

    def allows(self, scope: MutableMapping[str, Any]) -> bool:
        """Return whether a request is for this review."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if host.rpartition(":")[0] not in NAMES and host not in NAMES:
            return False
        if scope["path"].rstrip("/") != "/media":
            return True
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("filepath", [])
        return len(asked) == 1 and asked[0] in self.images


def main(words: Sequence[str]) -> None:
    """Serve until stopped."""
    place, port = Path(words[0]), int(words[1])
    os.environ.pop("FIFTYONE_DISABLE_SERVICES", None)
    os.environ["FIFTYONE_SERVER"] = "1"
    from fiftyone.server.app import app
    from fiftyone.server.events import set_port
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    images = frozenset((place / "images.txt").read_text("utf-8", "surrogateescape").split("\0"))
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    set_port(port)
    asyncio.run(serve(Guard(app, images), config))


if __name__ == "__main__":
    main(sys.argv[1:])
