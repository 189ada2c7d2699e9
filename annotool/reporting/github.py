"""GitHub workflow commands: marks beside the lines of a pull request. The whole list is in the job's summary.

GitHub shows ten errors, ten warnings and ten notices a step (https://docs.github.com/actions, workflow commands), so
the worst come first: by severity, then the rarer rule, a few of each. Ends with a line that says how many were left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from annotool.findings import Severity
from annotool.reporting.places import Places
from annotool.reporting.rows import Row, examples, rows
from annotool.reporting.told import Told
from annotool.reporting.verdict import grade_counts, outcomes, verdict
from annotool.wording import plural

__all__ = ["command", "lines"]

SHOWN = 10  # of each severity
EACH = 3  # of one rule
WORDS = {"error": "error", "warning": "warning", "info": "notice"}


def lines(told: Told) -> Iterator[str]:
    """Yield one workflow command a mark, then a summary line. What a baseline knows is not marked."""
    places, findings = Places(told.data), told.findings.new
    counts = grade_counts(findings)
    first = list(rows(told.data, examples(findings, EACH)))
    first.sort(key=lambda row: (-Severity[row.severity.upper()], counts[row.severity, row.rule], row.rule))
    shown = 0
    for grade in WORDS:
        for row in [each for each in first if each.severity == grade][:SHOWN]:
            shown += 1
            yield command(row, places.of(row))
    left = len(findings) - shown
    more = f"; {plural(left, 'finding')} more not marked here" if left else ""
    for line in (f"{verdict(told)}{more}", *outcomes(told)):
        yield f"annotool: {line}".replace("\n", "\\n")


def command(row: Row, file: str) -> str:
    """Return the workflow command that marks a finding in a file."""
    fields = {"file": file, "line": str(row.line) if row.line else "", "title": f"{row.rule} {row.slug}"}
    told = ",".join(f"{name}={escaped(value, ':,')}" for name, value in fields.items() if value)
    return f"::{WORDS[row.severity]} {told}::{escaped(row.said)}"


def escaped(text: str, also: str = "") -> str:
    """Percent-encode what would end a workflow command, and in a property what would end that."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
