"""Writes what the documentation can take from the code: docs/rules.md, docs/targets.md, docs/formats.md, docs/cli.md, and the tables in
README.md between `<!-- NAME -->` and `<!-- /NAME -->`. With --check it writes nothing and fails on a difference.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from pathlib import Path

import annotool
from annotool.findings import Fix, Severity
from annotool.formats.base import Keeps
from annotool.reporting import explained
from annotool.rules.base import Rule
from annotool.rules.targets import TARGETS

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


MARKS = {"stops": "stops", "drops-image": "drops image", "drops-annotation": "drops", "misreads": "misreads"}


def target_page() -> str:
    """What each consumer of labels does with what each rule finds."""
    rules = [rule for rule in annotool.list_rules() if rule.targets]
    read = [f"| {name} | {', '.join(each.reads)} | {each.source} |" for name, each in TARGETS.items()]
    lines = [
        "# Targets\n", MADE.rstrip("\n"), "\n`annotool audit --target NAME`, or `target = [...]` in the settings, says what a consumer of labels does with",
        "what is found: it stops, it drops an image or an annotation without a word, or it reads it as something else.",
        "Findings that it stops at or drops become errors, and the verdict counts them. What stands here was read in the",
        "consumers' sources, which the docstring of each rule names; what was not read there is not said.\n",
        "| target | reads | read in |", "|---|---|---|", *read, "",
        "| rule | " + " | ".join(TARGETS) + " |", "|---" * (1 + len(TARGETS)) + "|",
    ]  # fmt: skip
    for rule in rules:
        cells = [", ".join(dict.fromkeys(MARKS[each.effect] for each in rule.targets if each.target == name)) for name in TARGETS]  # fmt: skip
        lines.append(
            f"| [{rule.code}](rules.md#{rule.code.lower()}-{rule.slug}) {rule.slug} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines) + "\n\nWith which of its findings, and in which words: [rules.md](rules.md).\n"


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
    from annotool.cli import program

    parts = ["# Command line\n\n" + MADE.rstrip("\n") + "\n"]
    for name, command in program().commands.items():
        usage = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
        required = [f"{p.opts[0]} {p.metavar or p.name.upper()}" for p in options if p.required]
        line = " ".join([f"annotool {name}", *(p.metavar or p.name.upper() for p in usage), *required])
        parts.append(f"## {name}\n\n{command.help}\n\n    {line}\n")
        if options:
            rows = [f"| `{', '.join(p.opts)}` | {'' if p.required or p.default in (None, False, '') else f'`{p.default}`'} | {p.help} |"
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


def changelog() -> str:
    """CHANGELOG.md with the rules of the version to come, between `<!-- stable -->` marks."""
    rules = annotool.list_rules()
    stable = [rule.code for rule in rules if not rule.preview]
    preview = [rule.code for rule in rules if rule.preview]
    told = f"Stable, {len(stable)}: {', '.join(stable)}.\n\nIn preview, {len(preview)}: {', '.join(preview) or 'none'}.\n"
    pattern = re.compile(r"(<!-- stable -->\n).*?(<!-- /stable -->)", re.DOTALL)
    return pattern.sub(
        lambda match: match[1] + told + match[2], (ROOT / "CHANGELOG.md").read_text("utf-8"), count=1
    )


def main() -> None:
    pages = {
        "docs/rules.md": rule_page(),
        "docs/targets.md": target_page(),
        "docs/formats.md": format_page(),
        "docs/cli.md": cli_page(),
        "README.md": readme(),
        "CHANGELOG.md": changelog(),
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
