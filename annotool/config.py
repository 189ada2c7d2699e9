"""annotool.toml or [tool.annotool] in pyproject.toml: which rules run, how strict, with which options."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotool.errors import ConfigError, UsageError
from annotool.findings import Severity
from annotool.rules import registry
from annotool.rules.base import Rule

__all__ = ["Config", "find", "load", "select"]

TEXT, LIST, TABLE = "a text", "a list of texts", "a table"
KEYS = {
    "paths": LIST,
    "format": TEXT,
    "images": TEXT,
    "classes": TEXT,
    "task": TEXT,
    "baseline": TEXT,
    "select": LIST,
    "ignore": LIST,
    "severities": TABLE,
    "rule": TABLE,
}


@dataclass(frozen=True)
class Config:
    """What a configuration file says; an empty one is the default."""

    file: Path | None = None
    paths: tuple[Path, ...] = ()
    format: str | None = None
    images: str | None = None
    classes: Path | None = None
    task: str | None = None
    baseline: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    rule: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def rules(self) -> dict[str, Rule]:
        """All rules by code, with the options this configuration sets."""
        return {
            code: configured(rule, self.rule.get(code, {}), self.file) for code, rule in registry().items()
        }


def find(start: Path) -> Path | None:
    """Return the nearest configuration above `start` (a dataset's path), else above the working folder, or None."""
    for folder in (start if start.is_dir() else start.parent, Path.cwd()):
        above = folder.resolve()
        for each in (above, *above.parents):
            if (each / "annotool.toml").is_file():
                return each / "annotool.toml"
            project = each / "pyproject.toml"
            if project.is_file() and "annotool" in read(project).get("tool", {}):
                return project
    return None


def load(file: Path) -> Config:
    """Read a configuration file. Raises ConfigError for an unknown key, naming the nearest right one."""
    settings = read(file)
    if file.name == "pyproject.toml":
        settings = settings.get("tool", {}).get("annotool", {})
    for key, value in settings.items():
        expect(file, "key", key, KEYS)
        fits = {TEXT: isinstance(value, str), TABLE: isinstance(value, dict), LIST: is_texts(value)}
        if not fits[KEYS[key]]:
            raise ConfigError(f"{file}: {key} = {value!r}: expected {KEYS[key]}")
    base = file.parent
    return Config(
        file=file,
        paths=tuple(base / path for path in settings.get("paths", ())),
        format=settings.get("format"),
        images=settings.get("images"),
        classes=base / settings["classes"] if "classes" in settings else None,
        task=settings.get("task"),
        baseline=base / settings["baseline"] if "baseline" in settings else None,
        select=tuple(settings.get("select", ())),
        ignore=tuple(settings.get("ignore", ())),
        severities=severities(file, settings.get("severities", {})),
        rule=options(file, settings.get("rule", {})),
    )


def select(select: Sequence[str], ignore: Sequence[str]) -> set[str]:
    """Return the codes chosen: those of `select` (all when empty) less those of `ignore`.

    Each word is a code, a prefix of codes, a slug or ALL, and may hold several parted by commas.
    """
    return chosen(select or ["ALL"]) - chosen(ignore)


def chosen(words: Iterable[str]) -> set[str]:
    rules = registry()
    codes: set[str] = set()
    for word in (each.strip() for text in words for each in text.split(",") if each.strip()):
        hits = {c for c, rule in rules.items() if word in ("ALL", rule.slug) or c.startswith(word.upper())}
        if not hits:
            names = [*rules, *(rule.slug for rule in rules.values())]
            raise UsageError(f"no rule is called {word!r}{nearest(word, names)}; `annotool rules` lists them")
        codes |= hits
    return codes


def read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def severities(file: Path, table: Mapping[str, Any]) -> dict[str, Severity]:
    words = [each.name.lower() for each in Severity]
    for code, word in table.items():
        expect(file, "rule", code, registry())
        expect(file, f"severity of {code}", word, words)
    return {code: Severity[word.upper()] for code, word in table.items()}


def options(file: Path, table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    for code, settings in table.items():
        expect(file, "rule", code, registry())
        configured(registry()[code], settings, file)
    return dict(table)


def configured(rule: type[Rule], settings: Mapping[str, Any], file: Path | None) -> Rule:
    defaults = {each.name: each.default for each in dataclasses.fields(rule)}
    where = file or Path("the call")
    for name, value in settings.items():
        expect(where, f"option of {rule.code}", name, defaults)
        default = defaults[name]
        number = isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)
        if not number and type(value) is not type(default):
            kind = type(default).__name__
            raise ConfigError(
                f"{where}: {rule.code} {name} = {value!r}: expected {kind}, as in its default {default!r}"
            )
    return rule(**settings)


def expect(where: Path, what: str, got: Any, known: Iterable[str]) -> None:
    names = list(known)
    if got not in names:
        raise ConfigError(
            f"{where}: unknown {what} {got!r}{nearest(str(got), names)}; there are: {', '.join(names)}"
        )


def nearest(word: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
