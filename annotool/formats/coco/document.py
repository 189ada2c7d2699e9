"""One COCO file: its top level walked, the records of its sections in columns, and every fault met on the way.

Rows are the records that could be kept; `index` says which of its list each one is. Positions are bytes of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from annotool.findings import Fix, Severity
from annotool.formats.coco.elements import cut_near, utf8
from annotool.formats.coco.faults import WRONG, Fault, got
from annotool.formats.coco.jsontext import Broken, Buffer, members, skip, skip_blank
from annotool.formats.coco.layout import wide
from annotool.formats.coco.lists import Ahead, Original, joined, listed, rest_of
from annotool.memory import without_collector
from annotool.parallel import LARGE, aside
from annotool.table import Array

__all__ = ["SECTIONS", "Document", "Original", "parse"]

SECTIONS = ("images", "annotations", "categories")
BOM = b"\xef\xbb\xbf"
PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip"}
LFS = b"version https://git-lfs.github.com/spec/v1"
RESULT = ("image_id", "category_id")
FIRST_PART = 0.45  # of a large file that is read here, while another process reads the rest: images cost more than boxes
NEAR = 1 << 16  # bytes in which an annotation tells that it is one


class Document(msgspec.Struct):
    """What was read. columns: a mapping a section; lists: how many records stand in each section's lists."""

    text: Buffer
    columns: dict[str, dict[str, Array]] = msgspec.field(default_factory=dict)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    keys: list[str] = msgspec.field(default_factory=list)  # of the top level
    faults: list[Fault] = msgspec.field(default_factory=list)
    originals: list[Original] = msgspec.field(default_factory=list)
    unknown: dict[str, set[str]] = msgspec.field(
        default_factory=dict
    )  # keys beyond the schema, a set a section
    results: bool = False  # the top level is a list of results
    lost: int = 0  # parts that are no records and could not be read

    @property
    def records(self) -> int:
        """How many records were met, kept or not."""
        return sum(self.counts.values()) + self.lost

    def fault(self, rule: str, message: str, start: int, end: int, **more: Any) -> None:
        """File a fault that is no record's."""
        kept, fix, severity = more.pop("kept", True), more.pop("fix", Fix.NONE), more.pop("severity", -1)
        self.lost += not kept
        self.faults.append(
            Fault(rule, message, start, end, kept=kept, fix=fix, severity=severity, values=more)
        )


def parse(text: Buffer) -> Document:
    """Read one file. Never raises: what is wrong is in `faults`."""
    document = Document(text)
    with without_collector():
        top(document)
    for section in SECTIONS:
        document.columns.setdefault(section, {})
    return document


def top(document: Document) -> None:
    text = document.text
    size = len(text)
    at = 0
    if text[:3] == BOM:
        message = "a byte order mark stands before the text; Python's json refuses the file"
        document.fault("SCH001", message, 0, 3, fix=Fix.SAFE, severity=Severity.WARNING, new="")
        at = 3
    at = skip_blank(text, at)
    first = text[at : at + 1]
    if encoding := wide(bytes(text[:4])):
        message = f"the file is {encoding[:6].upper()}; save it as UTF-8"
        document.fault("SCH001", message, 0, size, kept=False)
    elif first == b"{":
        with read_ahead(text) as ahead:
            sections(document, at, ahead)
    elif first == b"[":
        results(document, at)
    elif not first:
        document.fault("SCH001", "the file is empty", 0, size)
    elif text[: len(LFS)] == LFS:
        message = "a git-lfs pointer stands in place of the file; run `git lfs pull`"
        document.fault("SCH001", message, 0, size, kept=False)
    elif kind := PACKED.get(bytes(text[:2]), ""):
        document.fault("SCH001", "the file is packed ({kind}); unpack it", 0, size, kept=False, kind=kind)
    elif text[at : at + 4] in (b"null", b"true", b"fals") or first in b'"-0123456789':
        message = "expected an object with images, annotations and categories, got {got}"
        document.fault("SCH002", message, at, size, kept=False, got=got(text[at : at + 100]))
    else:
        document.fault(
            "SCH001",
            "the file is no JSON: it starts with {got}",
            at,
            size,
            kept=False,
            got=got(text[at : at + 20]),
        )


@contextmanager
def read_ahead(text: Buffer) -> Iterator[Ahead | None]:
    """Let another process read the annotations in the second half of a large file, if they are what stands there."""
    cut = cut_near(text, int(len(text) * FIRST_PART)) if len(text) >= LARGE else None
    if not cut or text.find(b'"image_id"', cut.after, cut.after + NEAR) < 0:
        yield None
        return
    with aside(lambda: rest_of(Document(text), "annotations", cut), len(text)) as reading:
        yield Ahead(cut, reading) if reading else None


def sections(document: Document, at: int, ahead: Ahead | None) -> None:
    """Read the object at the top."""
    text = document.text
    found: dict[str, list[dict[str, Array]]] = {}
    where: dict[str, tuple[int, int]] = {}

    def over(key: str, start: int) -> int:
        if key not in SECTIONS or text[start : start + 1] != b"[":
            return skip(text, start)
        mine = ahead if key == "annotations" and key not in found else None
        return listed(document, key, start, found.setdefault(key, []), ahead=mine)

    end = skip_blank(text, at + 1)
    try:
        for member in members(text, at, over):
            end = skip_blank(text, member.end)
            repeated(document, member.key, member.key_start, member.end, where)
            document.keys.append(member.key)
            if member.key not in SECTIONS and not utf8(text[member.start : member.end]):
                message = "{key} holds bytes that are no UTF-8"
                document.fault("SCH001", message, member.start, member.end, key=member.key)
            if member.key in SECTIONS and text[member.start : member.start + 1] != b"[":
                value = got(text[member.start : min(member.end, member.start + 100)])
                document.fault(
                    "SCH002",
                    WRONG,
                    member.start,
                    member.end,
                    key=member.key,
                    expected="a list of records",
                    got=value,
                )
    except Broken as broken:
        if not broken_off(document):
            message = "the file cannot be read from here on: {why}"
            document.fault("SCH001", message, min(end, len(text)), len(text), kept=False, why=str(broken))
    else:
        after = skip_blank(text, end + 1)
        if after < len(text):
            message = "more text stands behind the end of the JSON object: {got}"
            document.fault(
                "SCH001", message, after, len(text), kept=False, got=got(text[after : after + 100])
            )
    for key, parts in found.items():
        document.columns[key] = joined(key, parts)
    for key in SECTIONS:
        if key not in document.keys and not broken_off(document):
            document.fault("SCH002", "the file has no section {key}", -1, -1, key=key)


def broken_off(document: Document) -> bool:
    """Whether a fault has told already that the file ends too early."""
    size = len(document.text)
    return any(each.rule == "SCH001" and each.end == size for each in document.faults)


def repeated(document: Document, key: str, start: int, end: int, where: dict[str, tuple[int, int]]) -> None:
    if key in where:
        message = "the section {key} stands twice; loaders take the last, annotool reads both"
        document.fault("SCH002", message, start, end, key=key)
    where[key] = (start, end)


def results(document: Document, at: int) -> None:
    """Read a list at the top: results of a detector, which lack images and categories."""
    document.results = True
    parts: list[dict[str, Array]] = []
    end = listed(document, "annotations", at, parts, required=RESULT)
    document.columns["annotations"] = joined("annotations", parts)
    after = skip_blank(document.text, end)
    if after < len(document.text):
        message = "more text stands behind the end of the list: {got}"
        document.fault(
            "SCH001",
            message,
            after,
            len(document.text),
            kept=False,
            got=got(document.text[after : after + 100]),
        )
