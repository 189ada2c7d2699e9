"""One label row that is not all plain decimals: signs, exponents, commas, class names, NaN, rubbish."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from annotool.findings import Fix

__all__ = ["BOM", "Fault", "Odd", "line_span", "numeric", "parse", "separated", "shown"]

NUMBER = re.compile(rb"[+-]?(?:\d+(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?")
NOT_FINITE = re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
DECIMAL_COMMA = re.compile(rb"[+-]?\d*,\d+")
SEPARATORS = re.compile(rb"[\s,;]+")
BOM = b"\xef\xbb\xbf"
LARGEST_CLASS = 1e9
NAN = math.nan


class Fault(NamedTuple):
    """One fault of a row: rule, message template and its values. The value `new` replaces the bytes start:end of the
    row.
    """

    rule: str
    message: str
    values: Mapping[str, Any]
    kept: bool = True
    fix: Fix = Fix.NONE
    start: int = 0
    end: int = 0


class Odd(msgspec.Struct, frozen=True):
    """What was read of a row, as in `lines.Lines`; positions are bytes of the row. count -1: it is no row at all."""

    start: int
    count: int
    values: Sequence[float]
    places: int
    second: int
    sixth: int
    extent: Sequence[float]
    faults: Sequence[Fault]


def parse(row: bytes, names: Mapping[str, int], first: bool = False) -> Odd:
    """Read one row, white space at its ends left out; `names` gives the index of each class name.

    `first`: it begins its file, where a byte order mark may stand.
    """
    skip = len(row) - len(row.removeprefix(BOM).lstrip()) if first else 0
    plain, faults = separated(row[skip:], skip)
    words = [(match.start() + skip, match.end() + skip) for match in re.finditer(rb"\S+", plain)]
    texts = [row[first:last] for first, last in words]
    if b"," in row or b";" in row:
        texts = [plain[first - skip : last - skip] for first, last in words]
    if not words:
        return unread(
            skip,
            -1 if not plain else 0,
            [Fault("FMT002", "no number in {text!r}", {"text": shown(row)}, False)],
        )
    named = name_length(texts, names)
    numbers = texts[named or 1 :]
    bad = next((text for text in numbers if not numeric(text)), texts[0] if named == len(texts) else None)
    if bad is not None:
        fault = Fault("FMT002", "{text!r} is no number", {"text": shown(bad)}, kept=False)
        return unread(skip, 0, [fault])
    begin, end = words[0][0], words[max(named - 1, 0)][1]
    text = row[begin:end] if named else texts[0]
    category, about = class_of(text, begin, end, names if named else None)
    values = [float(text) for text in numbers]
    wrong = next(
        (text for text, value in zip(numbers, values, strict=True) if not math.isfinite(value)), None
    )
    if wrong is not None:
        about.append(Fault("SCH004", "{text} is no finite number", {"text": shown(wrong)}))
        values = [value if math.isfinite(value) else NAN for value in values]
    starts = [first for first, _ in words[named or 1 :]] or [words[0][0]]
    return Odd(
        start=skip,
        count=1 + len(values),
        values=[category, *values, *[NAN] * 4][:5],
        places=max(map(places, numbers), default=-1),
        second=starts[0],
        sixth=starts[min(4, len(starts) - 1)],
        extent=extent(values),
        faults=[*faults, *about],
    )


def unread(start: int, count: int, faults: Sequence[Fault]) -> Odd:
    return Odd(start, count, [NAN] * 5, -1, start, start, [NAN] * 4, faults if count == 0 else [])


def separated(text: bytes, at: int = 0) -> tuple[bytes, list[Fault]]:
    """Return the row as long as it was with white space between its numbers and dots in them, and what was wrong."""
    if b"," not in text and b";" not in text:
        return text, []
    numbers = text.split()[1:]
    commas = [word for word in numbers if DECIMAL_COMMA.fullmatch(word)]
    if len(numbers) > 3 and commas and all(word in commas or numeric(word) for word in numbers):
        told = {"new": shown(text.replace(b",", b"."), len(text))}
        fault = Fault("FMT002", "decimal commas, expected dots", told, True, Fix.UNSAFE, at, at + len(text))
        return text.replace(b",", b"."), [fault]
    told = {"new": shown(b" ".join(filter(None, SEPARATORS.split(text))), len(text))}
    message = "numbers are separated by commas, expected blanks"
    fault = Fault("FMT002", message, told, True, Fix.SAFE, at, at + len(text))
    return text.replace(b",", b" ").replace(b";", b" "), [fault]


def name_length(texts: Sequence[bytes], names: Mapping[str, int]) -> int:
    """Return how many words the class name takes that stands in place of an index; 0: there is an index."""
    if numeric(texts[0]):
        return 0
    for count in range(len(texts), 0, -1):
        if shown(b" ".join(texts[:count])) in names:
            return count
    return next((at for at, text in enumerate(texts) if numeric(text)), len(texts))


def class_of(
    text: bytes, first: int, last: int, names: Mapping[str, int] | None
) -> tuple[float, list[Fault]]:
    """Return the class index, NaN where there is none, and what is wrong with its spelling.

    `names` is given where the text is a name.
    """
    told: dict[str, Any] = {"text": shown(text)}
    if names is not None:
        index = names.get(shown(b" ".join(text.split())))
        if index is None:
            return NAN, [Fault("FMT002", "class {text!r} is a name, expected its index", told)]
        told |= {"index": index, "new": str(index)}
        message = "class {text!r} is a name, expected its index {index}"
        return index, [Fault("FMT002", message, told, True, Fix.UNSAFE, first, last)]
    value = float(text)
    if text.isdigit() and value <= LARGEST_CLASS:
        return value, []
    if not 0 <= value <= LARGEST_CLASS or value % 1:
        negative = -LARGEST_CLASS < value < 0 and not value % 1
        message = "class {text} is negative" if negative else "class {text} is no class index"
        return value if negative else NAN, [Fault("FMT002", message, told)]
    told["new"] = str(int(value))
    message = "class {text} is not written as a whole number"
    return abs(value), [Fault("FMT002", message, told, True, Fix.SAFE, first, last)]


def numeric(text: bytes) -> bool:
    """Return whether a word is a number, be it NaN or infinite."""
    return bool(NUMBER.fullmatch(text) or NOT_FINITE.fullmatch(text))


def places(text: bytes) -> int:
    """Return the decimals a number is written with, -1 for none."""
    match = NUMBER.fullmatch(text)
    if not match:
        return -1
    written = len(match[1] or match[2] or b"") - int(match[3] or 0)
    return min(written, 99) if written > 0 or b"." in text else -1


def extent(values: Sequence[float]) -> list[float]:
    """Return x0 y0 x1 y1 of three points or more, else NaN."""
    if len(values) < 6 or len(values) % 2 or any(value != value for value in values):
        return [NAN] * 4
    xs, ys = values[0::2], values[1::2]
    return [min(xs), min(ys), max(xs), max(ys)]


def shown(text: bytes, most: int = 40) -> str:
    """Return bytes as text for people, cut to `most` characters."""
    told = text.decode("utf-8", "replace")
    return told if len(told) <= most else told[: most - 3] + "..."


def line_span(held: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the bytes of a file that a row's whole line takes, its line end included, a byte order mark not."""
    first = max(held.rfind(b"\n", 0, start), held.rfind(b"\r", 0, start)) + 1
    if first == 0 and held.startswith(BOM):
        first = len(BOM)
    last = end
    while last < len(held) and held[last] not in b"\r\n":
        last += 1
    return first, last + (2 if held[last : last + 2] == b"\r\n" else held[last : last + 1] != b"")
