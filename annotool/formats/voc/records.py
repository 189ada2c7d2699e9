"""The tolerant way through a VOC file: its tree read element by element, every fault filed, nothing dropped."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

import msgspec

from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.formats.voc.document import Document, Element, Fault
from annotool.formats.voc.plain import BEYOND, MARK, NAN, Head

__all__ = ["CORNERS", "FLAGS", "NO_POSE", "Reading", "number"]

CORNERS = ("xmin", "ymin", "xmax", "ymax")
FLAGS = ("truncated", "difficult", "occluded")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
AS_FLAG = {"true": 1, "false": 0}
USUAL = {"folder", "filename", "path", "source", "size", "segmented", "object"}
USUAL_IN_SOURCE = {"database", "annotation", "image", "flickrid"}
USUAL_IN_OBJECT = {"name", "pose", "bndbox", *FLAGS}
NO_POSE = ("", "unspecified")

File = Callable[..., None]


def number(text: str) -> float | None:
    """Return the number a text is, NaN and infinity included; None: it is none. `1_000` and Unicode digits are none."""
    return float(text) if NUMBER.fullmatch(text) or NO_NUMBER.fullmatch(text) else None


class Reading(msgspec.Struct):
    """The reading of one file's tree. source, image: row keys; first: the row key of the file's first annotation.

    objects: tuples of plain.COLUMNS. unread: keys of annotations without a readable box. oddities: of the image, the
    column and the text of what is no number. lost: how many problems there are whose record stands in no table.
    """

    document: Document
    source: int
    image: int
    first: int
    problems: Problems
    objects: list[tuple[Any, ...]] = msgspec.field(default_factory=list)
    unread: list[int] = msgspec.field(default_factory=list)
    oddities: list[tuple[str, str]] = msgspec.field(default_factory=list)
    lost: int = 0
    line: int = 1  # of the byte `counted`
    counted: int = 0

    def run(self) -> Head:
        """Read the whole file: its objects to `objects`, its faults to `problems`, and return the rest."""
        document = self.document
        if document.bom:
            self.file("the file starts with a byte order mark", severity=Severity.WARNING,
                      fix=Fix.SAFE, start=0, end=document.bom, new="")  # fmt: skip
        root = document.root
        if root is not None and root.tag != "annotation":
            root = self.other_root(root)
        for element in root.all("object") if root is not None else []:
            if element.end >= 0:
                self.object(element)
        if document.fault:
            self.broken(document.fault)
        return self.head(root) if root is not None else Head("", NAN, NAN, False, False)

    # Faults of the file.

    def file(self, message: str, rule: str = "SCH001", *, kept: bool = True, **columns: Any) -> None:
        """File a fault of the whole file. A warning names no image: what was read of it is sound, and to be judged."""
        self.lost += not kept
        warning = columns.get("severity") == Severity.WARNING
        place = {"source": self.source, "image": -1 if warning else self.image, "line": 1}
        self.problems.add(rule, message, kept=kept, **(place | columns))

    def other_root(self, root: Element) -> Element | None:
        if root.all("object"):
            message = "the root element is <{root}>, expected <annotation>; its objects are read"
            self.file(message, line=self.document.line(root), severity=Severity.WARNING, root=root.tag)
            return root
        if not self.document.fault:
            message = "the root element is <{root}>, expected <annotation>; nothing is read"
            self.file(message, line=self.document.line(root), kept=False, root=root.tag)
        return None

    def broken(self, fault: Fault) -> None:
        """File what ended the parsing: with nothing read, or in the middle."""
        root, data = self.document.root, self.document.data
        at = f" at {fault.line}:{fault.column}" if fault.line else ""
        objects = root.all("object") if root is not None else []
        read = [each.end for each in objects if each.end >= 0]
        rest = read[-1] if read else root.start if root is not None else 0
        span: dict[str, Any] = {"start": rest, "end": len(data)} if self.document.own else {}
        if root is None:
            self.file(
                "{why}{at}; nothing is read", kept=False, line=fault.line or 1, why=fault.why, at=at, **span
            )
            return
        message = "{why}{at}; {objects} objects before it are read, the rest is not"
        span["kept"] = b"<object" not in data[rest:]
        self.file(message, line=fault.line, why=fault.why, at=at, objects=len(read), **span)

    # The image.

    def head(self, root: Element) -> Head:
        self.twice(root, ("filename", "size"), self.file, Severity.WARNING)
        size = root.first("size") or Element("size", -1)
        self.twice(size, ("width", "height"), self.file, Severity.WARNING)
        width, height = (self.side(size, name) for name in ("width", "height"))
        source = root.first("source") or Element("source", -1)
        extra = any(each.tag not in USUAL for each in root.children)
        extra |= any(each.tag not in USUAL_IN_SOURCE for each in source.children)
        value = self.document.value
        return Head(value(root, "filename"), width, height, extra, value(source, "database") == MARK)

    def side(self, size: Element, name: str) -> float:
        """Return width or height; NaN where it is no number, which SCH009 tells of."""
        text = self.document.value(size, name)
        value = number(text)
        if value is None and text:
            self.oddities.append((name, text))
        return NAN if value is None else value

    # One object.

    def object(self, element: Element) -> None:
        index, own = len(self.objects), self.document.own
        self.line += self.document.data.count(b"\n", self.counted, element.start)
        self.counted = element.start
        place = {
            "source": self.source,
            "image": self.image,
            "annotation": self.first + index,
            "line": self.line,
        }
        start, end = (element.start, element.end) if own else (-1, -1)

        def found(message: str, rule: str = "SCH002", **columns: Any) -> None:
            pointer = f"/annotation/object[{index + 1}]"
            more = {**place, "start": start, "end": end, "pointer": pointer, **columns}
            self.problems.add(rule, message, **more)

        children = firsts(element)
        self.twice(element, ("name", "bndbox", *FLAGS), found)
        name = self.name(children.get("name"), found)
        flags = [self.flag(child, found) if (child := children.get(tag)) else None for tag in FLAGS]
        corners = self.corners(children.get("bndbox"), found)
        if None in corners:
            self.unread.append(place["annotation"])
        pose = self.document.text(children.get("pose")).strip().lower()
        more = BEYOND if pose not in NO_POSE or not USUAL_IN_OBJECT.issuperset(children) else None
        numbers = [NAN if each is None else each for each in corners]
        self.objects.append((self.source, index, start, end, self.line, name, more, *flags, *numbers))

    def name(self, child: Element | None, found: File) -> bytes:
        """Return the category's name as it stands, UTF-8; empty where there is none."""
        if child is None:
            found("the object has no <name>")
            return b""
        text = self.document.text(child)
        if not text.strip():
            found("<name> is empty")
            return b""
        return text.encode("utf-8", "replace")

    def flag(self, child: Element, found: File) -> bytes | None:
        """Return a flag as b"0" or b"1"; None where it says something else."""
        text = self.document.text(child).strip()
        if text in ("0", "1"):
            return text.encode()
        value = AS_FLAG.get(text.lower(), number(text))
        known = b"%d" % value if value in (0, 1) else None
        mend: dict[str, Any] = {}
        if known and self.document.own and not child.children:
            span = {"start": self.document.inner(child), "end": child.stop}
            mend = {"fix": Fix.SAFE, "new": known.decode(), **span}
        found("<{field}> is {text!r}, expected 0 or 1", field=child.tag, text=shown(text), **mend)
        return known

    def corners(self, box: Element | None, found: File) -> list[float | None]:
        """Return xmin ymin xmax ymax in whatever order they stand; None: absent or no number."""
        if box is None:
            found("the object has no <bndbox>")
            return [None] * 4
        self.twice(box, CORNERS, found)
        children = firsts(box)
        texts = {tag: self.document.text(children[tag]).strip() for tag in CORNERS if tag in children}
        if len(texts) < len(CORNERS):
            absent = ", ".join(f"<{tag}>" for tag in CORNERS if tag not in texts)
            found("<bndbox> has no {fields}", fields=absent)
        values = {tag: number(text) for tag, text in texts.items()}
        for tag in (tag for tag, value in values.items() if value is None):
            found("<{field}> is {text!r}, expected a number", field=tag, text=shown(texts[tag]))
        endless = [tag for tag, value in values.items() if value is not None and not isfinite(value)]
        if endless:
            fields = ", ".join(f"<{tag}> is {shown(texts[tag])}" for tag in endless)
            found("{fields}: expected a finite number", "SCH004", fields=fields)
        return [values.get(tag) for tag in CORNERS]

    def twice(self, element: Element, tags: tuple[str, ...], file: File, differing: int = -1) -> None:
        """File each child that stands more than once: some loaders take the first, some the last. differing: the
        severity where they do not say the same."""
        if len({each.tag for each in element.children}) == len(element.children):
            return
        for tag in tags:
            several = element.all(tag)
            if len(several) > 1:
                same = len({self.content(each) for each in several}) == 1
                file("<{field}> stands {count} times, expected once; the first is read", "SCH002",
                     severity=Severity.WARNING if same else differing, field=tag, count=len(several))  # fmt: skip

    def content(self, element: Element) -> tuple[Any, ...]:
        """Return what an element says, spaces left out, to compare two."""
        flat, waiting = [], [element]
        while waiting:
            each = waiting.pop()
            flat.append((each.tag, self.document.text(each).strip()))
            waiting += each.children
        return tuple(flat)


def shown(text: str) -> str:
    """Return a text as messages show it: not longer than 40 characters."""
    return text if len(text) <= 40 else f"{text[:37]}..."


def firsts(element: Element) -> dict[str, Element]:
    """Return the first child of each tag."""
    return {each.tag: each for each in reversed(element.children)}
