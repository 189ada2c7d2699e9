"""Where things stand in JSON text that may be broken: values, members and items by their bytes.

Walks bytes or a memory map with regular expressions, one token at a time: for single records and for the few bytes
between the big sections. Positions count from the start of the buffer given.
"""

from __future__ import annotations

import json
import mmap
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

__all__ = [
    "BROKEN",
    "Broken",
    "Member",
    "items",
    "key_text",
    "loaded",
    "members",
    "skip",
    "skip_blank",
    "trailing_commas",
]

Buffer = bytes | mmap.mmap

BLANK = re.compile(rb"[ \t\r\n]*+")
COMMA = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+")
HEAD = re.compile(rb'("(?:[^"\\\r\n]++|\\.)*+")[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)
# A text, a number or a word, a list of these but texts: values whose end is found in one go.
PLAIN = re.compile(rb'"(?:[^"\\\r\n]++|\\.)*+"|[^\s,:\[\]{}"]++|\[[^\[\]{}"]*+\]', re.DOTALL)
TOKEN = re.compile(rb'"(?:[^"\\\r\n]++|\\.)*+"|["\[\]{}]', re.DOTALL)
TRAILING = re.compile(rb'("(?:[^"\\]++|\\.)*+")|,(?=\s*[\]}])', re.DOTALL)

CLOSING = {b"{": b"}", b"[": b"]"}

PATIENT = json.JSONDecoder(strict=False)

BROKEN = object()
"""What `loaded` gives for text that is no JSON value."""


class Broken(ValueError):
    """The text is no JSON here; `at` is the byte where it ends to be some."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


class Member(NamedTuple):
    """One member of an object: its key, where the key's text starts, and the span of its value."""

    key: str
    key_start: int
    start: int
    end: int


def skip_blank(text: Buffer | memoryview, at: int) -> int:
    """Return the first byte from `at` on that is no blank."""
    found = BLANK.match(text, at)
    return found.end() if found else at


def skip(text: Buffer, at: int, stop: int = sys.maxsize) -> int:
    """Return the byte after the value that starts at `at`, its brackets matched. Raises Broken, at `stop` too."""
    plain = PLAIN.match(text, at, stop)
    if plain:
        return plain.end()
    first = text[at : at + 1]
    if first == b'"':
        raise Broken("a string does not end", at)
    if first not in (b"{", b"["):
        raise Broken(f"expected a value, got {shown(first)}", at)
    closing: list[bytes] = []
    for token in TOKEN.finditer(text, at, stop):
        sign = token[0]
        if sign in CLOSING:
            closing.append(CLOSING[sign])
        elif sign == b'"':
            raise Broken("a string does not end", token.start())
        elif len(sign) == 1:
            if sign != closing.pop():
                raise Broken(f"a bracket is closed by {shown(sign)}", token.start())
            if not closing:
                return token.end()
    raise Broken("the text ends inside it", len(text))


def members(text: Buffer, at: int, over: Callable[[str, int], int] | None = None) -> Iterator[Member]:
    """Yield the members of the object that starts at `at`, in order, repeated keys too. Raises Broken.

    `over`, given a key and where its value starts, returns where that ends; by default `skip` does.
    """
    at = skip_blank(text, at + 1)
    while text[at : at + 1] != b"}":
        head = HEAD.match(text, at)
        if not head:
            raise no_member(text, at)
        key = key_text(head[1])
        end = over(key, head.end()) if over else skip(text, head.end())
        yield Member(key, at, head.end(), end)
        at = after_comma(text, end, b"}")


def no_member(text: Buffer, at: int) -> Broken:
    """Say why no key with a colon stands at `at`."""
    if text[at : at + 1] != b'"':
        return Broken(f"expected a key in quotes, got {shown(text[at : at + 1])}", at)
    end = skip(text, at)
    colon = skip_blank(text, end)
    return Broken(
        f"expected ':' after the key {key_text(text[at:end])!r}, got {shown(text[colon : colon + 1])}", colon
    )


def items(text: Buffer, at: int) -> Iterator[tuple[int, int]]:
    """Yield the span of each item of the list that starts at `at`. Raises Broken."""
    at = skip_blank(text, at + 1)
    while text[at : at + 1] != b"]":
        end = skip(text, at)
        yield at, end
        at = after_comma(text, end, b"]")


def after_comma(text: Buffer, at: int, closing: bytes) -> int:
    """Return where the next member or item starts, or the closing bracket; a comma before that is let pass."""
    found = COMMA.match(text, at)
    if found:
        return found.end()
    at = skip_blank(text, at)
    if text[at : at + 1] != closing:
        raise Broken(f"expected ',' or '{closing.decode()}', got {shown(text[at : at + 1])}", at)
    return at


def loaded(text: bytes) -> Any:
    """Return the value of JSON text, with NaN, Infinity and raw control characters let pass; BROKEN where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return PATIENT.decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return BROKEN


def trailing_commas(text: bytes) -> list[int]:
    """Return where commas stand before a closing bracket, outside of strings."""
    return [found.start() for found in TRAILING.finditer(text) if not found[1]]


def key_text(text: bytes) -> str:
    """Return a key as a string; a broken one as it is written."""
    if text.isascii() and b"\\" not in text:
        return text[1:-1].decode()
    value = loaded(text)
    return value if isinstance(value, str) else text.decode("utf-8", "replace")


def shown(sign: bytes) -> str:
    return repr(sign.decode("latin-1")) if sign else "the end of the file"
