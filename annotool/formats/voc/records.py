"""The tolerant way through a VOC file: its tree read element by element, every fault filed, nothing dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.formats.voc.document import Document, Element
from annotool.formats.voc.plain import MARK, NAN, Head

__all__ = ["FLAGS", "MORE", "Reading", "number"]

CORNERS = ("xmin", "ymin", "xmax", "ymax")
FLAGS = ("truncated", "difficult", "occluded")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
NO_NUMBER = re.compile(r"[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
AS_FLAG = {"0": b"0", "1": b"1", "true": b"1", "false": b"0"}
USUAL = {"folder", "filename", "path", "source", "size", "segmented", "object"}
USUAL_IN_SOURCE = {"database", "annotation", "image", "flickrid"}
USUAL_IN_OBJECT = {"name", "pose", "bndbox", *FLAGS}
NO_POSE = ("", "unspecified")
MORE = b"more"
"""What the column `beyond` says of an object that holds more than the schema."""


def number(text: str) -> float | None:
    """Return the number a text is, NaN and infinity included; None: it is none. `1_000` and Unicode digits are none."""
    return float(text) if NUMBER.fullmatch(text) or NO_NUMBER.fullmatch(text) else None


@dataclass
class Reading:
    """The reading of one file's tree. source, image: row keys; first: the row key of the file's first annotation.

    `lost` counts problems whose record stands in no table; `unread` holds annotations without a readable box.
    """

    document: Document
    source: int
    image: int
    first: int
    problems: Problems
    objects: list[tuple[Any, ...]] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    oddities: list[tuple[str, str]] = field(default_factory=list)  # of the image: column, text as written
    lost: int = 0

    def run(self) -> Head:
        """Read the whole file: its objects to `objects`, its faults to `problems`, and return the rest."""
        document = self.document
        if document.bom:
            self.file("SCH001", "the file starts with a byte order mark", severity=Severity.WARNING,
                      fix=Fix.SAFE, start=0, end=document.bom, new="")  # fmt: skip
        root = document.root
        if root is not None and root.tag != "annotation":
            root = self.other_root(root)
        for element in root.all("object") if root is not None else []:
            if element.end >= 0:
                self.object(element)
        if document.fault:
            self.broken()
        return self.head(root) if root is not None else Head("", NAN, NAN, False, False)

    # Faults of the file.

    def file(self, rule: str, message: str, *, kept: bool = True, line: int = 1, **columns: Any) -> None:
        self.lost += not kept
        self.problems.add(
            rule, message, source=self.source, image=self.image, line=line, kept=kept, **columns
        )

    def other_root(self, root: Element) -> Element | None:
        if root.all("object"):
            message = "the root element is <{root}>, expected <annotation>; its objects are read"
            self.file("SCH001", message, line=root.line, severity=Severity.WARNING, root=root.tag)
            return root
        if not self.document.fault:
            message = "the root element is <{root}>, expected <annotation>; nothing is read"
            self.file("SCH001", message, line=root.line, kept=False, root=root.tag)
        return None

    def broken(self) -> None:
        fault, document = self.document.fault, self.document
        assert fault is not None
        if not document.root:
            message = "{why}; nothing is read" if not fault.line else "{why} at {at}; nothing is read"
            at = {"at": f"line {fault.line}, column {fault.column}"} if fault.line else {}
            self.file("SCH001", message, line=fault.line or 1, kept=False, start=0, end=len(document.data),
                      why=fault.why, **at)  # fmt: skip
            return
        read = [each.end for each in document.root.all("object") if each.end >= 0]
        rest = read[-1] if read else document.root.start
        message = (
            "{why} at line {at_line}, column {column}; {objects} objects before it are read, the rest is not"
        )
        span = {"start": rest, "end": len(document.data)} if document.own else {}
        kept = b"<object" not in document.data[rest:]
        self.file("SCH001", message, line=fault.line, kept=kept, **span,
                  why=fault.why, at_line=fault.line, column=fault.column, objects=len(read))  # fmt: skip

    # The image.

    def head(self, root: Element) -> Head:
        self.twice(root, ("filename", "size"), self.file, "/annotation")
        size = root.first("size") or Element("size", -1, 0)
        self.twice(size, ("width", "height"), self.file, "/annotation/size")
        width, height = (self.side(size, name) for name in ("width", "height"))
        source = root.first("source")
        extra = any(each.tag not in USUAL for each in root.children)
        extra |= source is not None and any(each.tag not in USUAL_IN_SOURCE for each in source.children)
        marked = source is not None and source.value("database") == MARK
        return Head(root.value("filename"), width, height, extra, marked)

    def side(self, size: Element, name: str) -> float:
        """Return width or height; NaN where it is no number, which SCH009 tells of."""
        text = size.value(name)
        value = number(text)
        if value is None and text:
            self.oddities.append((name, text))
        return NAN if value is None else value

    # One object.

    def object(self, element: Element) -> None:
        index = len(self.objects)
        pointer = f"/annotation/object[{index + 1}]"
        key = self.first + index

        def found(rule: str, message: str, *, at: str = "", **columns: Any) -> None:
            span = {"start": element.start, "end": element.end} if self.document.own else {}
            self.problems.add(rule, message, source=self.source, image=self.image, annotation=key,
                              line=element.line, pointer=pointer + at, **(span | columns))  # fmt: skip

        self.twice(element, ("name", "bndbox", *FLAGS), found)
        name = element.first("name")
        if name is None:
            found("SCH002", "the object has no <name>")
        elif not name.text.strip():
            found("SCH002", "<name> is empty", at="/name")
        flags = [self.flag(element, tag, found) for tag in FLAGS]
        corners = self.corners(element, found)
        if None in corners:
            self.unread.append(key)
        more = any(each.tag not in USUAL_IN_OBJECT for each in element.children)
        more |= element.value("pose").lower() not in NO_POSE
        text = name.text.encode("utf-8", "replace") if name is not None and name.text.strip() else b""
        span = (element.start, element.end) if self.document.own else (-1, -1)
        values = (NAN if each is None else each for each in corners)
        self.objects.append(
            (self.source, index, *span, element.line, text, MORE if more else None, *flags, *values)
        )

    def twice(self, element: Element, tags: tuple[str, ...], found: Any, pointer: str = "") -> None:
        """File every child that stands more than once: loaders take the first, or the last."""
        if len({each.tag for each in element.children}) == len(element.children):
            return
        for tag in tags:
            several = element.all(tag)
            if len(several) > 1:
                same = len({content(each) for each in several}) == 1
                where = {"pointer": f"{pointer}/{tag}"} if pointer else {"at": f"/{tag}"}
                found("SCH002", "<{field}> stands {count} times where one is expected; the first is read",
                      severity=Severity.WARNING if same else -1, field=tag, count=len(several), **where)  # fmt: skip

    def flag(self, element: Element, tag: str, found: Any) -> bytes | None:
        child = element.first(tag)
        if child is None:
            return None
        text = child.text.strip()
        if text in ("0", "1"):
            return text.encode()
        value = number(text)
        known = AS_FLAG.get(text.lower()) or ((b"0", b"1")[int(value)] if value in (0.0, 1.0) else None)
        message = "<{field}> is {text!r}, expected 0 or 1"
        where = f"/{tag}"
        if known is None:
            # `Unspecified` at least says that nobody knows.
            severity = Severity.WARNING if text.lower() == "unspecified" else -1
            found("SCH002", message, at=where, severity=severity, field=tag, text=text)
        elif self.document.own and not child.children:
            span = {"start": self.document.inner(child), "end": child.stop}
            found("SCH002", message, at=where, fix=Fix.SAFE, field=tag, text=text, new=known.decode(), **span)
        else:
            found("SCH002", message, at=where, field=tag, text=text)
        return known

    def corners(self, element: Element, found: Any) -> list[float | None]:
        """Return xmin ymin xmax ymax in whatever order they stand; None: absent or no number."""
        box = element.first("bndbox")
        if box is None:
            found("SCH002", "the object has no <bndbox>")
            return [None] * 4
        self.twice(box, CORNERS, lambda *a, at, **k: found(*a, at=f"/bndbox{at}", **k))
        absent = ", ".join(f"<{tag}>" for tag in CORNERS if box.first(tag) is None)
        if absent:
            found("SCH002", "<bndbox> has no {fields}", at="/bndbox", fields=absent)
        values = [self.corner(box, tag, found) for tag in CORNERS]
        endless = [
            tag
            for tag, value in zip(CORNERS, values, strict=True)
            if value is not None and not isfinite(value)
        ]
        if endless:
            message = "{fields} are no finite numbers ({texts})"
            texts = ", ".join(box.value(tag) for tag in endless)
            fix: dict[str, Any] = (
                {"fix": Fix.UNSAFE, "new": "", **self.whole(element)} if self.document.own else {}
            )
            found("SCH004", message, at="/bndbox", fields=", ".join(endless), texts=texts, **fix)
        return values

    def whole(self, element: Element) -> dict[str, int]:
        """Return the bytes to cut out so that the element is gone and no empty line stays."""
        return {"start": len(self.document.data[: element.start].rstrip(b" \t\r\n")), "end": element.end}

    def corner(self, box: Element, tag: str, found: Any) -> float | None:
        child = box.first(tag)
        if child is None:
            return None
        text = child.text.strip()
        value = number(text)
        if value is None:
            found(
                "SCH002",
                "<{field}> is {text!r}, expected a number",
                at=f"/bndbox/{tag}",
                field=tag,
                text=text,
            )
        return value


def content(element: Element) -> tuple[Any, ...]:
    """Return what an element says, spaces left out, to compare two."""
    flat, waiting = [], [element]
    while waiting:
        each = waiting.pop()
        flat.append((each.tag, each.text.strip()))
        waiting += each.children
    return tuple(flat)
