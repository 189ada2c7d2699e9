"""A table, a line a finding, under the names of the json report; columns are added at the end, never renamed.

The joined columns come last. `values` is json. Text is as in the dataset, but for control characters, which are
spelled as json spells them: a cell that begins with = + - or @ is a formula to a spreadsheet, and is left as it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from annotool.output import json_text
from annotool.reporting.rows import Row, rows
from annotool.reporting.told import Told

__all__ = ["COLUMNS", "lines"]

COLUMNS = (
    "rule", "name", "severity", "message", "path", "file", "line", "pointer", "image", "image_id", "annotation_id",
    "category", "split", "values", "fix", "silenced", "known", "fingerprint", "consequence",
)  # fmt: skip


def lines(told: Told) -> Iterator[str]:
    """Yield the header, then one line a finding, in reading order."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="")
    joined = list(told.data.joined)
    yield line(held, writer, [*COLUMNS, *(f"joined.{name}" if name in COLUMNS else name for name in joined)])
    for row in rows(told.data, told.findings, prints=True):
        yield line(held, writer, [*cells(row), *row.joined.values()])


def line(held: io.StringIO, writer: Any, values: list[Any]) -> str:
    held.seek(0)
    held.truncate()
    writer.writerow(values)
    return held.getvalue().replace("\r", "\\u000d").replace("\n", "\\n")


def cells(row: Row) -> tuple[Any, ...]:
    return (
        row.rule, row.slug, row.severity, row.message, row.path, row.file, row.line or None, row.pointer, row.image,
        row.image_id, row.annotation_id, row.category, row.split, json_text(row.values) if row.values else "", row.fix,
        row.silenced, "true" if row.known else "false", row.fingerprint, row.consequence,
    )  # fmt: skip
