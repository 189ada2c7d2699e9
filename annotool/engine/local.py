"""Run rules here, in this process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.engine.silence import in_order, silence
from annotool.findings import Block, Findings, Severity, Skipped
from annotool.progress import track
from annotool.rules.base import Rule

__all__ = ["run"]


def run(
    data: Dataset, rules: Mapping[str, Rule], selected: Collection[str], severities: Mapping[str, Severity]
) -> Findings:
    """Return what the selected rules find, echoes silenced, severities filled in.

    Causes of selected rules run too, so that selecting less never brings up an echo; what they find is not returned.
    A rule that cannot judge all or anything is named in `skipped`. A rule that raises is our fault, not the data's:
    the exception goes on, with the rule's code added.
    """
    wanted = needed(rules, selected)
    found: dict[str, Findings] = {}
    skipped: list[Skipped] = []
    for code in track(in_order({code: rules[code] for code in wanted}), "Checking rules"):
        rule = rules[code]
        if rule.formats and not data.formats & set(rule.formats):
            continue
        if code in selected and (why := rule.unable(data)):
            skipped.append(Skipped(code, why))
        try:
            mine = rule.check(data)
        except Exception as error:
            error.add_note(
                f"while rule {code} {rule.slug} was checking the dataset; this is a fault of annotool"
            )
            raise
        # An override must not change what condemns what, so echoes are judged by the rule's own grades.
        graded = Findings(tuple(with_severity(part, rule) for part in mine.blocks))
        causes = {cause: found[cause] for cause in rule.silenced_by if cause in found}
        found[code], counted = silence(data, graded, causes, rules)
        found.update(counted)
    kept = (overridden(found[c], severities.get(c)) for c in sorted(found) if c in selected)
    return Findings(
        tuple(part for each in kept for part in each.blocks), tuple(sorted(skipped, key=lambda s: s.rule))
    )


def needed(rules: Mapping[str, Rule], selected: Collection[str]) -> set[str]:
    """The selected codes and, transitively, their causes."""
    todo, seen = [code for code in selected if code in rules], set[str]()
    while todo:
        code = todo.pop()
        if code not in seen:
            seen.add(code)
            todo += [cause for cause in rules[code].silenced_by if cause in rules]
    return seen


def with_severity(part: Block, rule: Rule) -> Block:
    severity = part.columns["severity"]
    filled = np.where(severity < 0, np.int8(rule.severities[0]), severity).astype(np.int8)
    return replace(part, columns=part.columns.with_columns(severity=filled))


def overridden(findings: Findings, severity: Severity | None) -> Findings:
    if severity is None:
        return findings
    return Findings(
        tuple(
            replace(p, columns=p.columns.with_columns(severity=np.full(len(p), int(severity), dtype=np.int8)))
            for p in findings.blocks
        )
    )
