"""What the pixels of images said before, by the digest of the file's bytes, in the user's cache folder.

A cache may vanish, be locked, damaged or read-only at any time: then the images are decoded again, and nothing is said.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from annotool.imagefile.statistics import VERSION

if TYPE_CHECKING:  # else where a cache is opened: most audits read no pixels
    import sqlite3

__all__ = ["Cache", "place"]

MOST = 500_000  # rows kept, about 75 MB; the oldest go
PATIENCE = 5.0  # seconds to wait while another audit writes
TABLE = "create table if not exists pixels (number integer primary key, content blob unique, statistics blob)"


def place() -> str:
    """The file that statistics of this version are kept in; "" where nothing is to be kept.

    ANNOTOOL_CACHE names another folder, or is `none`.
    """
    from PIL import __version__ as decoder  # another decoder may give other pixels

    folder = _folder()
    return str(folder / f"pixels-{VERSION}-{decoder}.sqlite") if folder else ""


def _folder() -> Path | None:
    named = os.environ.get("ANNOTOOL_CACHE", "")
    if named:
        return None if named.lower() == "none" else Path(named)
    if os.name == "nt":
        local = os.environ.get("LOCALAPPDATA", "")
        return Path(local) / "annotool" / "Cache" if local else None
    given = os.environ.get("XDG_CACHE_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "annotool"
    try:
        home = Path.home()
    except RuntimeError:  # no home folder
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "annotool"


class Cache:
    """One cache file; "" keeps nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.held: sqlite3.Connection | None = None

    def get(self, content: bytes) -> bytes | None:
        """What was kept under this digest, None where nothing was."""
        import sqlite3

        if self.held is None and not self._open():
            return None
        try:
            assert self.held is not None
            found = self.held.execute(
                "select statistics from pixels where content = ?", (content,)
            ).fetchone()
        except sqlite3.Error:
            self.close()
            return None
        return found[0] if found and isinstance(found[0], bytes) else None

    def put(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep statistics by digest; the oldest rows beyond MOST go."""
        import sqlite3

        if not self.path:
            return
        try:
            self._write(list(rows))
        except sqlite3.OperationalError:  # locked, read-only, no space
            return
        except (sqlite3.Error, OSError):  # no database at all: make way for one
            with suppress(OSError):
                Path(self.path).unlink()

    def close(self) -> None:
        """Let go of the file."""
        if self.held is not None:
            self.held.close()
            self.held = None

    def _open(self) -> bool:
        import sqlite3

        if not self.path or not os.path.isfile(self.path):
            return False
        try:
            uri = f"{Path(self.path).absolute().as_uri()}?mode=ro"
            self.held = sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False)
        except (sqlite3.Error, ValueError):
            return False
        return True

    def _write(self, rows: list[tuple[bytes, bytes]]) -> None:
        import sqlite3

        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as held, held:
            held.execute(TABLE)
            held.executemany("insert or ignore into pixels (content, statistics) values (?, ?)", rows)
            held.execute("delete from pixels where number <= (select max(number) from pixels) - ?", (MOST,))
