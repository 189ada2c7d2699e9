"""For people: a verdict in words, a table a rule, what was not run, what `fix` would mend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.findings import Compared, Findings, Fix, Severity
from annotool.reporting.rows import Row, examples, rows
from annotool.reporting.told import Told, against, escape, plural, slug, summary
from annotool.rules import registry

__all__ = ["lines", "verdict"]

SHARE = 0.05  # more of the annotations or images than this hit by one rule: told as one cause
EXAMPLES = 3
GRADES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def lines(told: Told) -> Iterator[str]:
    """Yield the report, marked up for rich."""
    yield from head(told)
    if len(told.findings.new):
        yield ""
        yield from table(told)
    if told.findings.baseline:
        yield from old(told.findings, told.findings.baseline)
    yield from mendable(told.findings)
    skipped = told.findings.skipped
    if skipped:
        yield ""
        yield f"Not run, or not on all: {plural(len(skipped), 'rule')}"
        for why in reasons(told.findings):
            codes = " ".join(each.rule for each in skipped if each.why == why)
            yield f"  {codes}: {escape(why)}"


def head(told: Told) -> Iterator[str]:
    data, counts = told.data, summary(told.findings.new)
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
    """Return the state of the dataset in one sentence: with a baseline, what is new in it."""
    findings, counts = told.findings.new, summary(told.findings.new)
    state = "ready to train" if not counts["error"] else "not ready to train"
    if findings.baseline:
        compared = against(told.findings)
        state = f"{compared['new']:,} new, {compared['known']:,} known, {compared['stale']:,} stale"
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
        parts.append("nothing new" if findings.baseline else "nothing found")
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
    for row in rows(told.data, examples(told.findings.new, EXAMPLES)):
        by_rule.setdefault((row.severity, row.rule), []).append(row)
    counts, known = grade_counts(told.findings.new), grade_counts(told.findings)
    width = max(len(slug(code)) for _, code in counts)
    for (grade, code), count in sorted(
        counts.items(), key=lambda each: (order[each[0][0]], -each[1], each[0][1])
    ):
        shown = by_rule.get((grade, code), [])
        mark = f"[{GRADES[grade]}]{grade:<7}[/]"
        place = shown[0].place if shown else ""
        before = f" [dim](and {known[grade, code] - count:,} known)[/]" if known[grade, code] > count else ""
        yield f"{count:>9,}  {mark}  {code:<7} {slug(code):<{width}}  {escape(place)}{before}"
        share = share_of(told, code, grade)
        if share > SHARE and count > EXAMPLES:
            places = escape(", ".join(row.place for row in shown))
            yield f"           {share:.0%} of all, perhaps by one cause; for example {places}"
        if shown:
            yield f"           [dim]{escape(shown[0].message)}[/]"


def old(findings: Findings, baseline: Compared) -> Iterator[str]:
    """The known faults that are still there by rule, and the first of those that are not."""
    known = findings.where(lambda part: part.columns["known"]).counts()
    if known:
        yield ""
        told = ", ".join(
            f"{count:,} {code}" for code, count in sorted(known.items(), key=lambda each: -each[1])
        )
        yield f"[dim]known: {told}[/]"
    if baseline.gone:
        yield ""
        away = int(baseline.stale["count"][baseline.stale["absent"]].sum())
        also = f", {away:,} of them in images that are not in this dataset" if away else ""
        yield f"{plural(baseline.gone, 'known fault')} found no more{also}:"
        names = ("rule", "image", "category", "split")
        for each in zip(*(baseline.stale[name][:EXAMPLES].tolist() for name in names), strict=True):
            yield f"  [dim]{escape(' '.join(filter(None, each)))}[/]"
        yield f"`annotool baseline PATH... --out {escape(baseline.file)} --prune` takes them out."


def grade_counts(findings: Findings) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for part in findings.blocks:
        for value, count in zip(*np.unique(part.columns["severity"], return_counts=True), strict=True):
            key = (Severity(int(value)).name.lower(), part.rule)
            counts[key] = counts.get(key, 0) + int(count)
    return counts


def share_of(told: Told, code: str, grade: str) -> float:
    """The share of annotations, or of images where the rule names none, that a rule's findings of a grade name."""
    mine = told.findings.new.of(code).where(lambda part: part.columns["severity"] == Severity[grade.upper()])
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
