from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

from annotool.api import lines
from annotool.reporting.told import Told
from annotool.rules import registry


def parsed(told: Told) -> ET.Element:
    return ET.fromstring("\n".join(lines(told, "junit")))


def case(root: ET.Element, code: str) -> ET.Element:
    (found,) = [each for each in root.iter("testcase") if each.attrib["name"].startswith(code)]
    return found


def test_a_case_a_rule_that_fails_as_the_run_does(told: Told) -> None:
    told = replace(told, rules=["BAL001", "BOX001", "BOX002", "CLS003", "IMG001"])
    root = parsed(told)
    assert [each.attrib["name"].split()[0] for each in root.iter("testcase")] == list(told.rules or ())
    suite = root.find("testsuite")
    assert suite is not None
    assert {name: suite.attrib[name] for name in ("tests", "failures", "skipped")} == {
        "tests": "5", "failures": "1", "skipped": "1",
    }  # fmt: skip
    failure = case(root, "BOX002").find("failure")
    assert failure is not None
    assert failure.attrib == {"type": "error", "message": "1 finding"}
    assert "annotations.json:4: error: box [bold] leaves by 61.0 px" in (failure.text or "")
    assert case(root, "CLS003").find("failure") is None
    assert "same as [red]" in (case(root, "CLS003").findtext("system-out") or "")
    assert case(root, "IMG001").find("skipped") is not None
    assert list(case(root, "BOX001")) == []
    assert len(list(parsed(replace(told, fail_on="warning")).iter("failure"))) == 2
    assert list(parsed(replace(told, fail_on="never")).iter("failure")) == []


def test_without_a_selection_all_rules_but_preview_ones(told: Told) -> None:
    names = {each.attrib["name"].split()[0] for each in parsed(told).iter("testcase")}
    assert names == {code for code, rule in registry().items() if not rule.preview}


def test_what_is_known_fails_nothing(compared: Told) -> None:
    root = parsed(replace(compared, fail_on="info"))
    assert case(root, "BAL001").find("failure") is None
    assert "1 more known" in (case(root, "BAL001").findtext("system-out") or "")


def test_many_are_cut(many: Callable[..., Told]) -> None:
    text = case(parsed(many(5000)), "BOX002").findtext("failure") or ""
    assert "5,000 findings" in text
    assert "... and 4,980 more" in text
    assert len(text.splitlines()) == 22


def test_names_are_no_xml(hostile: Told) -> None:
    text = case(parsed(hostile), "CLS001").findtext("failure") or ""
    assert "<script>alert(1)</script>" in text
    assert "]]>" in text
    assert len(text.splitlines()) == 2
