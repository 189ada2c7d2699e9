"""What edits change inside one xml file."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, NewBox, Op
from annotool.formats.base import Splice
from annotool.formats.voc.corners import BASES, to_corners, to_xywh
from annotool.formats.voc.document import Document, Element, parse
from annotool.formats.voc.records import CORNERS, FLAGS, number
from annotool.formats.voc.write import escape
from annotool.imagefile.suffix import alike

__all__ = ["Rewrite"]

BLANKS = b" \t\r\n"
BEFORE_SIZE = ("folder", "filename", "path", "source", "owner")
NEW = ("<name>{}</name>", "<pose>Unspecified</pose>", "<truncated>0</truncated>", "<difficult>0</difficult>")


@dataclass(frozen=True)
class Change:
    """Bytes start:end of a document become `new`, for one edit."""

    start: int
    end: int
    new: str
    edit: int


@dataclass
class Rewrite:
    """The rewriting of one file."""

    data: Dataset
    edits: Edits
    source: int

    @cached_property
    def original(self) -> bytes:
        """The file's bytes."""
        return bytes(self.data.source_bytes(self.source))

    @cached_property
    def document(self) -> Document:
        """The file's tree."""
        return parse(self.original)

    def run(self, asked: Sequence[tuple[int, int]]) -> list[Splice]:
        """Return the splices of the edits; each comes with the position of its annotation, or -1 for the image."""
        root = self.document.root
        if root is None:
            return []
        objects = [each for each in root.all("object") if each.end >= 0]
        index = self.data.table("annotations")["index"]
        changes = list(self.image(root, [edit for edit, at in asked if at < 0]))
        for edit, at in asked:
            if at >= 0 and 0 <= index[at] < len(objects):
                changes += self.object(objects[index[at]], edit)
        changes = [each for each in changes if 0 <= each.start <= each.end]  # not where the file breaks off
        if self.document.own:
            encoding = self.document.encoding
            return [
                Splice(
                    self.source,
                    each.start,
                    each.end,
                    each.new.encode(encoding, "xmlcharrefreplace"),
                    each.edit,
                )
                for each in changes
            ]
        return self.recoded(changes)

    def recoded(self, changes: list[Change]) -> list[Splice]:
        """Write the whole file again in its own encoding: its bytes are not the ones the tree speaks of."""
        if not changes:
            return []
        text, at = b"", 0
        for each in sorted(changes, key=lambda each: (each.start, each.end)):
            text += self.document.data[at : each.start] + each.new.encode()
            at = each.end
        whole = (text + self.document.data[at:]).decode()
        mark = next(
            (m for m in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) if self.original.startswith(m)), b""
        )
        new = mark + whole.encode(self.document.encoding, "xmlcharrefreplace")
        return [Splice(self.source, 0, len(self.original), new, changes[0].edit)]

    # The image.

    def image(self, root: Element, edits: Sequence[int]) -> Iterator[Change]:
        sides = {name: edit for edit in edits if (name := self.edits["column"][edit]) in ("width", "height")}
        size = root.first("size")
        if sides and size is None:
            content = "".join(
                f"<{name}>{plain(self.edits['new'][edit])}</{name}>" for name, edit in sides.items()
            )
            yield self.inserted(
                root, f"<size>{content}<depth>3</depth></size>", min(sides.values()), BEFORE_SIZE
            )
        elif size is not None:
            for name, edit in sides.items():
                yield self.text(size, name, plain(self.edits["new"][edit]), edit)
        for edit in edits:
            if self.edits["column"][edit] == "file_name":
                new = str(self.edits["new"][edit])
                written = self.document.value(root, "filename")
                # The folder in front of the name is the reader's, unless the file spells one.
                name = new if "/" in written or "\\" in written else new.rpartition("/")[2]
                old = self.data.table("images")["file_name"][self.edits["row"][edit]]
                if (known := alike(written, old, new)) == written:
                    continue  # there is none, or without a suffix
                yield self.text(root, "filename", escape(known or name), edit)
            elif self.edits["op"][edit] == Op.ADD:
                yield self.inserted(root, self.added(root, self.edits["new"][edit]), edit)

    def added(self, root: Element, new: NewBox) -> str:
        """Return the text of a new object, in whole pixels and a pixel wide at least, indented as the others are."""
        base = str(self.data.facts.get("voc_base", {}).get("base", BASES[0]))
        corners = np.floor(to_corners(np.array([new.box], dtype=np.float64), base)[0] + 0.5)
        corners[2:] = np.maximum(corners[2:], corners[:2] + (base == "0-exclusive"))
        line = self.blank(root.children[-1]) if root.children else ""
        deeper, deepest = (line + line.rpartition("\n")[2] * times for times in (1, 2))
        name = escape(str(self.data.table("categories")["name"][new.category]))
        sides = "".join(
            f"{deepest}<{tag}>{plain(value)}</{tag}>" for tag, value in zip(CORNERS, corners, strict=True)
        )
        head = "".join(deeper + each for each in NEW).format(name)
        return f"<object>{head}{deeper}<bndbox>{sides}{deeper}</bndbox>{line}</object>"

    # One object.

    def object(self, element: Element, edit: int) -> Iterator[Change]:
        column, new = self.edits["column"][edit], self.edits["new"][edit]
        if self.edits["table"][edit] == "categories":
            yield self.text(element, "name", escape(str(new)), edit, whole=True)
        elif self.edits["op"][edit] == Op.DROP:
            start = len(self.document.data[: element.start].rstrip(BLANKS))
            yield Change(start, element.end, "", edit)
        elif column == "bbox":
            yield from self.box(element, new, edit)
        elif column == "category":
            name = new if isinstance(new, str) else self.data.table("categories")["name"][int(new)]
            yield self.text(element, "name", escape(name), edit, whole=True)
        elif column in FLAGS:
            yield self.text(element, column, str(int(new)), edit)

    def box(self, element: Element, xywh: Any, edit: int) -> Iterator[Change]:
        """Change those corners whose number is another now."""
        box = element.first("bndbox")
        corners = to_corners(np.array([xywh], dtype=np.float64), self.base(box, edit))[0].tolist()
        if not np.isfinite(corners).all():
            return
        if box is None:
            content = "".join(
                f"<{tag}>{plain(value)}</{tag}>" for tag, value in zip(CORNERS, corners, strict=True)
            )
            yield self.inserted(element, f"<bndbox>{content}</bndbox>", edit)
            return
        for tag, value in zip(CORNERS, corners, strict=True):
            written = number(self.document.value(box, tag))
            if written is None or plain(written) != plain(value):
                yield self.text(box, tag, plain(value), edit)

    def base(self, box: Element | None, edit: int) -> str:
        """Return the base the box was read in: facts speak of one dataset, and this may be several joined."""
        rows, row = self.data.table("annotations"), int(self.edits["row"][edit])
        held = np.array([rows[name][row] for name in "xywh"])
        written = [number(self.document.value(box, tag)) if box else None for tag in CORNERS]
        if None not in written:
            for base in BASES:
                if np.allclose(
                    to_xywh(np.array([written], dtype=np.float64), base)[0], held, rtol=0, atol=1e-6
                ):
                    return base
        return str(self.data.facts.get("voc_base", {}).get("base", BASES[0]))

    # Elements.

    def text(self, parent: Element, tag: str, new: str, edit: int, whole: bool = False) -> Change:
        """Return the change that gives the first child of that tag another text, blanks around it kept unless they are
        part of the text (`whole`)."""
        child = parent.first(tag)
        if child is None:
            return self.inserted(parent, f"<{tag}>{new}</{tag}>", edit)
        inner = self.document.inner(child)
        if child.stop == child.end:
            return Change(child.start, child.end, f"<{tag}>{new}</{tag}>", edit)
        if whole:
            return Change(inner, child.stop, new, edit)
        held = self.document.data[inner : child.stop]
        start = inner + len(held) - len(held.lstrip(BLANKS))
        return Change(start, start + len(held.strip(BLANKS)), new, edit)

    def inserted(self, parent: Element, new: str, edit: int, after: Sequence[str] = ()) -> Change:
        """Return the change that adds an element: after the last child of those tags, else as the last child."""
        children = [each for each in parent.children if each.tag in after] or (
            [] if after else parent.children
        )
        if children:
            last = children[-1]
            return Change(last.end, last.end, self.blank(last) + new, edit)
        inner = self.document.inner(parent)
        if parent.stop == parent.end:
            return Change(parent.start, parent.end, f"<{parent.tag}>{new}</{parent.tag}>", edit)
        return Change(inner, inner, new, edit)

    def blank(self, element: Element) -> str:
        """Return the blanks before an element."""
        before = self.document.data[: element.start]
        return before[len(before.rstrip(BLANKS)) :].decode()


def plain(value: float) -> str:
    """Return a number as VOC files spell it: whole where it is whole."""
    short = round(float(value), 6)
    return str(int(short)) if short == int(short) else repr(short)
