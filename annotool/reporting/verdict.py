"""The state of a dataset in one sentence, for all reports that people read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.findings import Findings, Severity
from annotool.reporting.told import Told, against, slug, summary
from annotool.rules import registry
from annotool.wording import plural

__all__ = ["grade_counts", "idle", "outcomes", "verdict"]

WORST = 3  # rules named
PREDICTIONS = "needs --predictions"  # what rules that compare with predictions say where there are none


def verdict(told: Told) -> str:
    """Return the state of the dataset in one sentence: with a baseline, what is new in it; with one --target what it
    does with the dataset. What several do would make it too long: see `outcomes`."""
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
        parts += [said(code, stands_for(errors, code)) for code, _ in worst[:WORST]]
    elif counts["warning"]:
        parts.append(f"no errors, {plural(counts['warning'], 'warning')} to look at")
    elif counts["info"]:
        parts.append(f"nothing to mend, {plural(counts['info'], 'fact')} to know")
    else:
        parts.append("nothing new" if findings.baseline else "nothing found")
    text = "; ".join([f"{state}: {', '.join(parts)}", *([] if several(findings) else sentences(findings))])
    every = sum(not rule.preview for rule in registry().values())
    if told.rules is not None and len(told.rules) < every:
        text += f"; {len(told.rules)} of {every} rules selected"
    if lacking := idle(findings, told.rules):
        why, *others = lacking
        count = sum(map(len, lacking.values()))
        more = ", and more" if others else ""
        text += f"; {plural(count, 'rule')} not run, or not on all ({why}{more})"
    return text


def several(findings: Findings) -> bool:
    """Whether there is more than one consumer to speak of."""
    return len({each.target for each in findings.outcomes}) > 1


def outcomes(told: Told) -> list[str]:
    """What several consumers will do, a sentence each, to be told below the verdict; of one the verdict tells."""
    found = told.findings.new
    return sentences(found) if several(found) else []


def sentences(findings: Findings) -> list[str]:
    """What the consumers will do; those of which the same is to be said in one sentence."""
    told = [each.says for each in findings.outcomes if each.effect not in ("none", "unread")]
    clean = [each.target for each in findings.outcomes if each.effect == "none"]
    if len(clean) > 1:
        told.append(f"nothing found that {', '.join(clean[:-1])} or {clean[-1]} stop at, drop or misread")
    unread: dict[str, list[str]] = {}
    for each in findings.outcomes:
        if each.effect == "unread":
            unread.setdefault(each.says.removeprefix(each.target), []).append(each.target)
    for says, names in unread.items():
        many = says.replace(" does not read ", " do not read ").replace("(it reads ", "(they read ")
        told.append(f"{', '.join(names)}{many if len(names) > 1 else says}")
    return told + [each.says for each in findings.outcomes if each.effect == "none" and len(clean) == 1]


def stands_for(findings: Findings, code: str) -> int:
    """How many records the findings of a rule stand for: one finding may tell of many."""
    rule = registry().get(code)
    many = next((each.many for each in rule.targets if each.many), "") if rule else ""
    parts = [part for part in findings.blocks if part.rule == code]
    return sum(
        int(part.values[many].astype(np.int64).sum()) if many in part.values else len(part) for part in parts
    )


def said(code: str, count: int) -> str:
    rules = registry()
    phrase = rules[code].verdict[count > 1] if code in rules else ""
    return phrase.format(n=f"{count:,}") if phrase else f"{count:,} {slug(code)}"


def idle(findings: Findings, rules: Sequence[str] | None = None) -> dict[str, list[str]]:
    """Return why rules did not run, or not on all, and the codes of these.

    That there are no predictions to compare with is said only where the selected `rules` all need them.
    """
    found: dict[str, list[str]] = {}
    for each in findings.skipped:
        found.setdefault(each.why, []).append(each.rule)
    asked = {code for why, codes in found.items() if why.startswith(PREDICTIONS) for code in codes}
    if rules is None or not asked.issuperset(rules):
        found = {why: codes for why, codes in found.items() if not why.startswith(PREDICTIONS)}
    return found


def grade_counts(findings: Findings) -> dict[tuple[str, str], int]:
    """Return the number of findings by severity and rule."""
    counts: dict[tuple[str, str], int] = {}
    for part in findings.blocks:
        for value, count in zip(*np.unique(part.columns["severity"], return_counts=True), strict=True):
            key = (Severity(int(value)).name.lower(), part.rule)
            counts[key] = counts.get(key, 0) + int(count)
    return counts
