"""The fast way through a VOC file of the usual shape; whatever is unusual, and every fault, is left to the tree.

The patterns admit no entity, comment, CDATA, processing instruction, DTD or unknown element, and have to cover the
file from its first byte to its last: what they accept is well-formed and without fault. tests hold them to the tree.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

__all__ = ["COLUMNS", "MARK", "Head", "plain"]

COLUMNS = ("source", "index", "start", "end", "line", "name", "beyond",
           "truncated", "difficult", "occluded", "xmin", "ymin", "xmax", "ymax")  # fmt: skip
"""What one object is read to: a tuple of these. The last nine are texts as bytes (or numbers); None: absent."""

MARK = "annotool"
"""The <database> our own writer names: its corners are 1-inclusive."""

BLANK = rb"[ \t\r\n]*"
TEXT = rb"[^<>&\x00-\x1f]*"
NUMBER = BLANK + rb"(-?[0-9]{1,9}(?:\.[0-9]{1,17})?)" + BLANK


def element(tag: bytes, content: bytes) -> bytes:
    return rb"<" + tag + rb">" + content + rb"</" + tag + rb">" + BLANK


def either(*patterns: bytes) -> bytes:
    return rb"(?:" + rb"|".join(patterns) + rb")*"


FLAGS = [element(tag, BLANK + rb"([01])" + BLANK) for tag in (b"truncated", b"difficult", b"occluded")]
BOX = BLANK + either(*(element(tag, NUMBER) for tag in (b"xmin", b"ymin", b"xmax", b"ymax")))
OBJECT = re.compile(
    rb"<object>" + BLANK + element(b"name", rb"(" + TEXT + rb"[^<>&\x00-\x20]" + TEXT + rb")")
    + either(element(b"pose", rb"(" + TEXT + rb")"), *FLAGS, element(b"bndbox", BOX))
    + rb"</object>"
)  # fmt: skip
OF_SOURCE = [element(tag, TEXT) for tag in (b"annotation", b"image", b"flickrid")]
SOURCE = BLANK + either(element(b"database", rb"(" + TEXT + rb")"), *OF_SOURCE)
SIZE = BLANK + element(b"width", NUMBER) + element(b"height", NUMBER)
SIZE += rb"(?:" + element(b"depth", rb"[0-9]{0,3}") + rb")?"
HEAD = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["'](?:UTF|utf)-8["'])? ?\?>)?""" + BLANK
    + rb"""<annotation(?: verified="[a-z]*")?>""" + BLANK
    + either(
        element(b"filename", rb"(" + TEXT + rb")"), element(b"folder", TEXT), element(b"path", TEXT),
        element(b"source", SOURCE), element(b"size", SIZE), element(b"segmented", rb"[01]?"),
    )
)  # fmt: skip
TAIL = re.compile(BLANK + rb"</annotation>" + BLANK)
ONCE = (b"<filename>", b"<database>", b"<size>")
CLOSING = 11  # end tags of an object that has all nine texts


class Head(NamedTuple):
    """What one file says of its image; file_name empty and width, height NaN where it says nothing."""

    file_name: str
    width: float
    height: float
    extra: bool
    marked: bool


NAN = float("nan")


def plain(data: bytes, source: int) -> tuple[Head, list[tuple[Any, ...]]] | None:
    """Return what a file of the usual shape says, its objects as tuples of COLUMNS; None for any other file."""
    head = HEAD.match(data)
    if head is None or not clean(data):
        return None
    at = head.end()
    if any(data.count(tag, 0, at) > 1 for tag in ONCE):
        return None
    line, counted = 1, 0
    objects: list[tuple[Any, ...]] = []
    for found in OBJECT.finditer(data, at):
        start, end = found.span()
        if data[at:start].strip(b" \t\r\n"):
            return None
        line += data.count(b"\n", counted, start)
        texts = found.groups()
        # Every element at most once, the box and its corners once: else a loop of the pattern took one twice.
        if None in texts[5:] or data.count(b"</", start, end) != CLOSING - texts.count(None):
            return None
        objects.append((source, len(objects), start, end, line, *texts))
        at, counted = end, start
    if TAIL.fullmatch(data, at) is None:
        return None
    name, database, width, height = head.groups()
    return Head(
        name.decode().strip() if name else "",
        float(width) if width else NAN,
        float(height) if height else NAN,
        False,
        database == MARK.encode(),
    ), objects


def clean(data: bytes) -> bool:
    """Whether all bytes are UTF-8 that XML allows, and lines end usually; control characters are the patterns' business."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    if data.isascii():
        return True
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return "\ufffe" not in text and "\uffff" not in text and "\ufeff" not in text
