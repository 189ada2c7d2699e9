"""One image file read, digested and decoded, and the process that does so for many: a decoder that crashes takes only that down."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import stat
import struct
import sys
import warnings
from typing import NamedTuple

from annotool.imagefile.cache import Cache
from annotool.imagefile.decoder import opened, reason
from annotool.imagefile.statistics import Statistics, of_image, packed, unpacked

__all__ = ["READY", "Answer", "main", "measured"]

READY = b"ready\n"
IN_MEMORY = 1 << 26  # bytes; a larger file is read twice: to digest it, and to decode it


class Answer(NamedTuple):
    """What came of one file: the digest of its bytes, the statistics of its pixels, or why there are none."""

    content: bytes = b""
    found: Statistics | None = None
    error: str = ""
    known: bool = False  # from the cache


def measured(path: str, cache: Cache) -> Answer:
    """Read one image file and take its pixels apart, unless the cache knows its bytes."""
    content = b""
    try:
        with os.fdopen(
            os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
        ) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return Answer(error="not a file")
            held = file if status.st_size > IN_MEMORY else io.BytesIO(file.read())
            content = hashlib.file_digest(held, lambda: hashlib.blake2b(digest_size=16)).digest()
            if kept := _known(cache, content):
                return Answer(content, kept, known=True)
            held.seek(0)
            with opened(held) as image:
                return Answer(content, of_image(image))
    except Exception as error:  # noqa: BLE001 - a broken file makes Pillow raise exceptions of any class
        return Answer(content, error=reason(error))


def _known(cache: Cache, content: bytes) -> Statistics | None:
    held = cache.get(content)
    try:
        return unpacked(held) if held else None
    except struct.error:
        return None


def main() -> None:
    """Answer lines of json on standard input, each {"cache": path, "paths": [...]}, with a line of json a path."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a decoder that prints must not garble the answers
    warnings.simplefilter("ignore")
    answers.write(READY)
    cache = Cache("")
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if asked["cache"] != cache.path:
            cache.close()
            cache = Cache(asked["cache"])
        for path in asked["paths"]:
            answers.write(spoken(measured(path, cache)))
        cache.close()  # so that another process may clear it away


def spoken(answer: Answer) -> bytes:
    """An answer as a line of json."""
    found = packed(answer.found).hex() if answer.found else ""
    return json.dumps([answer.content.hex(), found, answer.error, answer.known]).encode() + b"\n"


def heard(line: bytes) -> Answer:
    """The answer that a line of json tells."""
    content, found, error, known = json.loads(line)
    return Answer(bytes.fromhex(content), unpacked(bytes.fromhex(found)) if found else None, error, known)
