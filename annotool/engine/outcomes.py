"""What the consumers of labels (`--target`) will do with the findings: raised, told with each, and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Block, Findings, Outcome
from annotool.rules.base import Rule
from annotool.rules.targets import TARGETS, Consequence, Effect
from annotool.table import Array

__all__ = ["Tally", "raised", "summed"]

ROWS = {Effect.DROPS_IMAGE: "image", Effect.DROPS: "annotation"}
NOUNS = {Effect.DROPS_IMAGE: ("image", "images"), Effect.DROPS: ("annotation", "annotations")}


@dataclass
class Tally:
    """What one consumer will do, added up while rules are looked at: keys dropped, further ones, findings a rule."""

    keys: dict[Effect, list[Array]] = field(default_factory=dict)
    more: dict[Effect, int] = field(default_factory=dict)
    rules: dict[Effect, dict[str, int]] = field(default_factory=dict)

    def add(self, effect: Effect, part: Block, rows: Array, many: str) -> None:
        """Count the findings `rows` (bool) of a block."""
        stands_for = part.values[many][rows].astype(np.int64).sum() if many in part.values else rows.sum()
        counts = self.rules.setdefault(effect, {})
        counts[part.rule] = counts.get(part.rule, 0) + int(stands_for)
        if effect in ROWS:
            keys = part.columns[ROWS[effect]][rows]
            self.keys.setdefault(effect, []).append(keys[keys >= 0])
            named = int((keys >= 0).sum())
            further = int(stands_for) - named if many in part.values else int((keys < 0).sum())
            self.more[effect] = self.more.get(effect, 0) + max(further, 0)

    def count(self, effect: Effect) -> int:
        """Images or annotations dropped, each once; findings for the other effects."""
        if effect not in ROWS:
            return sum(self.rules.get(effect, {}).values())
        held = self.keys.get(effect, [])
        return len(np.unique(np.concatenate(held))) + self.more[effect] if held else 0


def raised(data: Dataset, findings: Findings, rule: Rule, tallies: Mapping[str, Tally]) -> Findings:
    """Return a rule's findings, raised to what each consumer makes of them and saying so; the tallies grow."""
    blocks = []
    for part in findings.blocks:
        severity = np.array(part.columns["severity"])
        told = np.full(len(part), "", dtype=object)
        for target, tally in tallies.items():
            free = np.ones(len(part), dtype=bool)
            for each in (each for each in rule.targets if each.target == target):
                rows = free & holding(data, part, each)
                free &= ~rows
                if rows.any():
                    severity[rows] = np.maximum(severity[rows], each.severity)
                    told[rows] = [f"{text}; {target} {each.says}" if text else f"{target} {each.says}"
                                  for text in told[rows]]  # fmt: skip
                    tally.add(each.effect, part, rows, each.many)
        columns = part.columns.with_columns(severity=severity, consequence=told)
        blocks.append(replace(part, columns=columns))
    return replace(findings, blocks=tuple(blocks))


def holding(data: Dataset, part: Block, each: Consequence) -> Array:
    """Which findings a consequence holds for (bool)."""
    rows = of_formats(data, part, each.formats or TARGETS[each.target].reads)
    if each.when is not None and rows.any():
        rows = rows & each.when(data, part)
    return rows


def of_formats(data: Dataset, part: Block, formats: Sequence[str]) -> Array:
    """Which findings are about files of these formats; one that names no file is about all."""
    if len(data.formats) <= 1:
        return np.full(len(part), bool(data.formats & set(formats)))
    known = [name in formats for name in data.table("sources")["format"].tolist()]
    return np.array([*known, True], dtype=bool)[part.columns["source"]]


def summed(data: Dataset, rules: Mapping[str, Rule], tallies: Mapping[str, Tally]) -> tuple[Outcome, ...]:
    """Return what each consumer will do, the worst first; one outcome, of no effect, where nothing is known."""
    told: list[Outcome] = []
    for target, tally in tallies.items():
        mine = [said(rules, target, tally, effect) for effect in Effect if effect in tally.rules]
        known = TARGETS[target]
        foreign = sorted(data.formats - set(known.reads))
        if foreign:
            reads = ", ".join(known.reads)
            says = f"{target} does not read {', '.join(foreign)}: convert it first (it reads {reads})"
            mine.append(Outcome(target, "unread", says))
        elif not mine:
            mine = [Outcome(target, "none", f"nothing found that {target} stops at, drops or misreads")]
        told += mine
    return tuple(told)


def said(rules: Mapping[str, Rule], target: str, tally: Tally, effect: Effect) -> Outcome:
    """One outcome with its sentence."""
    counts = dict(sorted(tally.rules[effect].items(), key=lambda each: (-each[1], each[0])))
    count = tally.count(effect)
    if effect in NOUNS:
        says = f"{count:,} {NOUNS[effect][count != 1]} will be dropped by {target}"
    else:
        why = ", ".join(phrase(rules[code], number) for code, number in counts.items())
        does = (
            f"{TARGETS[target].does} with {target} will stop"
            if effect == Effect.STOPS
            else f"{target} will misread"
        )
        says = f"{does}: {why}"
    return Outcome(target, effect.value, says, count, counts)


def phrase(rule: Rule, count: int) -> str:
    """What a rule found, in the words of its verdict."""
    text = rule.verdict[count > 1]
    return text.format(n=f"{count:,}") if text else f"{count:,} {rule.slug}"
