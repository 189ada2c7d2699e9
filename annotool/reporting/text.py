"""For people: a verdict in words, a table a rule, what was not run, what `fix` would mend."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.findings import Compared, Findings, Fix, Severity
from annotool.reporting.counts import groups, statistics
from annotool.reporting.rows import Row, examples, rows
from annotool.reporting.told import Told, escape, notes, slug, summary
from annotool.reporting.verdict import grade_counts, idle, outcomes, verdict
from annotool.rules.base import classifies
from annotool.wording import plural

__all__ = ["lines"]

SHARE = 0.05  # more of the annotations or images than this hit by one rule: told as one cause
EXAMPLES = 3
WIDE = 40  # characters of a column at most
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
    if told.statistics:
        yield from counted(told)
    if told.group_by:
        yield from grouped(told, told.group_by)
    if told.findings.ignored:
        yield ""
        yield left_out(told.findings)
    if lacking := idle(told.findings, told.rules):
        yield ""
        yield f"Not run, or not on all: {plural(sum(map(len, lacking.values())), 'rule')}"
        yield from (f"  {' '.join(codes)}: {escape(why)}" for why, codes in lacking.items())


def head(told: Told) -> Iterator[str]:
    data, counts = told.data, summary(told.findings.new)
    style = "bold red" if counts["error"] else "bold yellow" if counts["warning"] else "bold green"
    yield f"[{style}]{escape(verdict(told))}[/]"
    for says in outcomes(told):
        yield f"  {escape(says)}"
    splits = ", ".join(data.split_names) or "no splits"
    sizes = (len(data.table("images")), len(data.table("annotations")), len(data.labels))
    predicted = len(data.table("predictions"))
    yield (
        f"{'+'.join(sorted(data.formats))}: {plural(sizes[0], 'image')}, "
        f"{plural(sizes[1], 'label' if classifies(data) else 'annotation')}, "
        f"{plural(sizes[2], 'category')} ({escape(splits)})"
        + (f"; {plural(predicted, 'prediction')} read" if predicted else "")
    )
    for note in notes(data):
        yield f"[dim]note: {escape(note)}[/]"
    if told.config_file:
        yield f"[dim]settings: {escape(str(told.config_file))}[/]"


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
            files = [*dict.fromkeys(row.place for row in shown)]
            places = escape(
                ", ".join(files if len(files) > 1 else dict.fromkeys(row.image or row.place for row in shown))
            )
            yield f"           {share:.0%} of all, perhaps by one cause; for example {places}"
        if shown:
            yield f"           [dim]{escape(shown[0].said)}[/]"


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


def left_out(findings: Findings) -> str:
    """How many findings the settings leave out, and where."""
    places: dict[str, int] = {}
    for each in findings.ignored:
        places[f"{each.by} {each.name}"] = places.get(f"{each.by} {each.name}", 0) + each.count
    told = ", ".join(f"{count:,} in {place}" for place, count in places.items())
    return f"Ignored as the settings say: {plural(sum(places.values()), 'finding')} ({escape(told)})"


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
        more = f"{unsafe:,} more" if safe else f"`annotool fix` mends {unsafe:,} of these"
        yield f"{more} with --unsafe-fixes, which change or drop geometry, classes or records."


def counted(told: Told) -> Iterator[str]:
    """Findings by rule, split and category."""
    counts = statistics(told)
    width = max([len(each.split or "-") for each in counts], default=0)
    yield ""
    yield f"[bold]{'findings':>9}  {'rule':<7} {'split':<{max(width, 5)}}  category[/]"
    for each in counts:
        split = escape(f"{each.split or '-':<{max(width, 5)}}")
        yield f"{each.findings:>9,}  {each.rule:<7} {split}  {escape(each.category or '-')}"


def grouped(told: Told, column: str) -> Iterator[str]:
    """Findings a thousand annotations for each value of a joined column, the worst first."""
    found = groups(told, column)
    width = min(WIDE, max([len(column), *(len(each.value) for each in found.values)]))
    yield ""
    yield (
        f"[bold]{escape(f'{column:<{width}}')}  {'images':>9}  {'annotations':>11}  {'findings':>9}  "
        f"{'per 1,000':>9}  by rule, per 1,000[/]"
    )
    for each in found.values:
        by_rule = ", ".join(f"{code} {shown(rate)}" for code, rate in each.by_rule.items())
        yield (
            f"{escape(f'{each.value or chr(45):<{width}}')}  {each.images:>9,}  {each.annotations:>11,}  "
            f"{each.findings:>9,}  {shown(each.per_thousand):>9}  {by_rule}"
        )
    if found.elsewhere:
        yield f"[dim]{plural(found.elsewhere, 'finding')} of no single image not counted[/]"


def shown(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:,.1f}"
