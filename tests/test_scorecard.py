"""Planted faults are found, in a small world: what `make scorecard` measures in full."""

from __future__ import annotations

import pytest

from annotool.rules import registry
from bench.scorecard import __main__ as scorecard
from bench.scorecard import plans, world
from bench.scorecard.cannot import CANNOT
from bench.scorecard.plans import Plan

# What must be found without exception, and found only there.
CERTAIN = ("SCH", "FMT", "BOX001", "BOX002", "BOX003", "SEG001", "CLS001", "DUP001", "SPL001")


@pytest.fixture(scope="module")
def truth() -> list[world.Picture]:
    return world.pictures(300)  # val has to hold 200 objects for SPL005


@pytest.fixture(scope="module")
def few(truth: list[world.Picture]) -> list[world.Picture]:
    return truth[:120]


def test_clean_sets_are_silent(truth: list[world.Picture]) -> None:
    told = [line for line in scorecard.head(truth) if line.startswith("- ")]
    assert len(told) == len(plans.FORMS)
    assert all(line.endswith(": 0 errors; found: nothing") for line in told), told


def test_each_rule_is_planted_in_each_format_that_can_hold_it() -> None:
    done = {(plan.rule, plan.form) for plan in plans.PLANS}
    assert not done & CANNOT.keys()
    assert done | CANNOT.keys() == {(code, form) for code in registry() for form in plans.FORMS}


@pytest.mark.parametrize(
    "plan", plans.PLANS, ids=lambda plan: f"{plan.rule}-{plan.form}-{plan.plant.__name__}"
)
def test_planted_faults_are_found(plan: Plan, truth: list[world.Picture], few: list[world.Picture]) -> None:
    if plan.scope in ("dataset", "share"):
        # What is not planted is not found: for a share here, for all else in the clean sets above.
        scores = [
            scorecard.measure(plan, truth, rate) for rate in scorecard.rates(plan)[-1 - needs_silence(plan) :]
        ]
        assert [(each.found, each.right) for each in scores] == [(each.planted,) * 2 for each in scores]
        return
    pictures = truth if plan.rule in plans.EXPLAINED else few  # of a few, one missed is too large a share
    score = scorecard.measure(plan, pictures, scorecard.rates(plan)[-1])
    if plan.rule.startswith(CERTAIN):
        assert (score.found, score.right) == (score.planted, score.planted)
    assert score.precision >= 0.9
    assert score.recall >= (0.6 if plan.rule in plans.EXPLAINED else 0.9)


def needs_silence(plan: Plan) -> bool:
    return plan.scope == "share" or bool(plan.options)
