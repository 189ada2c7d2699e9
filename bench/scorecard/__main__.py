"""Plants each rule's fault in clean made-up datasets at 0.1, 1 and 10 % and counts what annotool finds.

python -m bench.scorecard                 every rule, and the peers that are installed -> docs/scorecard.md
python -m bench.scorecard BOX001 SEG      some rules, printed only
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotool import api
from annotool.reporting.rows import Row, rows
from bench.scorecard import documents, plans, world
from bench.scorecard import faults as faults
from bench.scorecard.plans import FORMS, Plan
from bench.scorecard.world import Picture

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/scorecard.md"
IMAGES = 1000
RATES = (0.001, 0.01, 0.1)


@dataclass(frozen=True)
class Score:
    """Of one plan at one rate: how many faults were planted, how many findings there are, how many are right."""

    planted: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.planted if self.planted else 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("codes", nargs="*", help="rules or prefixes; none: all")
    parser.add_argument("--images", type=int, default=IMAGES)
    given = parser.parse_args()
    truth = world.pictures(given.images)
    lines = [*clean(truth), "", *table(truth, given.codes)]
    print("\n".join(lines))
    return 0


def clean(truth: Sequence[Picture]) -> Iterator[str]:
    """What is found where nothing was planted."""
    for name, form in FORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            documents.write(form(truth).files(), Path(folder))
            told = audited(Path(folder), decode=True)
        errors = sum(each.severity == "error" for each in told)
        met = ", ".join(sorted({each.rule for each in told})) or "nothing"
        yield f"{name}: {errors} errors; {met}"


def table(truth: Sequence[Picture], codes: Sequence[str]) -> Iterator[str]:
    for plan in sorted(plans.PLANS, key=lambda plan: (plan.rule, plan.form)):
        if not codes or plan.rule.startswith(tuple(codes)):
            scores = [measure(plan, truth, rate) for rate in rates(plan)]
            cells = " | ".join(
                f"{each.precision:.2f} / {each.recall:.2f} ({each.planted})" for each in scores
            )
            yield f"| {plan.rule} | {plan.form} | {plan.scope} | {cells} | {plan.what} |"


def rates(plan: Plan) -> tuple[float, ...]:
    if plan.scope == "share":
        return (plan.threshold / 2, plan.threshold * 2)
    return (0.0, 1.0) if plan.scope == "dataset" else RATES


def measure(plan: Plan, truth: Sequence[Picture], rate: float) -> Score:
    """Plant at a rate, audit, compare."""
    rng = random.Random(f"{plan.rule} {plan.form} {rate}")
    made = FORMS[plan.form](truth)
    every = plans.candidates(made, plan.scope)
    can = [each for each in every if plan.can is None or plan.can(made, each)]
    many = min(len(can), max(1, round(rate * len(every)))) if rate else 0
    wanted = plan.plant(made, rng.sample(can, many), rng) if many else set()
    if plan.scope in ("share", "dataset"):
        wanted = {plan.rule} if rate > plan.threshold else set()
    with tempfile.TemporaryDirectory() as folder:
        documents.write(made.files(), Path(folder))
        told = audited(Path(folder), plan.decode)
    found = set[str]().union(*(named(plan, each) for each in told if each.rule == plan.rule))
    return Score(len(wanted), len(found), len(found & wanted))


def audited(folder: Path, decode: bool) -> list[Row]:
    data = api.read(folder, decode=decode)
    return list(rows(data, api.audit(data)))


def named(plan: Plan, told: Row) -> set[str]:
    """The keys of a finding in the plan's scope; empty for one of the whole dataset where rows are planted."""
    if plan.scope in ("share", "dataset"):
        return {told.rule}
    if (
        plan.scope in ("image", "file") and "files" in told.values
    ):  # many at once are one finding that lists them
        return {each if plan.scope == "file" else Path(each).name for each in told.values["files"]}
    if plan.scope == "image":
        return {re.split(r"[\\\\/]", told.image)[-1]} if told.image else set()
    if plan.scope == "file":
        return {told.file} if told.file else set()
    if plan.scope == "category":
        return {told.category or str(told.values.get("name", ""))}
    if told.pointer:
        return {f"{told.file}#{'/'.join(told.pointer.split('/')[:3])}"}
    return {f"{told.file}:{told.line}"} if told.line else set()


if __name__ == "__main__":
    sys.exit(main())
