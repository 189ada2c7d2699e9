"""Planted faults, and the findings an audit has to make of them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

COLUMNS = (
    "dataset",
    "rule",
    "severity",
    "file",
    "line",
    "pointer",
    "image",
    "annotation_id",
    "category",
    "split",
    "fix",
)


@dataclass(frozen=True)
class Finding:
    """One line of expected_findings.csv. Empty: the finding names none."""

    dataset: str
    rule: str
    severity: str
    fix: str
    file: str = ""
    line: int | str = ""
    pointer: str = ""
    image: str = ""
    annotation_id: int | str = ""
    category: str = ""
    split: str = ""


def unchanged(_: Any) -> None:
    """Change nothing in the record: the fault lies elsewhere."""


def csv_bytes(findings: Iterable[Finding]) -> bytes:
    """Return the findings as CSV, one line each, sorted."""
    rows = [[str(getattr(finding, column)) for column in COLUMNS] for finding in findings]
    rows.sort(key=lambda row: (row[0], row[3], int(row[4] or 0), row[1], row[6], row[8], row[2]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue().encode()


def grades(verdict: str) -> list[tuple[str, str, str]]:
    """Read `"BOX002 error unsafe, BAL002 info none"` as [("BOX002", "error", "unsafe"), ...]."""
    read = [tuple(part.split()) for part in verdict.split(",")]
    return [(rule, severity, fix) for rule, severity, fix in read]
