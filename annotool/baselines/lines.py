"""A baseline's file: JSON lines, one a fault, sorted, the same bytes for the same faults.

    {"annotool_baseline":1}
    {"rule":"BOX002","image":"day 1/a","category":"car","box":[10,20.5,40,30],"size":[640,480],"reason":"..."}

Keys, absent where there is nothing to say: rule, image, category, split, format, file, box (x y w h in pixels) or
fractions (of an image of unknown size), size (of the image, to compare the two), count (of identical faults), and
for people reason and by.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from annotool.baselines.entries import BOX, TEXTS, collapsed, objects, ordered
from annotool.errors import AnnotoolError, UsageError
from annotool.output import write_file
from annotool.table import Array, Table

__all__ = ["check_there", "read", "write"]

LAYOUT = 1
BLOCK = 1 << 22  # bytes decoded at a time
MARKS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
AT_ONCE = 1 << 16  # lines encoded at a time
NONE = (None, None, None, None)

Side = float | int | None
Sides = tuple[Side, Side, Side, Side]


class Header(msgspec.Struct, forbid_unknown_fields=True):
    annotool_baseline: int


class Line(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    rule: str
    image: str = ""
    category: str = ""
    split: str = ""
    format: str = ""
    file: str = ""
    box: Sides | None = None
    fractions: Sides | None = None
    size: tuple[float | int, float | int] | None = None
    count: Annotated[int, msgspec.Meta(ge=1, lt=1 << 40)] = 1
    reason: str = ""
    by: str = ""


def read(file: Path) -> Table:
    """Return the faults of a baseline file (columns of `entries`), identical lines once.

    Raises UsageError, with file and line, for what is no baseline, a line that is none, or an unresolved merge.
    """
    check_there(file)
    try:
        text = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: the baseline cannot be read: {error.strerror}") from error
    text = text.removeprefix(b"\xef\xbb\xbf")
    first, _, rest = text.partition(b"\n")
    check_header(file, first)
    words: dict[str, str] = {}
    parts = [columns(lines, words) for lines in decoded(file, rest)]
    table = Table.concat(parts) if parts else columns([], words)
    return collapsed(table, np.maximum.at)  # a merge that kept both sides repeats lines


def check_there(file: Path) -> None:
    """Raise UsageError where there is no such file."""
    if not file.exists():
        raise UsageError(
            f"{file}: the baseline cannot be read: there is no such file; `annotool baseline` makes it"
        )


def check_header(file: Path, first: bytes) -> None:
    if first.startswith(MARKS):
        raise conflict(file, 1)
    try:
        layout = msgspec.json.decode(first, type=Header).annotool_baseline
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f'{file}:1: no baseline of annotool: expected {{"annotool_baseline":{LAYOUT}}}, '
            f"got {first[:40].decode('utf-8', 'replace')!r}; `annotool baseline` makes one"
        ) from error
    if layout != LAYOUT:
        raise UsageError(
            f"{file}:1: a baseline of layout {layout}; this annotool reads layout {LAYOUT}: use the annotool it was made with"
        )


def decoded(file: Path, text: bytes) -> Iterator[list[Line]]:
    """Yield the lines in blocks; one block at a time is looked at line by line where it does not decode whole."""
    decoder, start, line = msgspec.json.Decoder(Line), 0, 2
    while start < len(text):
        end = text.find(b"\n", start + BLOCK) + 1 or len(text)
        block = text[start:end]
        try:
            yield decoder.decode_lines(block)
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield [*one_by_one(file, block, line)]
        start, line = end, line + block.count(b"\n")


def one_by_one(file: Path, block: bytes, number: int) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(Line)
    for at, line in enumerate(block.split(b"\n"), number):
        if line.startswith(MARKS):
            raise conflict(file, at)
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{file}:{at}: no line of a baseline: {error}; mend or delete it, then `annotool baseline --update`"
            ) from error


def conflict(file: Path, line: int) -> UsageError:
    return UsageError(
        f"{file}:{line}: an unresolved merge: delete the marks (<<<<<<<, =======, >>>>>>>) and keep the lines of both "
        "sides; order and repeated lines do no harm"
    )


def columns(lines: list[Line], words: dict[str, str]) -> Table:
    """Lines as columns; `words` keeps each text once."""
    fraction = np.array([line.fractions is not None for line in lines], dtype=bool)
    boxes = [line.fractions or line.box or NONE for line in lines]
    box = np.array(boxes, dtype=np.float64).reshape(len(lines), 4)
    size = np.array([line.size or NONE[:2] for line in lines], dtype=np.float64).reshape(len(lines), 2)
    texts = {}
    for name in (*TEXTS, "reason", "by"):
        values = [*map(attrgetter(name), lines)]
        texts[name] = objects([*map(words.setdefault, values, values)])
    return Table(
        {
            **texts,
            **dict(zip(BOX, box.T, strict=True)),
            "width": size[:, 0],
            "height": size[:, 1],
            "fraction": fraction,
            "count": np.array([line.count for line in lines], dtype=np.int64),
        }
    )


def write(file: Path, entries: Table) -> None:
    """Write faults to a file, whole or not at all."""
    if file.is_dir():
        raise AnnotoolError(f"{file}: is a folder; --out wants a file")
    write_file(file, encoded(ordered(entries)))


def encoded(entries: Table) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    yield encoder.encode(Header(LAYOUT)) + b"\n"
    for start in range(0, len(entries), AT_ONCE):
        part = entries.take(np.arange(start, min(start + AT_ONCE, len(entries))))
        given: dict[str, list[Any]] = {
            name: part[name].tolist() for name in (*TEXTS, "count", "reason", "by")
        }
        given["box"] = sides(part, BOX, ~part["fraction"])
        given["fractions"] = sides(part, BOX, part["fraction"])
        given["size"] = sides(part, ("width", "height"), np.isfinite(part["width"]))
        yield encoder.encode_lines([*map(Line, *(given[name] for name in Line.__struct_fields__))])


def sides(part: Table, names: tuple[str, ...], wanted: Array) -> list[tuple[Side, ...] | None]:
    """Columns side by side as JSON spells them shortest, null for NaN, 10 for 10.0; None where all are NaN or not
    wanted."""
    some = wanted & np.isfinite([part[name] for name in names]).any(axis=0)
    rows = zip(*(shortest(part[name]) for name in names), strict=True)
    return [row if there else None for row, there in zip(rows, some.tolist(), strict=True)]


def shortest(values: Array) -> list[Side]:
    whole = np.flatnonzero((values == np.rint(values)) & (np.abs(values) < 1e15))
    spelled = values.astype(object)
    spelled[whole] = values[whole].astype(np.int64).astype(object)
    spelled[np.isnan(values)] = None
    told: list[Side] = spelled.tolist()
    return told
