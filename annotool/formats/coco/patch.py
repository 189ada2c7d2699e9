"""Patching COCO: the bytes that have to change so that edits hold, found only in the records that are edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.coco.jsontext import Member, items, members, skip_blank
from annotool.formats.coco.write import number_of
from annotool.table import Array

__all__ = ["patch"]

TABLES = ("images", "annotations", "categories")
# Cells that are written under another key than their column's name.
KEYS = {"category": "category_id", "image": "image_id"}


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the splices in COCO sources. Edits set members of images, annotations and categories by their column's
    name (`bbox`, `area`, `file_name`, `id` ..., added where the record has none), drop rings, drop records with one
    comma, or replace bytes; an edit of another format's row gives none.
    """
    return [*Patch(data, edits).run()]


@dataclass
class Patch:
    """The patching of one dataset."""

    data: Dataset
    edits: Edits

    def run(self) -> Iterator[Splice]:
        for edit in np.flatnonzero(self.edits["op"] == Op.BYTES).tolist():
            source, start, end = (int(self.edits[name][edit]) for name in ("row", "start", "end"))
            if self.is_coco[source]:
                new = self.edits["new"][edit]
                yield Splice(source, start, end, new if isinstance(new, bytes) else str(new).encode(), edit)
        for table in TABLES:
            mine = np.flatnonzero((self.edits["table"] == table) & (self.edits["op"] != Op.BYTES))
            rows = self.edits["row"][mine]
            mine = mine[self.is_coco[self.data.table(table)["source"][rows]]] if len(mine) else mine
            yield from self.dropped(table, mine[self.edits["op"][mine] == Op.DROP])
            by_row = mine[self.edits["op"][mine] == Op.SET]
            by_row = by_row[np.argsort(self.edits["row"][by_row], kind="stable")]
            for row, group in groupby(by_row.tolist(), key=lambda each: int(self.edits["row"][each])):
                yield from self.changed(table, row, list(group))

    @cached_property
    def is_coco(self) -> Array:
        return np.append(self.data.table("sources")["format"] == "coco", False)

    @cached_property
    def held(self) -> list[bytes]:
        """Each source's bytes; the slices below are of single records."""
        return [
            bytes(self.data.source_bytes(s)) if self.is_coco[s] else b"" for s in range(len(self.is_coco) - 1)
        ]

    def dropped(self, table: str, edits: Array) -> Iterator[Splice]:
        """Drop records: each run of neighbours goes with one comma, so that the list stays a list."""
        columns = self.data.table(table)
        rows = self.edits["row"][edits]
        order = np.lexsort((columns["start"][rows], columns["source"][rows]))
        seen: set[tuple[int, int]] = set()
        whole: dict[int, list[tuple[int, int, int]]] = {}
        for at in order.tolist():
            source, start, end = (int(columns[name][rows[at]]) for name in ("source", "start", "end"))
            if start >= 0 and (source, start) not in seen:
                seen.add((source, start))
                whole.setdefault(source, []).append((start, end, int(edits[at])))
        for source, spans in whole.items():
            yield from without(self.held[source], source, spans)

    def changed(self, table: str, row: int, edits: list[int]) -> Iterator[Splice]:
        """Set members of one record."""
        columns = self.data.table(table)
        source, start = int(columns["source"][row]), int(columns["start"][row])
        text = self.held[source]
        known: Mapping[str, Member] = {each.key: each for each in members(text, start)}
        for edit in edits:
            column, new = str(self.edits["column"][edit]), self.edits["new"][edit]
            key = KEYS.get(column, column)
            value = self.referred(table, column, new)
            if column == "bbox":
                yield from self.box(source, known.get("bbox"), row, value, edit, start)
            elif column == "rings":
                member = known["segmentation"]
                spans = [span for n, span in enumerate(items(text, member.start)) if n in set(new)]
                yield from without(text, source, [(*span, edit) for span in spans])
            elif key in known:
                yield Splice(source, known[key].start, known[key].end, encoded(value), edit)
            else:
                yield added(text, source, start, key, value, edit)

    def referred(self, table: str, column: str, new: Any) -> Any:
        """A row key as the id it stands for."""
        if table == "annotations" and column in KEYS:
            return int(self.data.table("categories" if column == "category" else "images")["id"][new])
        return new.item() if hasattr(new, "item") else new

    def box(
        self, source: int, member: Member | None, row: int, new: Any, edit: int, start: int
    ) -> Iterator[Splice]:
        """Change only the numbers of a box that differ."""
        text = self.held[source]
        spans = (
            list(items(text, member.start))
            if member and text[member.start : member.start + 1] == b"["
            else []
        )
        if member is None:
            yield added(text, source, start, "bbox", [number_of(each) for each in new], edit)
        elif len(spans) != 4:
            yield Splice(source, member.start, member.end, encoded([number_of(each) for each in new]), edit)
        else:
            columns = self.data.table("annotations")
            for side, value, (first, end) in zip("xywh", new, spans, strict=True):
                if float(columns[side][row]) != float(value):
                    yield Splice(source, first, end, encoded(number_of(float(value))), edit)


def encoded(value: Any) -> bytes:
    """A value as JSON; a float that is whole keeps its point out only where `number_of` took it."""
    if isinstance(value, tuple):
        value = list(value)
    return msgspec.json.encode(value)


def added(text: bytes, source: int, start: int, key: str, value: Any, edit: int) -> Splice:
    """A new member after the record's last one, spelled as the record spells its own."""
    inside = list(members(text, start))
    if not inside:
        return Splice(source, start + 1, start + 1, encoded(key) + b": " + encoded(value), edit)
    first, last = inside[0], inside[-1]
    colon = text[text.index(b":", first.key_start + len(encoded(first.key)) - 1) : first.start]
    before = text[inside[-2].end : last.key_start] if len(inside) > 1 else b", "
    return Splice(source, last.end, last.end, before + encoded(key) + colon + encoded(value), edit)


def without(text: bytes, source: int, spans: list[tuple[int, int, int]]) -> Iterator[Splice]:
    """Drop items of a list. An item goes with the comma after it; at the end of the list, with the one before."""
    spans = sorted(spans)
    runs: list[list[tuple[int, int, int]]] = []
    for span in spans:
        neighbour = runs and skip_blank(text, comma_after(text, runs[-1][-1][1])) == span[0]
        if neighbour:
            runs[-1].append(span)
        else:
            runs.append([span])
    for run in runs:
        following = skip_blank(text, run[-1][1])
        last = text[following : following + 1] != b","
        for at, (start, end, edit) in enumerate(run):
            stop = run[at + 1][0] if at + 1 < len(run) else end if last else skip_blank(text, following + 1)
            begin = start
            if last and at == 0:
                begin = before_comma(text, start)
            yield Splice(source, begin, stop, b"", edit)


def comma_after(text: bytes, at: int) -> int:
    at = skip_blank(text, at)
    return at + 1 if text[at : at + 1] == b"," else at


def before_comma(text: bytes, at: int) -> int:
    """Where the comma before an item stands, or the item itself when it is the first."""
    before = at
    while before > 0 and text[before - 1 : before] in (b" ", b"\t", b"\r", b"\n"):
        before -= 1
    return before - 1 if text[before - 1 : before] == b"," else at
