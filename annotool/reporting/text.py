"""For people: a verdict in words, a table a rule, what was not run, what `fix` would mend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.findings import Findings, Fix, Severity
from annotool.reporting.rows import Row, rows
from annotool.reporting.told import Told, escape, plural, slug, summary
from annotool.rules import registry
from annotool.table import Array

__all__ = ["lines", "verdict"]

SHARE = 0.05  # more of the annotations or images than this hit by one rule: told as one cause
EXAMPLES = 3
GRADES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def lines(told: Told) -> Iterator[str]:
    """Yield the report, marked up for rich."""
    yield from head(told)
    if len(told.findings):
        yield ""
        yield from table(told)
        yield from mendable(told.findings)
    skipped = told.findings.skipped
    if skipped:
        yield ""
        yield f"Not run, or not on all: {plural(len(skipped), 'rule')}"
        for why in reasons(told.findings):
            codes = " ".join(each.rule for each in skipped if each.why == why)
            yield f"  {codes}: {escape(why)}"


def head(told: Told) -> Iterator[str]:
    data, counts = told.data, summary(told.findings)
    style = "bold red" if counts["error"] else "bold yellow" if counts["warning"] else "bold green"
    yield f"[{style}]{escape(verdict(told))}[/]"
    splits = ", ".join(data.split_names) or "no splits"
    sizes = (len(data.table("images")), len(data.table("annotations")), len(data.labels))
    yield (
        f"{'+'.join(sorted(data.formats))}: {sizes[0]:,} images, {sizes[1]:,} annotations, "
        f"{sizes[2]:,} {'categor' + ('y' if sizes[2] == 1 else 'ies')} ({escape(splits)})"
    )
    for note in data.notes:
        yield f"[dim]note: {escape(note)}[/]"
    if told.config_file:
        yield f"[dim]settings: {escape(str(told.config_file))}[/]"


def verdict(told: Told) -> str:
    """Return the state of the dataset in one sentence."""
    findings, counts = told.findings, summary(told.findings)
    state = "ready to train" if not counts["error"] else "not ready to train"
    parts = []
    if not len(told.data.table("images")) and not len(told.data.table("annotations")):
        state = "not ready to train: nothing in it could be read"
    errors = findings.where(lambda part: part.columns["severity"] == Severity.ERROR)
    if counts["error"]:
        images = len(np.unique(errors.column("image")[errors.column("image") >= 0]))
        if images:
            verb = "has" if images == 1 else "have"
            parts.append(f"{images:,} of {len(told.data.table('images')):,} images {verb} errors")
        worst = sorted(errors.counts().items(), key=lambda each: -each[1])
        parts += [said(code, count) for code, count in worst[:EXAMPLES]]
    elif counts["warning"]:
        parts.append(f"no errors, {plural(counts['warning'], 'warning')} to look at")
    elif counts["info"]:
        parts.append(f"nothing to mend, {plural(counts['info'], 'fact')} to know")
    else:
        parts.append("nothing found")
    text = f"{state}: {', '.join(parts)}"
    if findings.skipped:
        more = ", and more" if len(reasons(findings)) > 1 else ""
        text += (
            f"; {plural(len(findings.skipped), 'rule')} not run, or not on all ({reasons(findings)[0]}{more})"
        )
    return text


def said(code: str, count: int) -> str:
    rules = registry()
    phrase = rules[code].verdict[count > 1] if code in rules else ""
    return phrase.format(n=f"{count:,}") if phrase else f"{count:,} {slug(code)}"


def reasons(findings: Findings) -> list[str]:
    return list(dict.fromkeys(each.why for each in findings.skipped))


def table(told: Told) -> Iterator[str]:
    order = {name: rank for rank, name in enumerate(GRADES)}
    by_rule: dict[tuple[str, str], list[Row]] = {}
    first = examples(told)
    for row in first:
        by_rule.setdefault((row.severity, row.rule), []).append(row)
    counts = grade_counts(told.findings)
    width = max(len(slug(code)) for _, code in counts)
    for (grade, code), count in sorted(
        counts.items(), key=lambda each: (order[each[0][0]], -each[1], each[0][1])
    ):
        shown = by_rule.get((grade, code), [])
        mark = f"[{GRADES[grade]}]{grade:<7}[/]"
        place = shown[0].place if shown else ""
        yield f"{count:>9,}  {mark}  {code:<7} {slug(code):<{width}}  {escape(place)}"
        share = share_of(told, code, grade)
        if share > SHARE and count > EXAMPLES:
            places = escape(", ".join(row.place for row in shown))
            yield f"           {share:.0%} of all, perhaps by one cause; for example {places}"
        if shown:
            yield f"           [dim]{escape(shown[0].message)}[/]"


def grade_counts(findings: Findings) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for part in findings.blocks:
        for value, count in zip(*np.unique(part.columns["severity"], return_counts=True), strict=True):
            key = (Severity(int(value)).name.lower(), part.rule)
            counts[key] = counts.get(key, 0) + int(count)
    return counts


def examples(told: Told) -> Iterator[Row]:
    """The first few findings of each rule and grade."""
    few: dict[tuple[str, int], int] = {}

    def keep(rule: str, severity: Array) -> Array:
        mask = np.zeros(len(severity), dtype=bool)
        for value in np.unique(severity):
            left = EXAMPLES - few.get((rule, int(value)), 0)
            taken = np.flatnonzero(severity == value)[: max(left, 0)]
            few[rule, int(value)] = few.get((rule, int(value)), 0) + len(taken)
            mask[taken] = True
        return mask

    return rows(told.data, told.findings.where(lambda part: keep(part.rule, part.columns["severity"])))


def share_of(told: Told, code: str, grade: str) -> float:
    """The share of annotations, or of images where the rule names none, that a rule's findings of a grade name."""
    mine = told.findings.of(code).where(lambda part: part.columns["severity"] == Severity[grade.upper()])
    for column, name in (("annotation", "annotations"), ("image", "images")):
        keys = mine.column(column)
        if (keys >= 0).any():
            return len(np.unique(keys[keys >= 0])) / max(1, len(told.data.table(name)))
    return 0.0


def mendable(findings: Findings) -> Iterator[str]:
    fix = findings.column("fix")
    safe, unsafe = int((fix == Fix.SAFE).sum()), int((fix == Fix.UNSAFE).sum())
    if safe or unsafe:
        yield ""
    if safe:
        yield f"`annotool fix` mends {safe:,} of these safely; see them first with --diff."
    if unsafe:
        yield f"{unsafe:,} more with --unsafe-fixes, which change or drop geometry, classes or records."
