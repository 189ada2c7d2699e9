"""SARIF 2.1.0, for GitHub's code scanning and other viewers of static analysis.

GitHub takes 25,000 results, stores 5,000, and 10 MB of gzip (docs.github.com, "SARIF results exceed limits"). So a rule
with more than `EACH` findings in a file becomes one result that tells how many; of what is then over `RESULTS`, the
worst and the rarest stay, and one result a rule counts the rest. The json report has every finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import numpy as np

from annotool.findings import Findings, Severity
from annotool.output import json_text, utf8
from annotool.reporting.counts import rule_numbers
from annotool.reporting.explained import markdown, paragraphs
from annotool.reporting.places import Places
from annotool.reporting.rows import Row, ordered, rows
from annotool.reporting.told import Told, slug
from annotool.rules import registry
from annotool.table import Array
from annotool.wording import plural

__all__ = ["EACH", "RESULTS", "lines"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
EACH = 100  # findings of one rule in one file told one by one
RESULTS = 5000
LONG = 1000  # characters of a message
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
ROOT = "%SRCROOT%"


@dataclass(frozen=True)
class Shown:
    """Which findings become results: the position of each one's finding, how many findings it stands for, and in how
    many files (int64 each)."""

    position: Array
    count: Array
    files: Array


def lines(told: Told) -> Iterator[str]:
    """Yield the log line by line, one line a result."""
    shown = chosen(told)
    codes = sorted(told.findings.counts())
    run = {
        "tool": {"driver": driver(codes)},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder annotool was run in."}}},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "annotool/"},
        "invocations": [invocation(told)],
        "properties": {"findings": len(told.findings), "results": len(shown.position)},
    }
    head = json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    yield head.removesuffix("}]}") + ',"results":['
    places, left = Places(told.data), len(shown.position)
    told_rows = rows(told.data, told.findings, take=shown.position, prints=True)
    for row, count, files in zip(told_rows, shown.count.tolist(), shown.files.tolist(), strict=True):
        left -= 1
        yield json_text(result(told, row, count, files, codes.index(row.rule), places)) + (
            "," if left else ""
        )
    yield "]}]}"


def chosen(told: Told) -> Shown:
    """Choose what becomes a result, in reading order."""
    findings = told.findings
    order = ordered(told.data, findings)
    _, rule = rule_numbers(findings)
    source, known = findings.column("source").astype(np.int64), findings.column("known")
    sources = len(told.data.table("sources")) + 1
    group = ((rule * sources + source + 1) * 2 + known)[order]
    _, first, of, size = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    single = size[of] <= EACH
    keep = np.sort(np.concatenate([np.flatnonzero(single), first[size > EACH]]))
    position, count = order[keep], np.where(single, 1, size[of])[keep]
    files = np.ones(len(keep), dtype=np.int64)
    if len(keep) > RESULTS:
        return within(findings, rule, Shown(position, count, files))
    return Shown(position, count, files)


def within(findings: Findings, rule: Array, shown: Shown) -> Shown:
    """Keep the worst and the rarest; the first of each rule that is left out counts the rest of it."""
    severity = findings.column("severity")[shown.position]
    mine, known = rule[shown.position], findings.column("known")[shown.position]
    rarity = np.bincount(rule)[mine]
    worst = np.lexsort((np.arange(len(mine)), rarity, known, -severity.astype(np.int64)))
    room = RESULTS - len(np.unique(mine))
    out = np.sort(worst[room:])
    _, first, of = np.unique(mine[out], return_index=True, return_inverse=True)
    rest = np.bincount(of, weights=shown.count[out]).astype(np.int64)
    spread = np.bincount(of)
    keep, ends = np.sort(worst[:room]), out[first]
    return Shown(
        np.append(shown.position[keep], shown.position[ends]),
        np.append(shown.count[keep], rest),
        np.append(shown.files[keep], spread),
    )


def driver(codes: list[str]) -> dict[str, Any]:
    return {
        "name": "annotool",
        "version": version("annotool"),
        "rules": [descriptor(code) for code in codes],
    }


def descriptor(code: str) -> dict[str, Any]:
    """What a viewer shows of a rule: its documentation."""
    if code not in registry():
        return {"id": code}
    rule = registry()[code]
    first, *more = paragraphs(rule)
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": first},
        "fullDescription": {"text": "\n\n".join(more[:1]) or first},
        "help": {"text": rule.documentation(), "markdown": markdown(rule)},
        "defaultConfiguration": {"level": LEVELS[Severity(rule.severities[0]).name.lower()]},
        "properties": {"tags": ["annotations", code.rstrip("0123456789"), rule.scope, *rule.formats][:10]},
    }


def invocation(told: Told) -> dict[str, Any]:
    """That it ran, and which rules did not, or not on all."""
    notes = [
        {"level": "note", "message": {"text": plain(f"{each.rule} {slug(each.rule)}: {each.why}")}}
        for each in told.findings.skipped
    ]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def result(told: Told, row: Row, count: int, files: int, index: int, places: Places) -> dict[str, Any]:
    """One result: a finding, or the first of many."""
    file = places.of(row)
    where = "this file" if files == 1 else plural(files, "place")
    many = f"{count:,} findings of {row.slug} in {where}, all in the json report; the first: "
    mark = row.fingerprint if count == 1 else digest(row.rule, file, str(files > 1))
    facts = {"image": row.image, "category": row.category, "split": row.split, "pointer": row.pointer}
    properties = {
        **{name: value for name, value in facts.items() if value},
        **({"fix": row.fix} if row.fix != "none" else {}),
        **({"findings": count} if count > 1 else {}),
        **({"joined": row.joined} if row.joined else {}),
    }
    baselined = {"baselineState": "unchanged" if row.known else "new"} if told.findings.baseline else {}
    return {
        "ruleId": row.rule,
        "ruleIndex": index,
        "level": LEVELS[row.severity],
        "message": {"text": plain((many if count > 1 else "") + row.message)},
        "locations": [{"physicalLocation": location(file, row.line)}],
        # GitHub tells alerts apart by the first of these alone: without it, by the text of the line.
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1", "annotool/v1": mark},
        **baselined,
        **({"properties": properties} if properties else {}),
    }


def location(file: str, line: int) -> dict[str, Any]:
    """A file from the working folder, or by its whole path where it lies elsewhere."""
    path = quote(utf8(file), safe="/")
    outside = PurePosixPath(file).is_absolute() or file[1:2] == ":"
    artifact = {"uri": f"file://{path}"} if outside else {"uri": path, "uriBaseId": ROOT}
    return {"artifactLocation": artifact, **({"region": {"startLine": line}} if line else {})}


def plain(text: str) -> str:
    """A message in which nothing is a link (SARIF 2.1.0, 3.11.6), cut where it is very long."""
    told = text if len(text) <= LONG else text[: LONG - 1] + "…"
    return told.replace("](", "]\u200b(")


def digest(*words: str) -> str:
    return blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
