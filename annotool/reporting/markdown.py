"""A summary in GitHub's markdown, for a pull request's comment or a job's summary: short, whatever was found.

Text of the dataset stands in code spans, where nothing is markup, a mention or a link.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import numpy as np

from annotool.findings import Compared, Findings, Severity
from annotool.reporting.counts import groups, statistics
from annotool.reporting.rows import examples, rows
from annotool.reporting.told import Told, against, slug
from annotool.reporting.verdict import grade_counts, idle, outcomes, verdict
from annotool.rules.base import classifies
from annotool.wording import plural, printable

__all__ = ["LIMIT", "lines"]

LIMIT = 65_000  # characters: a comment holds 65,536, a job's summary 1 MiB
WORST = 10  # images
ROWS = 50  # of a table
LONG = 200  # characters of one text
GRADES = {"error": "❌ error", "warning": "⚠️ warning", "info": "info"}


def lines(told: Told) -> Iterator[str]:
    """Yield the summary; what does not fit GitHub's limit is left out, and that is said."""
    tail = [*reproduce(told)]
    left = LIMIT - sum(len(line) + 1 for line in tail)
    for line in body(told):
        left -= len(line) + 1
        if left < 100:
            yield ""
            yield "… shortened to what GitHub shows; the json report has it all."
            break
        yield line
    yield from tail


def body(told: Told) -> Iterator[str]:
    data, findings = told.data, told.findings.new
    yield "## annotool"
    yield ""
    yield f"**{prose(verdict(told))}**"
    yield ""
    if says := outcomes(told):
        yield from (f"- {prose(each)}" for each in says)
        yield ""
    yield (
        f"{'+'.join(sorted(data.formats))}: {plural(len(data.table('images')), 'image')}, "
        f"{plural(len(data.table('annotations')), 'label' if classifies(data) else 'annotation')}, {plural(len(data.labels), 'category')}"
    )
    if told.findings.baseline:
        compared = against(told.findings)
        yield from table(
            ["new", "fixed", "known"], [[f"{compared[name]:,}" for name in ("new", "stale", "known")]]
        )
    if len(findings):
        yield from by_rule(told, findings)
        yield from worst_images(told, findings)
    if told.findings.baseline and told.findings.baseline.gone:
        yield from fixed(told.findings.baseline)
    if told.group_by:
        yield from grouped(told, told.group_by)
    if told.statistics:
        yield from counted(told)
    yield from lacking(told)


def by_rule(told: Told, findings: Findings) -> Iterator[str]:
    counts, everything = grade_counts(findings), grade_counts(told.findings)
    first = {(row.severity, row.rule): row for row in rows(told.data, examples(findings, 1))}
    order = {name: rank for rank, name in enumerate(GRADES)}
    keys = sorted(counts, key=lambda key: (order[key[0]], -counts[key], key[1]))
    compared = told.findings.baseline is not None
    yield from table(
        ["", "rule", "new" if compared else "findings", *(["known"] if compared else []), "first", "says"],
        [
            [
                GRADES[key[0]],
                f"{key[1]} {slug(key[1])}",
                f"{counts[key]:,}",
                *([f"{everything[key] - counts[key]:,}"] if compared else []),
                code(first[key].place),
                code(first[key].message),
            ]
            for key in keys
        ],
        len(keys),
    )


def worst_images(told: Told, findings: Findings) -> Iterator[str]:
    """The images with most errors, then warnings, then facts."""
    data = told.data
    image, severity = data.image_rows(findings.column("image")), findings.column("severity")
    size = len(data.table("images"))
    by_grade = [np.bincount(image[(image >= 0) & (severity == each)], minlength=size) for each in Severity]
    order = np.lexsort((np.arange(size), *(-each for each in by_grade)))[:WORST]
    worst = [row for row in order.tolist() if sum(each[row] for each in by_grade)]
    if not worst:
        return
    yield ""
    yield "### Worst images"
    rule = findings.column("rule")
    yield from table(
        ["image", "errors", "warnings", "facts", "rules", *(code(name) for name in data.joined)],
        [
            [
                code(data.table("images")["file_name"][row]),
                *(f"{each[row]:,}" for each in reversed(by_grade)),
                " ".join(np.unique(rule[image == row]).tolist()),
                *(code(column[row]) for column in data.joined.values()),
            ]
            for row in worst
        ],
    )


def fixed(baseline: Compared) -> Iterator[str]:
    yield ""
    yield f"### Fixed: {plural(baseline.gone, 'known fault')} found no more"
    columns = [baseline.stale[name].tolist() for name in ("rule", "image", "category", "split", "count")]
    told = [
        [str(rule), *(code(text) for text in texts), f"{count:,}"]
        for rule, *texts, count in zip(*(column[:WORST] for column in columns), strict=True)
    ]
    yield from table(["rule", "image", "category", "split", "findings"], told)


def grouped(told: Told, column: str) -> Iterator[str]:
    found = groups(told, column)
    yield ""
    yield f"### By {code(column)}: findings per 1,000 annotations"
    told_rows = [
        [
            code(each.value),
            f"{each.annotations:,}",
            f"{each.findings:,}",
            shown(each.per_thousand),
            ", ".join(f"{name} {shown(rate)}" for name, rate in each.by_rule.items()),
        ]
        for each in found.values
    ]
    yield from table([code(column), "annotations", "findings", "per 1,000", "by rule"], told_rows)


def counted(told: Told) -> Iterator[str]:
    yield ""
    yield "### By rule, split and category"
    found = [
        [each.rule, code(each.split or ""), code(each.category or ""), f"{each.findings:,}"]
        for each in statistics(told)
    ]
    yield from table(["rule", "split", "category", "findings"], found)


def lacking(told: Told) -> Iterator[str]:
    found = idle(told.findings, told.rules)
    if found:
        yield ""
        yield "### Not run, or not on all"
        yield ""
    for why, codes in found.items():
        yield f"- {' '.join(codes)}: {code(why)}"


def reproduce(told: Told) -> Iterator[str]:
    """The command that gives the same again, and what to do next."""
    typed = told.command or f"annotool audit {shlex.join(path.as_posix() for path in told.data.paths)}"
    lines = [typed if len(typed) < 2000 else "annotool audit PATH..."]
    worst = sorted(told.findings.new.counts().items(), key=lambda each: -each[1])
    lines += (
        [f"annotool rule {worst[0][0]}    # what it means, who crashes, how it is mended"] if worst else []
    )
    shown = [printable(line) for line in lines]
    fence = "`" * max(3, *(longest(line) + 1 for line in shown))
    yield from ("", "### To reproduce", "", f"{fence}sh", *shown, fence)


def table(head: list[str], body: list[list[str]], most: int = ROWS) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in body[:most]:
        yield f"| {' | '.join(row)} |"
    if len(body) > most:
        yield ""
        yield f"… and {len(body) - most:,} more"


def code(text: str) -> str:
    """A text of the dataset as a code span that a table can hold; empty for an empty one."""
    text = printable(text[: LONG - 1] + "…" if len(text) > LONG else text).strip()
    if not text:
        return ""
    # A cell ends at a pipe that no backslash escapes; one that follows a backslash cannot be told apart.
    text = re.sub(r"(\\*)\|", lambda hit: hit[1] + ("¦" if hit[1] else "\\|"), text)
    fence = "`" * (longest(text) + 1)
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def prose(text: str) -> str:
    """A sentence of ours that may hold a name: no character of it is markup, a mention or a link."""
    told = re.sub(r"(@|#|www\.|://)(?=\S)", "\\1\u200b", printable(text))
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", told)


def longest(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def shown(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:,.1f}"
