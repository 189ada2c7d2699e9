"""One XML file as a tree of elements that know their bytes, read by expat: no entity, DTD or network is ever followed."""

from __future__ import annotations

import codecs
import re
from xml.parsers import expat

import msgspec

__all__ = ["Document", "Element", "Fault", "parse"]

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
MARKUP = re.compile(rb"[<&\r]")
START_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
DEEPEST = 200  # elements within elements; VOC needs four


class Element:
    """One element. Bytes: start (of `<tag`), stop (of `</tag>`), end; in `<tag/>` stop is end. An element the file
    breaks off in has stop and end -1."""

    __slots__ = ("children", "end", "start", "stop", "tag")

    def __init__(self, tag: str, start: int) -> None:
        self.tag, self.start = tag, start
        self.stop = self.end = -1
        self.children: list[Element] = NO_CHILDREN

    def all(self, tag: str) -> list[Element]:
        """Return the children of that tag."""
        return [each for each in self.children if each.tag == tag]

    def first(self, tag: str) -> Element | None:
        """Return the first child of that tag, which is the one loaders take."""
        for each in self.children:
            if each.tag == tag:
                return each
        return None


NO_CHILDREN: list[Element] = []  # shared by all leaves, never appended to


class Fault(msgspec.Struct, frozen=True):
    """Why a file is not, or not wholly, read. line and column count from 1; 0: the whole file."""

    why: str
    line: int = 0
    column: int = 0


class Document(msgspec.Struct):
    """What was parsed. root None: nothing; fault: where and why parsing ended.

    data: the UTF-8 bytes that the elements' offsets speak of; own: they are the file's own bytes, not recoded ones.
    """

    data: bytes
    root: Element | None = None
    fault: Fault | None = None
    own: bool = True
    encoding: str = "utf-8"
    bom: int = 0  # bytes

    def line(self, element: Element) -> int:
        """Return the line an element starts in, from 1."""
        return self.data.count(b"\n", 0, element.start) + 1

    def inner(self, element: Element) -> int:
        """Return the byte after the element's start tag."""
        found = START_TAG.match(self.data, element.start)
        return found.end() if found else element.start

    def text(self, element: Element | None) -> str:
        """Return the text an element holds itself, not that of its children; empty for None."""
        if element is None or element.stop == element.end:
            return ""
        raw = self.data[self.inner(element) : element.stop]
        if MARKUP.search(raw):
            return expanded(raw)
        return raw.decode("utf-8", "replace")

    def value(self, parent: Element, tag: str) -> str:
        """Return the stripped text of the first child of that tag; empty where there is none."""
        return self.text(parent.first(tag)).strip()


def expanded(raw: bytes) -> str:
    """Return the text of well-formed content: references and CDATA expanded, children and comments left out."""
    texts: list[str] = []
    depth = 0

    def deeper(*_: object) -> None:
        nonlocal depth
        depth += 1

    def higher(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = deeper, higher
    parser.CharacterDataHandler = lambda text: texts.append(text) if depth == 1 else None
    parser.Parse(b"<r>" + raw + b"</r>", True)
    parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
    return "".join(texts)


class Refused(Exception):
    """The document asks for something that is never done."""


def parse(data: bytes) -> Document:
    """Parse one file. Never raises: what is wrong is in `fault`, what was read before it in `root`.

    A document that declares an entity, or leans on one declared elsewhere, is refused whole: expanding may not end,
    and leaving it out would silently cut names. Sources: XML 1.0 (W3C), sections 2.8 and 4; Python's pyexpat.
    """
    if not data.strip():
        return Document(data, fault=Fault("the file is empty" if not data else "the file holds only blanks"))
    if data.startswith(LFS_POINTER):
        return Document(
            data, fault=Fault("a git-lfs pointer stands in place of the file; run `git lfs pull`")
        )
    document = decoded(data)
    if document.fault is None:
        Builder(document).run()
    return document


def decoded(data: bytes) -> Document:
    """Return a Document whose `data` is UTF-8: the very bytes, or recoded from the encoding the file names."""
    bom, encoding = next(((mark, name) for mark, name in BOMS if data.startswith(mark)), (b"", ""))
    if not encoding:
        named = DECLARED.match(data)
        encoding = named[1].decode() if named else "utf-8"
    try:
        if (name := codecs.lookup(encoding).name) in ("utf-8", "ascii"):
            return Document(data, encoding=name, bom=len(bom))
        text = data[len(bom) :].decode(encoding)
    except LookupError:
        return Document(data, fault=Fault(f"its encoding {encoding!r} is not known"))
    except (ValueError, UnicodeError):
        return Document(data, fault=Fault(f"it says its encoding is {encoding!r}, but its bytes are not"))
    return Document(text.encode("utf-8", "replace"), own=False, encoding=encoding)


class Builder(msgspec.Struct):
    """Builds the tree of one document while expat reads it."""

    document: Document
    parser: expat.XMLParserType = msgspec.field(default_factory=lambda: expat.ParserCreate("utf-8"))
    open: list[Element] = msgspec.field(default_factory=list)

    def run(self) -> None:
        parser, document = self.parser, self.document
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.EntityDeclHandler = self.entity
        parser.SkippedEntityHandler = self.skipped
        try:
            parser.Parse(document.data, True)
        except Refused as refused:
            document.root = None
            document.fault = Fault(str(refused), parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code) or "cannot be parsed"
            document.fault = Fault(f"not well-formed: {why}", error.lineno, error.offset + 1)
        # The handlers hold the parser and the parser the handlers.
        parser.StartElementHandler = parser.EndElementHandler = None
        parser.EntityDeclHandler = parser.SkippedEntityHandler = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, self.parser.CurrentByteIndex)
        if not self.open:
            self.document.root = element
        elif self.open[-1].children:
            self.open[-1].children.append(element)
        else:
            self.open[-1].children = [element]
        if len(self.open) >= DEEPEST:
            raise Refused(f"elements stand more than {DEEPEST} deep in each other")
        self.open.append(element)

    def end(self, tag: str) -> None:
        element, data, at = self.open.pop(), self.document.data, self.parser.CurrentByteIndex
        element.stop = at
        # Of `<tag/>` expat gives the byte behind it; but text may end in `/>` too.
        if not element.children and data[at - 2 : at] == b"/>" and self.document.inner(element) == at:
            element.end = at
        else:
            element.end = data.find(b">", at) + 1

    def entity(self, *_: object) -> None:
        raise Refused("the document declares an entity")

    def skipped(self, name: str, parameter: bool) -> None:
        raise Refused(f"the document uses the entity {name!r} of an outside DTD")
