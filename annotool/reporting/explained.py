"""A rule explained: what `annotool rule` prints, docs/rules.md and SARIF's help show, all from its docstring."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from annotool.findings import Fix, Severity
from annotool.rules.base import Rule

__all__ = ["facts", "markdown", "paragraphs", "text"]


def facts(rule: type[Rule]) -> list[str]:
    """Return what is known of a rule beside its docstring: severity, scope, fix, formats, what silences it."""
    told = [
        f"severity: {words(rule.severities, Severity)}",
        f"scope: {rule.scope}",
        f"fix: {words(rule.fixes, Fix) or 'none'}",
        f"formats: {', '.join(rule.formats) or 'all'}",
    ]
    if rule.silenced_by:
        told.append(f"silenced by: {', '.join(rule.silenced_by)}")
    if rule.preview:
        told.append("preview: runs with --preview only")
    return told


def paragraphs(rule: type[Rule]) -> list[str]:
    """Return the paragraphs of the docstring, each in one line."""
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", rule.documentation())]


def text(rule: type[Rule]) -> str:
    """Return it for a terminal."""
    parts = [f"{rule.code} {rule.slug}", "\n".join(facts(rule)), rule.documentation()]
    if rule.targets:
        parts.append("\n".join(["Who stumbles (--target):", *(f"  {each}" for each in stumbles(rule))]))
    if options := dataclasses.fields(rule):
        lines = (f"  {each.name} = {default(each.default)}" for each in options)
        parts.append(
            "\n".join([f"Options, [rule.{rule.code}] in annotool.toml, with their defaults:", *lines])
        )
    return "\n\n".join(parts)


def markdown(rule: type[Rule]) -> str:
    """Return it as markdown without a heading."""
    parts = [" · ".join(facts(rule)), rule.documentation()]
    if rule.targets:
        parts.append("\n".join(["Who stumbles (`--target`):\n", *(f"- {each}" for each in stumbles(rule))]))
    if options := dataclasses.fields(rule):
        rows = (f"| `{each.name}` | `{each.default!r}` |" for each in options)
        parts.append("\n".join(["| option | default |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def stumbles(rule: type[Rule]) -> list[str]:
    """Return what each consumer does with what the rule finds, one sentence each."""
    return [
        f"{each.target} {each.says}" + (f" ({', '.join(each.formats)})" if each.formats else "")
        for each in rule.targets
    ]


def words(values: Iterable[Any], kind: Any) -> str:
    return ", ".join(kind(value).name.lower() for value in values)


def default(value: Any) -> str:
    return (
        f'"{value}"'
        if isinstance(value, str)
        else repr(value).lower()
        if isinstance(value, bool)
        else repr(value)
    )
