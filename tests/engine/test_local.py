from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from annotool.dataset import Dataset
from annotool.engine import run
from annotool.findings import Findings, Severity
from annotool.rules.base import AnnotationRule, Rule, found
from annotool.testing import tiny


@dataclass(frozen=True)
class Narrow(AnnotationRule):
    """Narrow."""

    code: ClassVar[str] = "XXX001"
    slug: ClassVar[str] = "narrow"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.ERROR, Severity.WARNING)
    least: float = 10.0

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        return found(self, "narrow", rows, take=rows["w"] < self.least)


@dataclass(frozen=True)
class Small(Narrow):
    """Small."""

    code: ClassVar[str] = "XXX002"
    slug: ClassVar[str] = "small"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.INFO,)
    silenced_by: ClassVar[tuple[str, ...]] = ("XXX001",)
    least: float = 50.0


@dataclass(frozen=True)
class Broken(Narrow):
    """Broken."""

    code: ClassVar[str] = "XXX003"
    slug: ClassVar[str] = "broken"

    def check(self, data: Dataset) -> Findings:
        raise RuntimeError("oops")


@dataclass(frozen=True)
class OnlyVoc(Narrow):
    """Only VOC."""

    code: ClassVar[str] = "XXX004"
    slug: ClassVar[str] = "only-voc"
    formats: ClassVar[tuple[str, ...]] = ("voc",)

    def unable(self, data: Dataset) -> str:
        return "no corners"


def data() -> Dataset:
    return tiny(annotations=[{"box": (0, 0, w, 100)} for w in (5, 20, 90)])


def ran(codes: set[str], severities: dict[str, Severity] | None = None) -> Findings:
    rules: dict[str, Rule] = {rule.code: rule() for rule in (Small, Narrow, Broken, OnlyVoc)}
    return run(data(), rules, codes, severities or {})


@dataclass(frozen=True)
class Same(Small):
    """Tells what Narrow tells, in other words."""

    code: ClassVar[str] = "XXX005"
    told_by: ClassVar[tuple[str, ...]] = ("XXX001",)


def test_what_tells_the_same_fault_silences_only_where_it_is_selected() -> None:
    rules: dict[str, Rule] = {rule.code: rule() for rule in (Narrow, Same, Small)}
    both = run(data(), rules, {"XXX001", "XXX005"}, {})
    assert [*zip(both.column("rule"), both.column("annotation"), strict=True)] == [
        ("XXX001", 0),
        ("XXX005", 1),
    ]
    assert run(data(), rules, {"XXX005"}, {}).column("annotation").tolist() == [0, 1]
    assert run(data(), rules, {"XXX002"}, {}).column("annotation").tolist() == [1]


def test_a_cause_silences_its_echo_and_says_so() -> None:
    findings = ran({"XXX001", "XXX002"})
    assert findings.column("rule").tolist() == ["XXX001", "XXX002"]
    assert findings.column("annotation").tolist() == [0, 1]
    assert findings.column("silenced").tolist() == [1, 0]
    assert findings.column("severity").tolist() == [Severity.ERROR, Severity.INFO]


def test_a_cause_that_is_not_selected_still_silences() -> None:
    findings = ran({"XXX002"})
    assert findings.column("annotation").tolist() == [1]


def test_an_override_sets_all_grades_and_changes_no_silence() -> None:
    findings = ran({"XXX001", "XXX002"}, {"XXX001": Severity.INFO})
    assert findings.column("severity").tolist() == [Severity.INFO, Severity.INFO]
    assert findings.column("annotation").tolist() == [0, 1]


def test_a_rule_that_raises_is_named() -> None:
    with pytest.raises(RuntimeError) as caught:
        ran({"XXX003"})
    assert "XXX003 broken" in "".join(caught.value.__notes__)


def test_a_rule_of_another_format_does_not_run_and_is_not_missed() -> None:
    findings = ran({"XXX004"})
    assert len(findings) == 0
    assert findings.skipped == ()


def test_input_is_unchanged() -> None:
    mine = data()
    before = {name: mine.table("annotations")[name].copy() for name in mine.table("annotations")}
    run(mine, {"XXX001": Narrow(), "XXX002": Small()}, {"XXX001", "XXX002"}, {})
    for name, values in before.items():
        np.testing.assert_array_equal(mine.table("annotations")[name], values)
