"""Edits as byte changes in COCO files: only the value that changes is touched, and one comma goes with a dropped record.

Where values stand is looked up in the edited records alone. What stays, stays byte for byte: order, blanks, line ends,
the spelling of numbers, unknown keys.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from annotool.dataset import Dataset
from annotool.findings import Edits, Op
from annotool.formats.base import Splice
from annotool.formats.coco.adding import Asked, additions
from annotool.formats.coco.jsontext import BROKEN, Broken, Member, items, loaded, members, skip_blank
from annotool.formats.coco.redraw import resegmented
from annotool.schema import NO_ID

__all__ = ["number", "patch"]

TABLES = ("images", "annotations", "categories")
# Columns whose value is the row key of another record: the key that names it, and the table it stands in.
REFERENCES = {"image": ("image_id", "images"), "category": ("category_id", "categories")}
KEYS = {
    "images": ("id", "file_name", "width", "height"),
    "annotations": ("id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation", "keypoints", "num_keypoints",
                    "score"),
    "categories": ("id", "name", "supercategory"),
}  # fmt: skip


def patch(data: Dataset, edits: Edits) -> list[Splice]:
    """Return the bytes that make the edits hold, in sources of COCO; an edit that names nothing in them gives none.

    Edits of images (id, file_name, width, height; drop), annotations (id, image_id, category_id, image and category as
    row keys, bbox, area, iscrowd, segmentation, rings, keypoints, num_keypoints, score; drop, add), categories (id,
    name, supercategory; drop) and sources (bytes). A key that is not there is added at the end of its record.
    """
    return Patch(data, edits).run()


class Patch(msgspec.Struct):
    """The patching of one dataset."""

    data: Dataset
    edits: Edits
    drops: dict[int, dict[int, tuple[int, int]]] = msgspec.field(
        default_factory=dict
    )  # source: start: end, edit
    sets: dict[tuple[str, int], list[int]] = msgspec.field(default_factory=dict)  # table, row: edits
    adds: dict[int, list[Asked]] = msgspec.field(default_factory=dict)  # by source

    def run(self) -> list[Splice]:
        splices: list[Splice] = []
        columns = [self.edits[name].tolist() for name in ("table", "row", "op", "start", "end", "new")]
        for edit, (table, row, op, start, end, new) in enumerate(zip(*columns, strict=True)):
            source = row if table == "sources" else self.source(table, row)
            if not self.is_coco(source):
                continue
            if op == Op.BYTES:
                splices.append(
                    Splice(source, start, end, new if isinstance(new, bytes) else str(new).encode(), edit)
                )
            elif op == Op.DROP:
                first, last = self.span(table, row)
                self.drops.setdefault(source, {}).setdefault(first, (last, edit))
            elif op == Op.ADD:
                self.adds.setdefault(source, []).append((edit, row, new))
            else:
                self.sets.setdefault((table, row), []).append(edit)
        for source, gone in self.drops.items():
            splices += cuts(self.data.source_bytes(source), source, gone)
        for source, new_boxes in self.adds.items():
            splices += additions(self.data, source, new_boxes, self.drops.get(source, {}))
        for (table, row), asked in self.sets.items():
            source = self.source(table, row)
            if self.span(table, row)[0] not in self.drops.get(source, {}):
                splices += self.record(table, row, source, asked)
        return splices

    def source(self, table: str, row: int) -> int:
        return int(self.data.table(table)["source"][row]) if table in TABLES else -1

    def is_coco(self, source: int) -> bool:
        return source >= 0 and bool(self.data.table("sources")["format"][source] == "coco")

    def span(self, table: str, row: int) -> tuple[int, int]:
        held = self.data.table(table)
        return int(held["start"][row]), int(held["end"][row])

    def record(self, table: str, row: int, source: int, asked: Sequence[int]) -> list[Splice]:
        """Set values in one record."""
        start, end = self.span(table, row)
        text = bytes(self.data.source_bytes(source)[start:end])
        try:
            found = list(members(text, 0))
        except Broken:
            return []
        there = {each.key: each for each in found}
        splices = []
        for edit in asked:
            column, new = self.edits["column"][edit], plain(self.edits["new"][edit])
            if column in REFERENCES:
                column, new = self.reference(column, int(new))
            for first, last, value in self.changes(table, column, new, text, found, there):
                splices.append(Splice(source, start + first, start + last, value, edit))
        return splices

    def reference(self, column: str, row: int) -> tuple[str, Any]:
        """Return the key by which a record names a row of another table, and that row's id."""
        key, table = REFERENCES[column]
        value = int(self.data.table(table)["id"][row])
        if value != NO_ID:
            return key, value
        odd = self.data.table("originals")
        mine = (odd["table"] == table) & (odd["row"] == row) & (odd["column"] == "id")
        return key, loaded(odd["raw"][mine][0].encode()) if mine.any() else None

    def changes(self, table: str, column: str, new: Any, text: bytes, found: list[Member],
                there: dict[str, Member]) -> list[tuple[int, int, bytes]]:  # fmt: skip
        """Return what one edit changes in a record's text: start, end, new bytes."""
        if column == "rings":
            return without_rings(text, there.get("segmentation"), {int(ring) for ring in new})
        if column not in KEYS[table]:
            return []
        member = there.get(column)
        if member is None:
            return [added(text, found, column, spelled(new, b""))]
        if column == "bbox":
            return numbers(text, member, new)
        if column == "segmentation":
            return resegmented(text, member, new, spelled)
        return [(member.start, member.end, spelled(new, text[member.start : member.end]))]


def plain(value: Any) -> Any:
    """Return a numpy scalar or array as Python's own."""
    return value.tolist() if hasattr(value, "tolist") else value


def spelled(new: Any, old: bytes) -> bytes:
    """Return a value as JSON, numbers and texts in the manner of the old one."""
    if isinstance(new, bool | int | float):
        return number(new, old)
    if isinstance(new, list | tuple) and all(isinstance(each, int | float) for each in new):
        return b"[" + b", ".join(number(each) for each in new) + b"]"
    if isinstance(new, str):
        return json.dumps(new, ensure_ascii=b"\\u" in old).encode()
    return msgspec.json.encode(new)


def number(new: float, old: bytes = b"") -> bytes:
    """Return a number in the fewest digits that give it back; whole ones without a point, unless the old one had one."""
    if isinstance(new, bool | int):
        return str(int(new)).encode()
    if new.is_integer() and abs(new) < 1e16 and b"." not in old:
        return str(int(new)).encode()
    return repr(float(new)).encode()


def numbers(text: bytes, member: Member, new: Sequence[float]) -> list[tuple[int, int, bytes]]:
    """Change those numbers of a list that differ; the whole list where it is none of as many."""
    try:
        spans = list(items(text, member.start)) if text[member.start : member.start + 1] == b"[" else []
    except Broken:
        spans = []
    if len(spans) != len(new):
        return [(member.start, member.end, spelled(new, b""))]
    changed = []
    for (start, end), value in zip(spans, new, strict=True):
        old = loaded(text[start:end])
        if old is BROKEN or type(old) not in (int, float) or old != value:
            changed.append((start, end, number(float(value), text[start:end])))
    return changed


def added(text: bytes, found: list[Member], key: str, value: bytes) -> tuple[int, int, bytes]:
    """Add a member after the last, with the blanks that stand there."""
    name = json.dumps(key).encode()
    if not found:
        return 1, 1, name + b": " + value
    last = found[-1]
    if len(found) > 1:
        gap = text[found[-2].end : last.key_start]
        comma = gap if gap.strip() == b"," else b", "
    else:
        comma = b", " if b" " in text[: last.start] else b","
    colon = text[last.key_start : last.start].rpartition(b'"')[2]
    return last.end, last.end, comma + name + colon + value


def without_rings(text: bytes, member: Member | None, rings: set[int]) -> list[tuple[int, int, bytes]]:
    """Remove rings by their ordinals, each with one comma."""
    if member is None or text[member.start : member.start + 1] != b"[":
        return []
    spans = list(items(text, member.start))
    kept = [at for at in range(len(spans)) if at not in rings]
    last = kept[-1] if kept else -1
    gone = []
    for at, (start, end) in enumerate(spans):
        if at in rings:
            before = spans[at - 1][1] if at else start
            gone.append((start, spans[at + 1][0], b"") if at < last else (before, end, b""))
    return gone


def cuts(text: memoryview, source: int, gone: dict[int, tuple[int, int]]) -> list[Splice]:
    """Remove records, given by their first bytes, each with one comma: the one behind it, or, of the last ones of a
    list, the one before."""
    splices: list[Splice] = []
    last: dict[int, bool] = {}  # whether only removed records follow
    for start in sorted(gone, reverse=True):
        end, edit = gone[start]
        comma = skip_blank(text, end)
        following = skip_blank(text, comma + 1) if text[comma : comma + 1].tobytes() == b"," else -1
        if following >= 0 and text[following : following + 1].tobytes() == b"]":
            following = -1  # a comma too many, which is a fault of its own
        last[start] = following < 0 or last.get(following, False)
        first, stop = (comma_before(text, start), end) if last[start] else (start, following)
        splices.append(Splice(source, first, stop, b"", edit))
    return splices


def comma_before(text: memoryview, start: int) -> int:
    """Return where the comma before a record stands; the record's own start where there is none."""
    at = start - 1
    while at >= 0 and text[at] in b" \t\r\n":
        at -= 1
    return at if at >= 0 and text[at] == ord(",") else start
