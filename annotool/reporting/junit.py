"""JUnit XML, which most CI systems show: one testcase a rule; it fails when the run fails by it.

A rule that could not run is skipped; one that found only what fails nothing (`--fail-on`, a baseline) passes, and
tells what it found in `system-out`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from annotool.findings import Findings, Severity
from annotool.reporting.rows import Row, examples, rows
from annotool.reporting.told import Told, slug
from annotool.reporting.verdict import grade_counts
from annotool.rules import registry
from annotool.wording import plural

__all__ = ["lines"]

SHOWN = 20  # findings a rule and severity
GRADES = {each.name.lower(): int(each) for each in Severity}
NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def lines(told: Told) -> Iterator[str]:
    """Yield the document. Rules that were not selected are not in it."""
    new, asked = told.findings.new, codes(told)
    counts = grade_counts(told.findings)
    failing = failed(told, new)
    skipped = {each.rule: each.why for each in told.findings.skipped}
    idle = {code for code in asked if code in skipped and not any(code == each for _, each in counts)}
    by_rule: dict[str, list[Row]] = {}
    for row in rows(told.data, examples(new, SHOWN)):
        by_rule.setdefault(row.rule, []).append(row)
    totals = f'tests="{len(asked)}" failures="{len(failing)}" errors="0" skipped="{len(idle)}"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="annotool" {totals}>'
    yield f'  <testsuite name="annotool" {totals}>'
    for code in asked:
        name = quoteattr(f"{code} {slug(code)}")
        yield f'    <testcase classname="annotool.{code.rstrip("0123456789")}" name={name}>'
        if code in idle:
            yield f"      <skipped message={attribute(skipped[code])}/>"
        elif count := sum(number for (_, each), number in counts.items() if each == code):
            yield from outcome(count, by_rule.get(code, []), new.counts().get(code, 0), code in failing)
        yield "    </testcase>"
    yield "  </testsuite>"
    yield "</testsuites>"


def outcome(count: int, shown: list[Row], new: int, fails: bool) -> Iterator[str]:
    known = f", {count - new:,} more known" if count > new else ""
    title = f"{plural(new, 'finding')}{known}"
    worst = max((row.severity for row in shown), key=GRADES.__getitem__, default="info")
    start = f'<failure type="{worst}" message={attribute(title)}>' if fails else "<system-out>"
    yield f"      {start}{text(title)}"
    for row in shown:
        yield text(f"{row.place or 'dataset'}: {row.severity}: {row.said}".replace("\n", "\\n"))
    if new > len(shown):
        yield text(f"... and {new - len(shown):,} more")
    yield "</failure>" if fails else "</system-out>"


def codes(told: Told) -> list[str]:
    """The rules that ran, codes sorted: those selected, and any that found something."""
    asked = (
        [code for code, rule in registry().items() if not rule.preview] if told.rules is None else told.rules
    )
    return sorted({*asked, *told.findings.counts()})


def failed(told: Told, new: Findings) -> set[str]:
    """The rules by whose new findings the run fails."""
    least = GRADES.get(told.fail_on, len(GRADES))
    return {part.rule for part in new.blocks if (part.columns["severity"] >= least).any()}


def text(words: str) -> str:
    return escape(NO_XML.sub("\ufffd", words))


def attribute(words: str) -> str:
    return quoteattr(NO_XML.sub("\ufffd", words), {"\n": "&#10;", "\t": "&#9;"})
