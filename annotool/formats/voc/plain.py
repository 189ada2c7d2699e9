"""The fast way through a VOC file of the usual shape; whatever is unusual, and every fault, is left to the tree.

The patterns admit no entity, comment, CDATA, processing instruction, DTD or unknown element, and have to cover the
file from its first byte to its last: what they accept is well-formed and without fault. Where they step over elements
that the schema does not hold, expat says whether the file is well-formed. Tests hold this way to the tolerant one.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from xml.parsers import expat

__all__ = ["BEYOND", "COLUMNS", "MARK", "Head", "plain"]

COLUMNS = ("source", "index", "start", "end", "line", "name", "beyond",
           "truncated", "difficult", "occluded", "xmin", "ymin", "xmax", "ymax")  # fmt: skip
"""What one object is read to: a tuple of these. The last nine are texts as bytes (or numbers); None: absent."""

MARK = "annotool"
"""The <database> our own writer names: its corners are 1-inclusive."""

BLANK = rb"[ \t\r\n]*+"
TEXT = rb"[^<>&\x00-\x1f]*+"
NUMBER = BLANK + rb"(-?[0-9]{1,9}(?:\.[0-9]{1,17})?)" + BLANK


def element(tag: bytes, content: bytes) -> bytes:
    return rb"<" + tag + rb">" + content + rb"</" + tag + rb">" + BLANK


def either(*patterns: bytes) -> bytes:
    return rb"(?:" + rb"|".join(patterns) + rb")*+"


FLAGS = [element(tag, BLANK + rb"([01])" + BLANK) for tag in (b"truncated", b"difficult", b"occluded")]
BOX = BLANK + either(*(element(tag, NUMBER) for tag in (b"xmin", b"ymin", b"xmax", b"ymax")))
# What exporters add and the schema does not hold: from `<part>` to the next `</part>`, none of its kind inside.
OTHER = rb"<(part|actions|point|polygon|attributes)>(?:[^<&]|<(?![!?]|/?(?:\11|object|annotation)\b))*+</\11>"
MORE = rb"((?:" + OTHER + BLANK + rb")++)"
OBJECT = re.compile(
    rb"<object>" + BLANK + element(b"name", rb"(?!" + BLANK + rb"<)(" + TEXT + rb")")
    + either(element(b"pose", rb"(" + TEXT + rb")"), *FLAGS, element(b"bndbox", BOX), MORE)
    + rb"</object>"
)  # fmt: skip
OF_SOURCE = [element(tag, TEXT) for tag in (b"annotation", b"image", b"flickrid")]
SOURCE = BLANK + either(element(b"database", rb"(" + TEXT + rb")"), *OF_SOURCE)
OWNER = (
    rb"(<owner>)" + BLANK + either(element(b"flickrid", TEXT), element(b"name", TEXT)) + rb"</owner>" + BLANK
)
SIZE = BLANK + element(b"width", NUMBER) + element(b"height", NUMBER)
SIZE += rb"(?:" + element(b"depth", rb"[0-9]{0,3}") + rb")?"
HEAD = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["'](?:UTF|utf)-8["'])? ?\?>)?""" + BLANK
    + rb"""<annotation(?: verified="[a-z]*")?>""" + BLANK
    + either(
        element(b"filename", rb"(" + TEXT + rb")"), element(b"folder", TEXT), element(b"path", TEXT),
        element(b"source", SOURCE), element(b"size", SIZE), element(b"segmented", rb"[01]?"),
        rb"<folder/>" + BLANK, OWNER,
    )
)  # fmt: skip
TAIL = re.compile(BLANK + rb"</annotation>" + BLANK)
ONCE = (b"<filename>", b"<database>", b"<size>")
BEYOND = b"more"  # what the column `beyond` says of an object that holds more than the schema
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
    line, counted, proven = 1, 0, True
    objects: list[tuple[Any, ...]] = []
    for found in OBJECT.finditer(data, at):
        start, end = found.span()
        if data[at:start].strip(b" \t\r\n"):
            return None
        line += data.count(b"\n", counted, start)
        *texts, others, _ = found.groups()
        closing = data.count(b"</", start, end)
        closing -= others.count(b"</") if others else 0
        # Every element at most once, the box and its corners once: else a loop of the pattern took one twice.
        if None in texts[5:] or closing != CLOSING - texts.count(None):
            return None
        if others:
            texts[1], proven = BEYOND, False
        objects.append((source, len(objects), start, end, line, *texts))
        at, counted = end, start
    if TAIL.fullmatch(data, at) is None or not (proven or well_formed(data)):
        return None
    name, database, width, height, owner = head.groups()
    return Head(
        name.decode().strip() if name else "",
        float(width) if width else NAN,
        float(height) if height else NAN,
        owner is not None,
        database == MARK.encode(),
    ), objects


def well_formed(data: bytes) -> bool:
    try:
        expat.ParserCreate("utf-8").Parse(data, True)
    except expat.ExpatError:
        return False
    return True


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
