"""annotool.toml or [tool.annotool] in pyproject.toml: which rules run, how strict, with which options."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotool.errors import ConfigError, UsageError
from annotool.findings import Severity
from annotool.rules import registry
from annotool.rules.base import Rule
from annotool.rules.targets import TARGETS
from annotool.selection import Choice, chosen, found, named, nearest, words

__all__ = ["Config", "find", "load"]

TEXT, LIST, TABLE, FLAG = "a text", "a list of texts", "a table", "true or false"
LISTS = "a table of lists of texts"
IGNORES = {"per-split-ignores": "split", "per-file-ignores": "file", "per-category-ignores": "category"}
KEYS = {
    "required-version": TEXT,
    "paths": LIST,
    "format": TEXT,
    "images": TEXT,
    "classes": TEXT,
    "task": TEXT,
    "labels": TEXT,
    "baseline": TEXT,
    "select": LIST,
    "extend-select": LIST,
    "ignore": LIST,
    "preview": FLAG,
    "target": LIST,
    **dict.fromkeys(IGNORES, LISTS),
    "severities": TABLE,
    "rule": TABLE,
    "review": TABLE,
}
REVIEW = {"reasons": LIST}


def is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


FITS: dict[str, Callable[[Any], bool]] = {
    TEXT: lambda value: isinstance(value, str),
    LIST: is_texts,
    TABLE: lambda value: isinstance(value, dict),
    FLAG: lambda value: isinstance(value, bool),
    LISTS: lambda value: isinstance(value, dict) and all(is_texts(each) for each in value.values()),
}

Ignores = Mapping[str, Mapping[str, frozenset[str]]]
"""By kind (split, file, category), by name or glob: the codes of the rules whose findings are left out."""


@dataclass(frozen=True)
class Config:
    """What a configuration file says; an empty one is the default."""

    file: Path | None = None
    paths: tuple[Path, ...] = ()
    format: str | None = None
    images: str | None = None
    classes: Path | None = None
    task: str | None = None
    labels: str | None = None
    baseline: Path | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    line: tuple[Choice, ...] = ()  # what the command line or a call says of these, which goes before
    preview: bool = False
    targets: tuple[str, ...] = ()
    ignores: Ignores = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    rule: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()  # what a reviewer may give as the reason of a decision

    @property
    def rules(self) -> dict[str, Rule]:
        """All rules by code, with the options this configuration sets."""
        return {
            code: configured(rule, self.rule.get(code, {}), self.file) for code, rule in registry().items()
        }

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What chooses the rules; later ones go before earlier ones."""
        return (Choice(self.select, self.extend_select, self.ignore), *self.line)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the rules that run. Raises UsageError as selection.chosen does."""
        return chosen(self.choices, self.preview)

    @property
    def chosen(self) -> dict[str, Any]:
        """What chose the rules and what their findings are for, as json."""
        selects = [choice.select for choice in self.choices if choice.select]
        return {
            "select": [*selects[-1]] if selects else [],
            "extend_select": [word for choice in self.choices for word in choice.extend_select],
            "ignore": [word for choice in self.choices for word in choice.ignore],
            "preview": self.preview,
            "target": [*self.targets],
            "ignores": {
                by: {name: sorted(codes) for name, codes in table.items()}
                for by, table in self.ignores.items()
            },
        }

    def with_options(
        self,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        extend_select: Sequence[str] = (),
        target: Sequence[str] = (),
        preview: bool = False,
    ) -> Config:
        """Return it with what a command line or a call says, which goes before the file."""
        return dataclasses.replace(
            self,
            line=(*self.line, Choice(tuple(select), tuple(extend_select), tuple(ignore))),
            preview=preview or self.preview,
            targets=targets(target) or self.targets,
        )


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
    wanted = settings.get("required-version")
    if isinstance(wanted, str):  # first of all: the keys may be those of another version
        check_version(file, wanted)
    for key, value in settings.items():
        expect(file, "key", key, KEYS)
        if not FITS[KEYS[key]](value):
            raise ConfigError(f"{file}: {key} = {value!r}: expected {KEYS[key]}")
    base = file.parent
    try:
        own = choice(settings)
        return Config(
            file=file,
            paths=tuple(base / path for path in settings.get("paths", ())),
            format=settings.get("format"),
            images=settings.get("images"),
            classes=base / settings["classes"] if "classes" in settings else None,
            task=settings.get("task"),
            labels=settings.get("labels"),
            baseline=base / settings["baseline"] if "baseline" in settings else None,
            select=own.select,
            extend_select=own.extend_select,
            ignore=own.ignore,
            preview=settings.get("preview", False),
            targets=targets(settings.get("target", ())),
            ignores=ignores(settings),
            severities=severities(file, settings.get("severities", {})),
            rule=options(file, settings.get("rule", {})),
            reasons=reviewing(file, settings.get("review", {})),
        )
    except ConfigError:
        raise
    except UsageError as error:
        raise ConfigError(f"{file}: {error}") from error


def check_version(file: Path, wanted: str) -> None:
    """Raise ConfigError when this is not an annotool that the settings were written for."""
    from importlib.metadata import version

    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    own, what = version("annotool"), f"{file}: required-version = {wanted!r}"
    text = wanted.strip()
    try:
        allowed = SpecifierSet(text if text.startswith(("~", "=", "!", "<", ">")) else f"=={text}")
    except InvalidSpecifier as error:
        raise ConfigError(f"{what}: expected a specifier such as '>=0.2,<1' ({error})") from error
    if not allowed.contains(own, prereleases=True):
        raise ConfigError(f"{what}, but this is annotool {own}; install one that it allows")


def choice(settings: Mapping[str, Any]) -> Choice:
    said = (tuple(settings.get(name, ())) for name in ("select", "extend-select", "ignore"))
    made = Choice(*said)
    chosen([made], preview=True)  # an unknown word is told before anything is read
    return made


def targets(names: Iterable[str]) -> tuple[str, ...]:
    """Return the consumers that texts name, each once. Raises UsageError for an unknown one."""
    found = tuple(dict.fromkeys(words(names)))
    for name in found:
        if name not in TARGETS:
            raise UsageError(f"no target {name!r}{nearest(name, TARGETS)}; there are: {', '.join(TARGETS)}")
    return found


def ignores(settings: Mapping[str, Any]) -> dict[str, dict[str, frozenset[str]]]:
    return {
        kind: {name: named(codes) for name, codes in settings[key].items()}
        for key, kind in IGNORES.items()
        if settings.get(key)
    }


def read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def severities(file: Path, table: Mapping[str, Any]) -> dict[str, Severity]:
    """The severity of each rule that words name (codes, prefixes, slugs, ALL), the more specific word winning."""
    grades = [each.name.lower() for each in Severity]
    said: list[tuple[int, str, Severity]] = []
    for word, grade in table.items():
        codes, weight = found(word)
        expect(file, f"severity of {word}", grade, grades)
        said += [(weight, code, Severity[grade.upper()]) for code in codes]
    return {code: grade for _, code, grade in sorted(said)}


def reviewing(file: Path, table: Mapping[str, Any]) -> tuple[str, ...]:
    """The reasons of [review], each once."""
    for key, value in table.items():
        expect(file, "key of review", key, REVIEW)
        if not FITS[REVIEW[key]](value):
            raise ConfigError(f"{file}: review.{key} = {value!r}: expected {REVIEW[key]}")
    return tuple(dict.fromkeys(each.strip() for each in table.get("reasons", ()) if each.strip()))


def options(file: Path, table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    for code, settings in table.items():
        expect(file, "rule", code, registry())
        if not isinstance(settings, dict):
            raise ConfigError(f"{file}: rule.{code} = {settings!r}: expected a table, [rule.{code}]")
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
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{where}: {rule.code} {name} = {value!r}: expected a finite number")
    return rule(**settings)


def expect(where: Path, what: str, got: Any, known: Iterable[str]) -> None:
    names = list(known)
    if got not in names:
        raise ConfigError(
            f"{where}: unknown {what} {got!r}{nearest(str(got), names)}; there are: {', '.join(names)}"
        )
