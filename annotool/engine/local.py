"""Run rules here, in this process."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.engine.checks import answers
from annotool.engine.ignores import Ignores, left_out
from annotool.engine.outcomes import Tally, raised, summed
from annotool.engine.silence import in_order, silence
from annotool.findings import Block, Findings, Fix, Ignored, Severity, Skipped
from annotool.formats import placed, unpatched
from annotool.rules.base import Rule

__all__ = ["run"]

NONE: Ignores = {}


def run(
    data: Dataset,
    rules: Mapping[str, Rule],
    selected: Collection[str],
    severities: Mapping[str, Severity],
    ignores: Ignores = NONE,
    targets: Sequence[str] = (),
) -> Findings:
    """Return what the selected rules find, echoes silenced, severities filled in.

    Causes of selected rules run too, so that selecting less never brings up an echo; what they find is not returned.
    A cause that tells the same fault in other words (`told_by`) silences only where it is selected itself: else nobody
    would tell, and who asks for BOX002 alone would hear that no box leaves its image.
    A rule that cannot judge all or anything is named in `skipped`. A rule that raises is our fault, not the data's:
    the exception goes on, with the rule's code added. What is ignored, what the targets make of it and severities set
    by hand come last, so that none of them changes what condemns what.
    """
    found, skipped = checked(data, rules, selected)
    kept: list[Findings] = []
    ignored: list[Ignored] = []
    tallies = {target: Tally() for target in targets}
    for code in sorted(each for each in found if each in selected):
        mine, out = left_out(data, found[code], code, ignores)
        if targets:
            mine = raised(data, mine, rules[code], tallies)
        kept.append(overridden(mine, severities.get(code)))
        ignored += out
    return Findings(
        tuple(part for each in kept for part in each.blocks),
        tuple(sorted(skipped, key=lambda s: s.rule)),
        ignored=tuple(ignored),
        outcomes=summed(data, rules, tallies),
    )


def checked(
    data: Dataset, rules: Mapping[str, Rule], selected: Collection[str]
) -> tuple[dict[str, Findings], list[Skipped]]:
    """What the selected rules and their causes find, echoes silenced, by code; and which rules could not judge all."""
    wanted = {code: rules[code] for code in in_order({code: rules[code] for code in needed(rules, selected)})}
    wanted = {c: rule for c, rule in wanted.items() if not rule.formats or data.formats & set(rule.formats)}
    found: dict[str, Findings] = {}
    skipped: list[Skipped] = []
    for code, (why, mine) in answers(data, wanted).items():
        rule = rules[code]
        if code in selected and why:
            skipped.append(Skipped(code, why))
        graded = Findings(tuple(with_severity(part, rule) for part in offered(data, mine).blocks))
        causes = {cause: found[cause] for cause in silencing(rule, selected) if cause in found}
        found[code], counted = silence(data, graded, causes, rules)
        found.update(counted)
    return found, skipped


def needed(rules: Mapping[str, Rule], selected: Collection[str]) -> set[str]:
    """The selected codes and, transitively, their causes; a cause in preview only when it is selected."""
    todo, seen = [code for code in selected if code in rules], set[str]()
    while todo:
        code = todo.pop()
        if code not in seen:
            seen.add(code)
            causes = silencing(rules[code], selected)
            todo += [c for c in causes if c in rules and (c in selected or not rules[c].preview)]
    return seen


def silencing(rule: Rule, selected: Collection[str]) -> list[str]:
    """The causes of a rule, less those that tell the same fault and are not selected."""
    return [cause for cause in rule.silenced_by if cause in selected or cause not in rule.told_by]


def with_severity(part: Block, rule: Rule) -> Block:
    severity = part.columns["severity"]
    filled = np.where(severity < 0, np.int8(rule.severities[0]), severity).astype(np.int8)
    return replace(part, columns=part.columns.with_columns(severity=filled))


def offered(data: Dataset, findings: Findings) -> Findings:
    """Findings without the fixes of what stands in files that nothing can be fixed in, and of images in class folders that
    are links to elsewhere: these are not moved."""
    fixed, images = unpatched(data) == "", data.table("images")
    lost = np.append(np.append(placed(data), False)[images["source"]] & (images["path"] == ""), False)
    if fixed.all() and not lost.any():
        return findings
    # The last one is for what stands in no file, as categories that are only used.
    fixed = np.append(fixed, fixed[data.table("sources")["role"] == "labels"].any())
    home = np.append(images["source"], -1)

    def kept(part: Block) -> Block:
        row = data.image_rows(part.columns["image"])  # a finding may stand in the predictions
        able = fixed[part.columns["source"]] & fixed[home[row]] & ~lost[row]
        fix = np.where(able, part.columns["fix"], Fix.NONE)
        return replace(part, columns=part.columns.with_columns(fix=fix.astype(np.int8)))

    return replace(findings, blocks=tuple(map(kept, findings.blocks)))


def overridden(findings: Findings, severity: Severity | None) -> Findings:
    if severity is None:
        return findings
    return Findings(
        tuple(
            replace(p, columns=p.columns.with_columns(severity=np.full(len(p), int(severity), dtype=np.int8)))
            for p in findings.blocks
        )
    )
