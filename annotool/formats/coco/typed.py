"""Sound records decoded by msgspec, one by one, into columns; what it refuses goes to the tolerant reader.

A typed decoder is silent on two things: of a repeated key it takes the last, and unknown keys have no place. Unknown
keys are learned from its refusals. Repeated ones give themselves away: the record holds more quotes than the members
that were taken account for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Raw

from annotool.formats.base import objects
from annotool.formats.coco.elements import Piece, utf8
from annotool.formats.coco.forms import keypoints_kind, segmentation_kind
from annotool.formats.coco.tolerant import flags, name_in_url
from annotool.schema import NO_ID, Kind
from annotool.table import Array

__all__ = ["Typed"]

Columns = dict[str, Array]

Box = tuple[float, float, float, float]
FIELDS: dict[str, dict[str, tuple[Any, Any]]] = {  # kind, and what stands for a member that is not there
    "images": {
        "id": (int, NO_ID),
        "file_name": (Raw, None),
        "coco_url": (Raw, None),
        "width": (float, np.nan),
        "height": (float, np.nan),
    },
    "annotations": {
        "id": (int, NO_ID),
        "image_id": (int, NO_ID),
        "category_id": (int, NO_ID),
        "bbox": (Box, None),
        "area": (float, np.nan),
        "iscrowd": (Literal[0, 1], -1),
        "score": (float, np.nan),
        "segmentation": (Raw, None),
        "keypoints": (Raw, None),
        "num_keypoints": (Raw, None),
        "attributes": (Raw, None),
    },
    "categories": {"id": (int, NO_ID), "name": (Raw, None), "supercategory": (Raw, None)},
}
REQUIRED = {
    "images": ("id",),
    "annotations": ("id", "image_id", "category_id"),
    "categories": ("id", "name"),
}
MOST_LEARNED = 64

UNKNOWN = re.compile(r'Object contains unknown field `([^\\"\x00-\x1f]*)`')
AT = re.compile(r"`\$\[(\d+)\][^`]*`$")
PLACE = {key: re.compile(rb'"' + key.encode() + rb'"\s*+:\s*+') for key in ("segmentation", "keypoints")}


class Typed:
    """Decodes the records of one section of one file; learns its unknown keys as they come."""

    def __init__(self, section: str, required: Sequence[str] | None = None) -> None:
        self.section = section
        self.required = REQUIRED[section] if required is None else tuple(required)
        self.unknown: list[str] = []
        self.build()

    def build(self) -> None:
        """Make the decoder for the known and the learned keys."""
        known = FIELDS[self.section]
        fields: list[Any] = [(key, known[key][0]) for key in self.required]
        fields += [(key, *known[key]) for key in known if key not in self.required]
        for at, key in enumerate(self.unknown):
            fields.append((f"unknown_{at}", Raw, msgspec.field(default=None, name=key)))
        struct = msgspec.defstruct("Record", fields, forbid_unknown_fields=True, gc=False)
        self.decode = msgspec.json.Decoder(struct).decode
        self.decode_list = msgspec.json.Decoder(list[struct]).decode  # type: ignore[valid-type]

    def learn(self, error: Exception) -> bool:
        """Learn the unknown key that an error speaks of; False where it speaks of something else."""
        found = UNKNOWN.fullmatch(str(error))
        if not found or len(self.unknown) == MOST_LEARNED:
            return False
        self.unknown.append(found[1])
        self.build()
        return True

    def all_records(self, piece: Piece) -> list[Any] | None:
        """Decode all records of a sound piece at once; None where one of them is refused."""
        while True:
            try:
                found: list[Any] = self.decode_list(piece.text)
                return found
            except msgspec.ValidationError as error:
                place = AT.search(str(error))
                if not place or self.records([piece.raws[int(place[1])]], True) == [None]:
                    return None
            except (msgspec.DecodeError, RecursionError):
                return None

    def records(self, raws: Sequence[bytes | Raw], sound: bool) -> list[Any]:
        """Decode each; None for one that is refused. sound: the texts are known to be JSON in UTF-8."""
        found: list[Any] = []
        for raw in raws:
            try:
                found.append(self.decode(raw) if sound or utf8(raw) else None)
            except msgspec.ValidationError as error:
                found.append(self.records([raw], sound)[0] if self.learn(error) else None)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                found.append(None)
        return found

    def columns(self, piece: Piece, rows: Array) -> tuple[Array, Columns]:
        """Decode these records of a piece. Returns which of them were taken, and their columns in that order."""
        records = self.all_records(piece) if piece.sound and len(rows) == len(piece.start) else None
        if records is None:
            records = self.records([piece.raws[row] for row in rows.tolist()], piece.sound)
            rows = rows[np.array([record is not None for record in records], dtype=bool)]
            records = [record for record in records if record is not None]
        if not len(rows):
            return rows, {}
        found = Decoded(self, records)
        columns = FILL[self.section](found, piece, rows)
        good = ~found.refused & found.accounted(piece, rows)
        return rows[good], {name: values[good] for name, values in columns.items()}


class Decoded:
    """Decoded records and what their members account for; `refused` marks those that cannot be trusted."""

    def __init__(self, typed: Typed, records: list[Any]) -> None:
        self.records = records
        self.refused = np.zeros(len(records), dtype=bool)
        self.members = np.zeros(len(records), dtype=np.int64)
        self.extra = np.zeros(len(records), dtype=bool)
        self.raws: list[list[Any]] = []  # of each member given as raw text; None where it is not there
        for at in range(len(typed.unknown)):
            self.extra |= self.there(self.values(f"unknown_{at}"))

    def values(self, key: str) -> list[Any]:
        """Return a member of each record. One decoded before an unknown key was learned does not know of it."""
        try:
            return list(map(attrgetter(key), self.records))
        except AttributeError:
            return [getattr(record, key, None) for record in self.records]

    def there(self, raws: list[Any]) -> Array:
        """Count a member given as raw text; returns which records have it."""
        has = present(raws)
        self.members += has
        self.raws.append(raws)
        return has

    def accounted(self, piece: Piece, rows: Array) -> Array:
        """Whether a record's quotes are those of its members: no key stands twice. No record has fewer than that."""
        raws = [raw for each in self.raws for raw in each if raw is not None]
        total = 2 * int(self.members.sum()) + b"".join(raws).count(b'"')
        if len(rows) == len(piece.start):
            quotes = piece.text.count(b'"')  # more than in the records, where these are not sound
        else:
            spans = zip(piece.start[rows].tolist(), piece.end[rows].tolist(), strict=True)
            quotes = sum([piece.text.count(b'"', start, end) for start, end in spans])
        if total == quotes:
            return np.ones(len(rows), dtype=bool)
        own = [
            sum(bytes(raw).count(b'"') for raw in each if raw is not None)
            for each in zip(*self.raws, strict=True)
        ]
        has = [bytes(piece.raws[row]).count(b'"') for row in rows.tolist()]
        return np.asarray(2 * self.members + np.array(own, dtype=np.int64) == np.array(has, dtype=np.int64))

    def texts(self, key: str) -> list[Any]:
        """Return a member's raw texts, None where it is not there."""
        raws = self.values(key)
        self.there(raws)
        return raws

    def wholes(self, key: str) -> Array:
        """Return a member as int64; what does not fit is refused."""
        values = self.values(key)
        try:
            column = np.array(values, dtype=np.int64)
        except OverflowError:
            large = np.array([not -(2**63) <= value < 2**63 for value in values], dtype=bool)
            self.refused |= large
            column = np.array([0 if big else n for n, big in zip(values, large, strict=True)], dtype=np.int64)
        self.members += column != NO_ID
        return column

    def numbers(self, key: str) -> Array:
        """Return a member as float64, NaN where it is not there."""
        column = np.array(self.values(key), dtype=np.float64)
        self.members += ~np.isnan(column)
        return column

    def words(self, raws: list[Any]) -> list[str]:
        """Return raw texts as strings, empty where there is none; what is no string is refused."""
        given = [raw for raw in raws if raw is not None]
        try:
            spelled = msgspec.json.decode(b"[" + b",".join(given) + b"]", type=list[str])
            if len(given) == len(raws):
                return spelled
            found = iter(spelled)
            return ["" if raw is None else next(found) for raw in raws]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return [self.word(at, raw) for at, raw in enumerate(raws)]

    def word(self, at: int, raw: Any) -> str:
        try:
            return "" if raw is None else msgspec.json.decode(raw, type=str)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.refused[at] = True
            return ""


def present(raws: list[Any]) -> Array:
    """Which of these are not None."""
    return np.asarray(np.fromiter(map(id, raws), dtype=np.uint64, count=len(raws)) != id(None))


def image_columns(found: Decoded, _piece: Piece, _rows: Array) -> Columns:
    names, has_url = found.texts("file_name"), present(urls := found.texts("coco_url"))
    named = present(names)
    given = names if named.all() else [u if n is None else n for n, u in zip(names, urls, strict=True)]
    found.refused |= ~named & ~has_url
    spelled = objects(found.words(given))
    for at in np.flatnonzero(~named).tolist():
        spelled[at] = name_in_url(spelled[at])
    return {
        "id": found.wholes("id"),
        "file_name": spelled,
        "width": found.numbers("width"),
        "height": found.numbers("height"),
        "extra": found.extra | (named & has_url),
    }


def category_columns(found: Decoded, _piece: Piece, _rows: Array) -> Columns:
    above = found.texts("supercategory")
    return {
        "id": found.wholes("id"),
        "name": objects(found.words(found.texts("name"))),
        "supercategory": objects(
            found.words([None if raw is not None and bytes(raw) == b"null" else raw for raw in above])
        ),
        "extra": found.extra,
    }


def annotation_columns(found: Decoded, piece: Piece, rows: Array) -> Columns:
    columns = {key: found.wholes(key) for key in ("id", "image_id", "category_id")}
    columns |= {key: found.numbers(key) for key in ("area", "score")}
    columns["iscrowd"] = np.array(found.values("iscrowd"), dtype=np.int8)
    found.members += columns["iscrowd"] >= 0
    found.texts("num_keypoints")
    boxes = found.values("bbox")
    there = np.array([box is not None for box in boxes], dtype=bool)
    found.members += there
    xywh = np.array([box or (np.nan,) * 4 for box in boxes], dtype=np.float64).reshape(-1, 4)
    columns |= {name: xywh[:, at] for at, name in enumerate("xywh")}
    outline, columns["seg_start"], columns["seg_end"] = spans(
        found, piece, rows, "segmentation", segmentation_kind
    )
    points, columns["kpt_start"], columns["kpt_end"] = spans(found, piece, rows, "keypoints", keypoints_kind)
    kinds = np.where(there, np.int8(Kind.BOX), np.int8(Kind.IMAGE))
    columns["kind"] = np.maximum(kinds, np.maximum(outline, points))
    columns["extra"] = found.extra
    attributes = found.texts("attributes")
    for at, raw in enumerate(attributes):
        if raw is not None:
            known, more = flags(bytes(raw))
            found.extra[at] |= more
            for name, value in known.items():
                if name not in columns:
                    columns[name] = np.full(len(rows), -1, dtype=np.int8)
                columns[name][at] = value
    return columns


def spans(
    found: Decoded, piece: Piece, rows: Array, key: str, what: Callable[[bytes], Kind | None]
) -> tuple[Array, Array, Array]:
    """Return what a member's texts are (Kind), and where they stand in the file; -1 where there is none to keep."""
    raws = found.texts(key)
    kinds = np.zeros(len(rows), dtype=np.int8)
    start = np.full(len(rows), -1, dtype=np.int64)
    end = np.full(len(rows), -1, dtype=np.int64)
    look = PLACE[key].search
    for at, raw in enumerate(raws):
        if raw is None:
            continue
        text = bytes(raw)
        kind = what(text)
        if kind is None:
            found.refused[at] = True
        elif kind:
            row = rows[at]
            place = look(piece.text, int(piece.start[row]), int(piece.end[row]))
            if place and piece.text.startswith(text, place.end()):
                kinds[at], start[at] = kind, piece.base + place.end()
                end[at] = start[at] + len(text)
            else:
                found.refused[at] = (
                    True  # its key is written with escapes, or stands within another member too
                )
    return kinds, start, end


FILL: dict[str, Callable[[Decoded, Piece, Array], Columns]] = {
    "images": image_columns,
    "annotations": annotation_columns,
    "categories": category_columns,
}
