"""One record read with patience: what can be made of it, and a fault for all that is not as it should be.

Only records that the typed decoder refuses come here. Each becomes a mapping of schema columns, or None where it could
not be kept. Positions are bytes of the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from annotool.findings import Fix
from annotool.formats.coco.faults import MISSING, WRONG, Fault, got
from annotool.formats.coco.forms import segmentation_kind
from annotool.formats.coco.jsontext import BROKEN, Broken, Member, loaded, members, trailing_commas
from annotool.schema import NO_ID, Kind

__all__ = ["FLAGS", "Record", "annotation", "category", "flags", "image", "kind_of"]

FLAGS = ("difficult", "truncated", "occluded")
WHOLE = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*")
FLAG = re.compile(rb'"(?:difficult|truncated|occluded)"')
QUOTED_NUMBER = re.compile(rb'"\s*([-+]?[0-9][0-9.eE+-]*)\s*"')

KNOWN = {
    "images": {"id", "file_name", "width", "height"},
    "annotations": {"id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation", "keypoints",
                    "num_keypoints", "score", "attributes"},
    "categories": {"id", "name", "supercategory"},
}  # fmt: skip


class Record(msgspec.Struct):
    """A record while it is read: its text with stray commas blanked, its place, its members, what is found."""

    section: str
    index: int
    text: bytes
    at: int
    broken_off: bool = False  # the file ends inside it
    faults: list[Fault] = msgspec.field(default_factory=list)
    originals: list[tuple[str, str]] = msgspec.field(default_factory=list)  # column, text
    cells: dict[str, Any] = msgspec.field(default_factory=dict)
    fields: dict[str, Member] = msgspec.field(default_factory=dict)

    def fault(self, rule: str, message: str, start: int = -1, end: int = -1, *, kept: bool = True,
              fix: Fix = Fix.NONE, **values: Any) -> None:  # fmt: skip
        """File a fault at these bytes of the record; of its whole where none are given."""
        where = (self.at, self.at + len(self.text)) if start < 0 else (self.at + start, self.at + end)
        self.faults.append(Fault(rule, message, *where, self.section, self.index, kept, fix, values=values))

    def wrong(self, key: str, expected: str, new: str | None = None) -> None:
        """File SCH002 for a value of the wrong kind; safe to mend where `new` says the same."""
        member = self.fields[key]
        values: dict[str, Any] = {"key": key, "expected": expected, "got": got(self.value(key))}
        if new is not None:
            values |= {"new": new, "fix": Fix.SAFE}
        self.fault("SCH002", WRONG, member.start, member.end, **values)

    def value(self, key: str) -> bytes:
        """Return a field's text."""
        member = self.fields[key]
        return self.text[member.start : member.end]

    def walk(self) -> bool:
        """Find the members. Returns False, with a fault, where the record is no object that can be walked."""
        if not self.text.startswith(b"{"):
            rule, message = (
                ("SCH002", "expected a record in braces, got {got}")
                if loaded(self.text) is not BROKEN
                else ("SCH001", "no record: {got}")
            )
            self.fault(rule, message, kept=False, got=got(self.text))
            return False
        try:
            self.text.decode()
        except UnicodeDecodeError as error:
            self.fault(
                "SCH001",
                "bytes that are no UTF-8: {got}",
                error.start,
                error.end,
                got=error.object[error.start : error.end].hex(),
            )
        whole = loaded(self.text) is not BROKEN
        for comma in () if whole else trailing_commas(self.text):
            message = "a comma stands before a closing bracket"
            self.fault("SCH001", message, comma, comma + 1, fix=Fix.SAFE, new="")
            self.text = self.text[:comma] + b" " + self.text[comma + 1 :]
        try:
            found = list(members(self.text, 0))
        except Broken as broken:
            why = "the file ends inside it" if self.broken_off else str(broken)
            self.fault("SCH001", "the record cannot be parsed: {why}", kept=False, why=why)
            return False
        self.repeated(found)
        self.fields = {each.key: each for each in found}
        self.cells["extra"] = bool(self.fields.keys() - KNOWN[self.section])
        return True

    def repeated(self, found: list[Member]) -> None:
        """File keys that stand more than once; loaders take the last."""
        places: dict[str, list[int]] = {}
        for at, each in enumerate(found):
            places.setdefault(each.key, []).append(at)
        for key, same in places.items():
            if len(same) > 1:
                equal = len({self.text[found[at].start : found[at].end] for at in same}) == 1
                message = "the key {key} stands {count} times; loaders take the last"
                first, last = found[same[0]].key_start, found[same[0] + 1].key_start
                mend: dict[str, Any] = {"fix": Fix.SAFE, "new": ""} if equal and len(same) == 2 else {}
                self.fault("SCH002", message, first, last, key=key, count=len(same), **mend)

    def read(self, key: str) -> Any:
        """Return a field's value; None where it is absent, BROKEN, with a fault, where it is no JSON."""
        if key not in self.fields:
            return None
        value = loaded(self.value(key))
        if value is BROKEN:
            member = self.fields[key]
            self.fault("SCH001", "the value of {key} cannot be parsed: {got}", member.start, member.end,
                       key=key, got=got(self.value(key)))  # fmt: skip
        return value

    def whole(self, key: str, required: bool = True) -> None:
        """Read an id: a whole number; a text that spells one can be mended, but refers to no number until then."""
        if key not in self.fields:
            if required:
                self.fault("SCH002", MISSING, key=key)
            return
        value = self.read(key)
        if type(value) is int and abs(value) < 2**63:
            self.cells[key] = value
            return
        self.cells[key] = NO_ID
        self.originals.append((key, self.value(key).decode("utf-8", "replace")))
        if value is BROKEN:
            return
        spelled = WHOLE.fullmatch(value) if isinstance(value, str) else None
        if type(value) is float and value.is_integer() and abs(value) < 2**53:
            self.cells[key] = int(value)
            self.originals.pop()
            self.wrong(key, "a whole number", str(int(value)))
        else:
            self.wrong(key, "a whole number", str(int(spelled[1])) if spelled else None)

    def number(self, key: str, column: str = "") -> None:
        """Read a number; a text that spells one counts as it, and can be mended."""
        value = self.read(key)
        if key not in self.fields or value is BROKEN:
            return
        spelled = number_in(value)
        if spelled is None:
            self.wrong(key, "a number")
            return
        self.cells[column or key] = spelled
        if not math.isfinite(spelled):
            self.not_finite(key)
        elif isinstance(value, str):
            self.wrong(key, "a number", value.strip())

    def not_finite(self, key: str) -> None:
        member = self.fields[key]
        message = "{key} holds a number that is not finite: {got}"
        self.fault(
            "SCH004", message, member.start, member.end, fix=Fix.UNSAFE, key=key, got=got(self.value(key))
        )

    def words(self, key: str) -> str | None:
        """Read a text; a number counts as its spelling, and can be mended. None where there is none."""
        value = self.read(key)
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()  # half of a surrogate pair fits in no output
        if value is BROKEN or key not in self.fields:
            return None
        if type(value) in (int, float):
            spelled = self.value(key).decode()
            self.wrong(key, "a text", f'"{spelled}"')
            return spelled
        self.wrong(key, "a text")
        return None


def number_in(value: Any) -> float | None:
    """Return a number, or the one a text spells; None for anything else."""
    if type(value) in (int, float):
        return float(value) if abs(value) < 1e308 or value != value else math.inf if value > 0 else -math.inf
    if isinstance(value, str):
        try:
            return float(value) if "_" not in value else None
        except ValueError:
            return None
    return None


def image(record: Record) -> dict[str, Any] | None:
    """Read a record of `images`."""
    if not record.walk():
        return None
    record.whole("id")
    coco_url = loaded(record.value("coco_url")) if "coco_url" in record.fields else None
    name = record.words("file_name") if "file_name" in record.fields else None
    if name is None and isinstance(coco_url, str) and coco_url:
        name = name_in_url(coco_url)
        record.cells["extra"] = bool(record.fields.keys() - KNOWN["images"] - {"coco_url"})
    elif "file_name" not in record.fields:
        record.fault("SCH002", MISSING, key="file_name")
    record.cells["file_name"] = name or ""
    for key in ("width", "height"):
        if key in record.fields and record.value(key) != b"null":  # null: SCH009 speaks of it
            record.number(key)
    return record.cells


def name_in_url(url: str) -> str:
    """Return the image's name in a coco_url, its folder with it: val2017/000000000139.jpg (LVIS has no file_name)."""
    return "/".join(url.rstrip("/").split("/")[-2:])


def category(record: Record) -> dict[str, Any] | None:
    """Read a record of `categories`."""
    if not record.walk():
        return None
    record.whole("id")
    if "name" not in record.fields:
        record.fault("SCH002", MISSING, key="name")
    else:
        record.cells["name"] = record.words("name") or ""
    above = record.read("supercategory")
    record.cells["supercategory"] = above if isinstance(above, str) else ""
    return record.cells


def annotation(
    record: Record, required: tuple[str, ...] = ("id", "image_id", "category_id")
) -> dict[str, Any] | None:
    """Read a record of `annotations`, or of a results list."""
    if not record.walk():
        return None
    for key in ("id", "image_id", "category_id"):
        record.whole(key, key in required)
    box = bbox(record)
    outline = segmentation(record)
    points = keypoints(record)
    record.cells["kind"] = kind_of(box, outline, points)
    record.number("area")
    record.number("score")
    iscrowd(record)
    if "attributes" in record.fields:
        known, more = flags(record.value("attributes"))
        record.cells.update(known)
        record.cells["extra"] |= more
    return record.cells


def kind_of(box: bool | None, outline: Kind, points: bool) -> Kind:
    """Return the richest geometry. box None: none was written; False: one that cannot be read."""
    if points:
        return Kind.KEYPOINTS
    if outline > Kind.BOX:
        return outline
    return Kind.BOX if box else Kind.NONE if box is False or outline is Kind.BOX else Kind.IMAGE


def bbox(record: Record) -> bool | None:
    """Read `bbox` into x y w h. Returns whether it is one, None where there is none."""
    value = record.read("bbox")
    if "bbox" not in record.fields:
        return None
    numbers = [number_in(each) for each in value] if isinstance(value, list) else []
    if len(numbers) != 4 or None in numbers:
        if value is not BROKEN:
            record.wrong("bbox", "4 numbers x, y, w, h")
        return False
    record.cells.update(zip("xywh", numbers, strict=True))
    if not all(math.isfinite(each) for each in numbers if each is not None):
        record.not_finite("bbox")
    elif any(isinstance(each, str) for each in value):
        record.wrong("bbox", "4 numbers x, y, w, h", unquoted(record.value("bbox")))
    return True


def unquoted(text: bytes) -> str:
    """Return the text of a list with numbers in quotes set free; all else stays as it is."""
    return QUOTED_NUMBER.sub(rb"\1", text).decode("utf-8", "replace")


def segmentation(record: Record) -> Kind:
    """Read where `segmentation` stands. Returns POLYGON or RLE, IMAGE for none, BOX for one that cannot be read."""
    value = record.read("segmentation")
    if "segmentation" not in record.fields or value == []:
        return Kind.IMAGE
    if value is BROKEN:
        return Kind.BOX
    if value is None:
        record.wrong("segmentation", "a list of rings, or RLE", "[]")
        return Kind.IMAGE
    member = record.fields["segmentation"]
    span = {"seg_start": record.at + member.start, "seg_end": record.at + member.end}
    if isinstance(value, dict) and {"counts", "size"} <= value.keys():
        record.cells |= span
        return Kind.RLE
    text = record.value("segmentation")
    if segmentation_kind(text) is Kind.POLYGON:
        record.cells |= span
        return Kind.POLYGON
    flat = isinstance(value, list) and not any(isinstance(each, list) for each in value)
    numbers = (
        [
            number_in(n)
            for ring in ([value] if flat else value)
            for n in (ring if isinstance(ring, list) else [None])
        ]
        if isinstance(value, list)
        else [None]
    )
    if None in numbers:
        record.wrong("segmentation", "a list of rings of numbers, or RLE")
        if not isinstance(value, list) or flat:
            return Kind.BOX
    elif not all(math.isfinite(n) for n in numbers if n is not None):
        record.not_finite("segmentation")
    elif flat or b'"' in text:
        new = unquoted(text)
        record.wrong("segmentation", "a list of rings of numbers, or RLE", f"[{new}]" if flat else new)
    record.cells |= span
    return Kind.POLYGON


def keypoints(record: Record) -> bool:
    """Read where `keypoints` stand. Returns whether there are any."""
    value = record.read("keypoints")
    if "keypoints" not in record.fields or value == [] or value is BROKEN:
        return False
    numbers = [number_in(each) for each in value] if isinstance(value, list) else [None]
    if None in numbers:
        record.wrong("keypoints", "a list of numbers x, y, v")
        return False
    member = record.fields["keypoints"]
    record.cells |= {"kpt_start": record.at + member.start, "kpt_end": record.at + member.end}
    if not all(math.isfinite(each) for each in numbers if each is not None):
        record.not_finite("keypoints")
    elif any(isinstance(each, str) for each in value):
        record.wrong("keypoints", "a list of numbers x, y, v", unquoted(record.value("keypoints")))
    return True


def iscrowd(record: Record) -> None:
    """Read `iscrowd`: 0 or 1; other spellings of these count and can be mended."""
    value = record.read("iscrowd")
    if "iscrowd" not in record.fields or value is BROKEN:
        return
    if type(value) is int and value in (0, 1):
        record.cells["iscrowd"] = value
        return
    spelled = number_in(int(value) if isinstance(value, bool) else value)
    if spelled in (0.0, 1.0):
        record.cells["iscrowd"] = int(spelled)
        record.wrong("iscrowd", "0 or 1", str(int(spelled)))
    else:
        record.wrong("iscrowd", "0 or 1", "0" if value is None else None)


def flags(text: bytes) -> tuple[dict[str, int], bool]:
    """Return difficult, truncated, occluded of an `attributes` object as 0 or 1, and whether it holds anything else."""
    if not FLAG.search(text):
        return {}, text.strip() != b"{}"
    held = loaded(text)
    if not isinstance(held, dict):
        return {}, True
    known = {
        key: int(value)
        for key, value in held.items()
        if key in FLAGS and (value in (0, 1)) and not isinstance(value, str)
    }
    return known, len(known) < len(held)


READERS: dict[str, Callable[[Record], dict[str, Any] | None]] = {
    "images": image,
    "annotations": annotation,
    "categories": category,
}
