"""What a report is made of: the dataset, its findings, and how they came about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.output import utf8
from annotool.rules import registry

__all__ = ["Told", "against", "escape", "inputs", "notes", "slug", "split_heads", "summary"]


LONG = 1000  # characters of a text on the screen


@dataclass(frozen=True)
class Told:
    """Everything a report may speak of."""

    data: Dataset
    findings: Findings
    config: Mapping[str, Any] = field(default_factory=dict)  # what shaped the run, as json
    config_file: Path | None = None
    rules: Sequence[str] | None = None  # those that were selected; None: not known, all
    fail_on: str = "error"  # what makes the run fail
    statistics: bool = False  # also counts by rule, split and category
    group_by: str | None = None  # also findings a thousand annotations by this joined column
    command: str = ""  # what the user typed


def summary(findings: Findings) -> dict[str, Any]:
    """Return counts by severity and by rule, known findings included, and what a baseline says of them."""
    severity = findings.column("severity")
    counts = {
        name: int((severity == value).sum()) for name, value in (("error", 2), ("warning", 1), ("info", 0))
    }
    compared = {"baseline": against(findings)} if findings.baseline else {}
    return {**counts, "by_rule": findings.counts(), **compared}


def against(findings: Findings) -> dict[str, Any]:
    """Return the baseline's file and how many findings are new, known, and how many known ones are found no more."""
    known, baseline = int(findings.column("known").sum()), findings.baseline
    file, stale = (baseline.file, baseline.gone) if baseline else ("", 0)
    return {"file": file, "new": len(findings) - known, "known": known, "stale": stale}


def notes(data: Dataset) -> list[str]:
    """Return what is to be told of the reading, one sentence each, without a full stop."""
    return [note.removesuffix(".") for note in data.notes]


def inputs(data: Dataset) -> list[dict[str, Any]]:
    """Return, for each path read, its bytes and sha256; for a folder, those of the label files read.

    A folder's sha256 is that of the text `sha256sum` prints of its label files, sorted by name.
    """
    table = data.table("sources")
    told = []
    for number, path in enumerate(data.paths):
        mine = [s for s in range(len(table)) if table["path"][s] == number and table["buffer"][s] >= 0]
        mine.sort(key=lambda s: str(table["file"][s]))
        parts = [data.file_bytes(s) for s in mine]
        told.append(
            {
                "path": path.as_posix(),
                "bytes": sum(map(len, parts)),
                "sha256": digest(path, parts, mine, table["file"]),
            }
        )
    return told


def digest(path: Path, parts: Sequence[memoryview], mine: Sequence[int], files: Any) -> str:
    if path.is_file() and len(parts) == 1:
        return hashlib.sha256(parts[0]).hexdigest()
    lines = [f"{hashlib.sha256(part).hexdigest()}  {files[s]}\n" for part, s in zip(parts, mine, strict=True)]
    return hashlib.sha256(utf8("".join(lines))).hexdigest()


def slug(code: str) -> str:
    """Return the rule's name in words."""
    rules = registry()
    if code == "REVIEW":
        return "reviewer-decision"
    return rules[code].slug if code in rules else code


def escape(text: str) -> str:
    """Keep rich from reading a name like `[red]` as markup, a name of two lines in one (a CI system takes `::error` at the
    head of a line for a command), and one without end short."""
    told = text if len(text) <= LONG else text[: LONG - 1] + "…"
    return told.replace("\n", "\\n").replace("[", "\\[")


def split_heads(what: str) -> tuple[str, ...]:
    """What is said of each split, in the order of the columns of `Balance.splits`; `what`: annotations or labels."""
    evenness = ("largest / smallest", "evenness", "Gini", "effective categories")
    return ("images", "without any", what, *evenness)
