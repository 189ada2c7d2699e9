from __future__ import annotations

import dataclasses

import pytest

from annotool.reporting.explained import markdown, paragraphs, text
from annotool.rules import registry
from annotool.rules.base import Rule


@pytest.mark.parametrize("rule", registry().values(), ids=list(registry()))
def test_a_rule_tells_all_there_is_to_know(rule: type[Rule]) -> None:
    told, page = text(rule), markdown(rule)
    assert told.startswith(f"{rule.code} {rule.slug}\n")
    for section in ("What:", "Why:", "Bad:", "Good:", "Fix:", "Source:"):
        assert f"\n{section} " in told
        assert f"\n{section} " in page
    for option in dataclasses.fields(rule):
        assert f"\n  {option.name} = " in told
        assert f"| `{option.name}` | `{option.default!r}` |" in page
    for consequence in rule.targets:
        assert f"  {consequence.target} {consequence.says}" in told
        assert f"- {consequence.target} {consequence.says}" in page
    assert "\n" not in paragraphs(rule)[0]
