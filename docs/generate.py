"""Writes what the documentation can take from the code: docs/rules.md, docs/formats.md, docs/cli.md, and the tables in
README.md between `<!-- NAME -->` and `<!-- /NAME -->`. With --check it writes nothing and fails on a difference.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import typer.main

import annotool
from annotool.findings import Fix, Severity
from annotool.formats.base import Keeps
from annotool.reporting import explained
from annotool.rules.base import Rule

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- made by docs/generate.py: edit the code, then `make docs` -->\n\n"


def rule_table() -> str:
    lines = ["| code | name | severity | fix | finds |", "|---|---|---|---|---|"]
    for rule in annotool.list_rules():
        fixes = explained.words(rule.fixes, Fix) or "-"
        first = rule.documentation().splitlines()[0]
        lines.append(
            f"| [{rule.code}](docs/rules.md#{rule.code.lower()}-{rule.slug}) | {rule.slug} "
            f"| {explained.words(rule.severities, Severity)} | {fixes} | {first} |"
        )
    return "\n".join(lines) + "\n"


def rule_page() -> str:
    return "# Rules\n\n" + MADE + "\n".join(rule_section(rule) for rule in annotool.list_rules())


def rule_section(rule: type[Rule]) -> str:
    return f"## {rule.code} {rule.slug}\n\n{explained.markdown(rule)}"


def fidelity_table() -> str:
    formats = annotool.list_formats()
    lines = [
        "| what survives | " + " | ".join(each.title for each in formats) + " |",
        "|---" * (len(formats) + 1) + "|",
    ]
    for field in dataclasses.fields(Keeps):
        kept = [str(getattr(each.keeps, field.name)) for each in formats]
        lines.append(f"| {field.name.replace('_', ' ')} | " + " | ".join(kept) + " |")
    return "\n".join(lines) + "\n"


def format_page() -> str:
    parts = ["# Formats\n\n" + MADE + "## What survives\n\n" + fidelity_table()]
    for each in annotool.list_formats():
        module = inspect.getmodule(type(each))
        package = sys.modules[f"annotool.formats.{each.name}"]
        text = inspect.getdoc(package) or inspect.getdoc(module) or ""
        parts.append(f"## {each.title} (`{each.name}`)\n\n{text}\n")
    return "\n".join(parts)


def cli_page() -> str:
    from annotool.cli import app

    group: Any = typer.main.get_command(app)
    parts = ["# Command line\n\n" + MADE.rstrip("\n") + "\n"]
    for name, command in group.commands.items():
        usage = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
        required = [f"{p.opts[0]} {p.metavar or p.name.upper()}" for p in options if p.required]
        line = " ".join([f"annotool {name}", *(p.metavar or p.name.upper() for p in usage), *required])
        parts.append(f"## {name}\n\n{command.help}\n\n    {line}\n")
        if options:
            rows = [f"| `{', '.join(p.opts)}` | {'' if p.default in (None, False, '') else f'`{p.default}`'} | {p.help} |"
                    for p in options]  # fmt: skip
            parts.append("\n".join(["| option | default | |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


SHOWN = 8  # rules shown in the picture of an audit


def audit_picture() -> str:
    """What a terminal shows of an audit of the faulty samples, the rules in the middle left out."""
    from rich.text import Text

    data = annotool.read(ROOT / "sample_data" / "faulty" / "coco")
    report = annotool.report(data, annotool.audit(data)).replace(f"{ROOT}/", "")
    head, rules, *tail = Text.from_markup(report, emoji=False).plain.rstrip().split("\n\n")
    lines = rules.split("\n")
    entries = [at for at, line in enumerate(lines) if line[8:9].isdigit()]
    left = len(entries) - SHOWN
    picture = "\n\n".join(
        [head, "\n".join([*lines[: entries[SHOWN]], f"           ... and {left} more ..."]), *tail]
    )
    return f"```text\n{picture}\n```\n"


def readme() -> str:
    text = (ROOT / "README.md").read_text("utf-8")
    for name, table in (("audit", audit_picture()), ("fidelity", fidelity_table()), ("rules", rule_table())):
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"README.md has no place <!-- {name} --> ... <!-- /{name} -->")
        text = pattern.sub(lambda match, table=table: match[1] + table + match[2], text)  # type: ignore[misc]
    return text


def main() -> None:
    pages = {
        "docs/rules.md": rule_page(),
        "docs/formats.md": format_page(),
        "docs/cli.md": cli_page(),
        "README.md": readme(),
    }
    stale = [name for name, text in pages.items() if not same(ROOT / name, text)]
    if "--check" in sys.argv:
        if stale:
            raise SystemExit(f"out of date: {', '.join(stale)}; run `make docs` and commit")
        return
    for name in stale:
        (ROOT / name).write_text(pages[name], "utf-8")
        print("wrote", name)


def same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


if __name__ == "__main__":
    main()
