"""The records of a long JSON list, a few megabytes at a time: their bytes, and whether they are sound JSON.

A piece of the list is cut where one record seems to end and the next to begin, and msgspec splits it; a cut that falls
inside a record or a string makes the piece fail, never come out wrong. A piece that fails is walked record by record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from annotool.formats.coco.jsontext import BROKEN, Broken, Buffer, loaded, skip, skip_blank
from annotool.table import Array

__all__ = ["Alike", "Cut", "Elements", "Piece", "Slip", "cut_near", "utf8"]

PIECE = 1 << 21  # bytes: what fits in a core's cache
BLANKS = b" " * 24

CUT = re.compile(rb"\}[ \t\r\n]*+,(?=[ \t\r\n]*+\{)")
# Where a record ends that cannot be followed by its brackets: before the next one, or where its list ends.
RESYNC = re.compile(
    rb"\}(?=\s*+(?:,\s*+\{|\]\s*+(?:\}\s*+$|,\s*+"
    rb'"(?:info|licenses|images|annotations|categories|type|scene_\w+)"\s*+:)))'
)
STRAY = re.compile(rb"[,\]{]")
TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
SHORT = 1 << 16  # bytes in which a record usually ends
LONGEST = 1 << 24  # bytes of a record whose end is looked for by its brackets
LIST = msgspec.json.Decoder(list[msgspec.Raw])


class Alike(NamedTuple):
    """Records that were read as they were found: where they stand in their text (int64), and their columns."""

    start: Array
    end: Array
    columns: dict[str, Array]


class Piece(msgspec.Struct, frozen=True):
    """Some records of a list. text: a part of the file, its first byte at `base`; start and end int64: the records in
    `text`; raws: their texts; sound: all are valid JSON in UTF-8, and `text` has a length of whole words with blanks at its end;
    columns: of all records, where a guess found them: then there are no raws.
    """

    text: bytes
    base: int
    start: Array
    end: Array
    raws: list[bytes] | list[msgspec.Raw]
    sound: bool
    columns: dict[str, Array] | None = None


class Slip(msgspec.Struct, frozen=True):
    """A fault between records. The bytes start:end become `new` to mend it; None: nothing can."""

    why: str
    start: int
    end: int
    new: str | None = None


class Cut(msgspec.Struct, frozen=True):
    """Where a record seems to end, and, behind the comma, the next to begin."""

    stop: int
    after: int


class Elements(msgspec.Struct):
    """The records of the list that starts at `at` in `text`. While it is iterated, `end` and `slips` are filled.

    until: where another reader goes on, if a record does begin there; then `end` stays -1. guess: reads a text that is a
    list of nothing but the records it expects, and says no to any other.
    """

    text: Buffer
    at: int
    until: Cut | None = None
    guess: Callable[[bytes], Alike | None] = msgspec.field(default=lambda _: None)
    end: int = -1  # the byte after the list's closing bracket; the text's length where it is missing
    slips: list[Slip] = msgspec.field(default_factory=list)

    def __iter__(self) -> Iterator[Piece]:
        at = self.at + 1
        while self.end < 0 and not (self.until and at == self.until.after):
            cut = self.cut(at)
            stop = cut.stop if cut else len(self.text)
            piece, after = self.sound(at, stop)
            if piece is None:
                self.end = -1
                piece, after = self.walked(at, stop)
            elif self.end < 0:
                after = cut.after if cut else self.broken_off()
            at = after
            yield piece

    def cut(self, at: int) -> Cut | None:
        """Return where the piece that begins at `at` is cut; None: it goes to the end of the text."""
        if self.until and at < self.until.after <= at + PIECE:
            return self.until
        return cut_near(self.text, at + PIECE)

    def sound(self, at: int, stop: int) -> tuple[Piece | None, int]:
        """Return the records in at:stop when they are valid JSON. Sets `end` where the list ends among them."""
        held = b"".join((b"[", memoryview(self.text)[at:stop], b"]", BLANKS[(stop - at + 2) % 8 :]))
        if found := self.guess(held):
            return Piece(held, at - 1, found.start, found.end, [], sound=True, columns=found.columns), stop
        for _ in range(2):
            try:
                raws = LIST.decode(held)
            except msgspec.DecodeError as error:
                more = TRAILING.search(str(error))
                if not more:
                    return None, at
                held = held[: held.rindex(b"]", 0, int(more[1]) - 1) + 1]  # msgspec counts from 1
                self.end = stop = at - 1 + len(held)
                held += BLANKS[len(held) % 8 :]
            except RecursionError:
                return None, at
            else:
                if not utf8(held):
                    return None, at
                start, end = spans(held, raws)
                return Piece(held, at - 1, start, end, raws, sound=True), stop
        raise AssertionError("a list that was cut at its end decodes")

    def walked(self, at: int, stop: int) -> tuple[Piece, int]:
        """Return the records from `at` to about `stop`, broken ones too, and where the next one starts."""
        text, first = self.text, at
        start: list[int] = []
        end: list[int] = []
        at = skip_blank(text, at)
        while at < stop and self.end < 0:
            if text[at : at + 1] == b",":
                self.slips.append(Slip("a comma stands where a record is expected", at, at + 1, ""))
                at = skip_blank(text, at + 1)
            elif text[at : at + 1] != b"]":
                start.append(at)
                end.append(record_end(text, at))
                at = self.after(end[-1])
            if text[at : at + 1] == b"]":
                self.end = at + 1
        if self.end < 0 and at >= len(text):
            at = self.broken_off(told=bool(end) and end[-1] >= len(text))
        held = text[first : max([at, *end[-1:]])]
        raws = [text[s:e] for s, e in zip(start, end, strict=True)]
        places = np.array([start, end], dtype=np.int64) - first
        return Piece(held, first, places[0], places[1], raws, sound=False), at

    def broken_off(self, told: bool = False) -> int:
        """The text ends before the list does: note it, unless the record it ends in will tell."""
        self.end = len(self.text)
        if not told:
            self.slips.append(Slip("the file ends inside this list", self.end, self.end))
        return self.end

    def after(self, at: int) -> int:
        """Return where the record after the one that ends at `at` starts, or the closing bracket."""
        text = self.text
        at = skip_blank(text, at)
        sign = text[at : at + 1]
        if sign == b",":
            following = skip_blank(text, at + 1)
            if text[following : following + 1] == b"]":
                self.slips.append(
                    Slip("a comma stands before the closing bracket of this list", at, at + 1, "")
                )
            return following
        if sign == b"{":
            self.slips.append(Slip("a comma is missing between two records", at, at, ","))
        return at


def cut_near(text: Buffer, at: int) -> Cut | None:
    """Return the first place from `at` on where a record seems to end and another to begin."""
    found = CUT.search(text, min(at, len(text)))
    return Cut(found.start() + 1, found.end()) if found else None


def utf8(text: bytes) -> bool:
    """Whether a text is UTF-8, which msgspec does not ask of what it only skips."""
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def record_end(text: Buffer, at: int) -> int:
    """Return where the record at `at` ends. One that is broken ends where the next seems to begin, or the file ends."""
    near = RESYNC.search(text, at, at + SHORT)
    if near and loaded(text[at : near.end()]) is not BROKEN:
        return near.end()
    try:
        end = skip(text, at, at + LONGEST)
    except Broken as broken:
        if text[at : at + 1] not in (b"{", b"["):
            stray = STRAY.search(text, at + 1)
            return stray.start() if stray else len(text)
        found = RESYNC.search(text, at + 1)
        return found.end() if found else max(len(text), broken.at)
    record = text[at:end]
    if CUT.search(record) and loaded(record) is BROKEN:  # a missing quote makes one record swallow the next
        found = RESYNC.search(text, at + 1)
        return found.end() if found else end
    return end


def spans(text: bytes, raws: list[msgspec.Raw]) -> tuple[Array, Array]:
    """Return start and end (int64) of the items of the list `text`, which msgspec split into `raws`."""
    length = np.fromiter(map(len, raws), dtype=np.int64, count=len(raws))
    if not len(raws):
        return length, length
    first = skip_blank(text, 1)
    gap = text[first + int(length[0]) : first + int(length[0]) + 80]
    gap = gap[: len(gap) - len(gap.lstrip(b" \t\r\n,"))]
    start = first + np.cumsum(length + len(gap)) - length - len(gap)
    end = start + length
    if len(raws) > 1 and not evenly(text, end, gap):
        start = np.empty(len(raws), dtype=np.int64)
        at = first
        for row, size in enumerate(length.tolist()):
            start[row] = at
            at = skip_blank(text, skip_blank(text, at + size) + 1)
        end = start + length
    return start, end


def evenly(text: bytes, end: Array, gap: bytes) -> bool:
    """Whether `gap`, and no more blanks, stands after each item but the last."""
    held = np.frombuffer(text, dtype=np.uint8)
    if end[-1] >= len(held) or not gap.strip():
        return False
    same = all((held[end[:-1] + at] == sign).all() for at, sign in enumerate(gap))
    return same and bool((held[end[:-1] + len(gap)] > ord(" ")).all())
