"""Planted faults are found, in a small world: what `make scorecard` measures in full."""

from __future__ import annotations

import pytest

from bench.scorecard import __main__ as scorecard
from bench.scorecard import plans, world
from bench.scorecard.plans import Plan

# What must be found without exception, and found only there.
CERTAIN = ("SCH", "FMT", "BOX001", "BOX002", "BOX003", "SEG001", "CLS001", "DUP001", "SPL001")


@pytest.fixture(scope="module")
def truth() -> list[world.Picture]:
    return world.pictures(300)  # val has to hold 200 objects for SPL005


def test_clean_sets_are_silent(truth: list[world.Picture]) -> None:
    told = [line for line in scorecard.head(truth) if line.startswith("- ")]
    assert len(told) == len(plans.FORMS)
    assert all(line.endswith(": 0 errors; found: nothing") for line in told), told


@pytest.mark.parametrize(
    "plan", plans.PLANS, ids=lambda plan: f"{plan.rule}-{plan.form}-{plan.plant.__name__}"
)
def test_planted_faults_are_found(plan: Plan, truth: list[world.Picture]) -> None:
    scores = [scorecard.measure(plan, truth, rate) for rate in scorecard.rates(plan)[-2:]]
    if plan.rule.startswith(CERTAIN) or plan.scope in ("dataset", "share"):
        assert [(each.found, each.right) for each in scores] == [
            (each.planted, each.planted) for each in scores
        ]
    least = 0.6 if (plan.rule, plan.form) in plans.EXPLAINED else 0.9
    assert min(each.precision for each in scores) >= 0.9
    assert min(each.recall for each in scores) >= least
