"""Commands declared as functions: each parameter is `Annotated` with its Option or Argument, or is a dataclass of such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from inspect import Parameter, getdoc, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import click

__all__ = ["Argument", "Option", "command"]


@dataclass(frozen=True)
class Option:
    """An option, named as its parameter is: what help says of it and of its value, and the bounds of a number."""

    help: str
    metavar: str | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Argument:
    """A word without a name before it: what help calls it, and says of it."""

    metavar: str
    help: str


def command(run: Callable[..., None]) -> Command:
    """The command that a function declares with its name, its docstring and its parameters.

    A parameter `Annotated[T, Option(...)]` is an option, a switch where T is bool, one to repeat where T is a list, which
    is None when it is not given. The fields of a dataclass are options under its `heading`; the function gets the whole.
    """
    made = Command(getattr(run, "__name__", ""), help=getdoc(run))
    hints = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    for name, parameter in signature(run).parameters.items():
        if kind := groups.get(name):
            inner = get_type_hints(kind, include_extras=True)
            for each in fields(kind):
                made.take(each.name, inner[each.name], each.default, kind.heading)
        else:
            made.take(name, hints[name], parameter.default, "Options")

    def called(**given: Any) -> None:
        values = {name: as_declared(value) for name, value in given.items()}
        for name, kind in groups.items():
            values[name] = kind(**{each.name: values.pop(each.name) for each in fields(kind)})
        run(**values)

    made.callback = called
    return made


def as_declared(value: Any) -> Any:
    """A list where click has a tuple, and None where that is empty."""
    return (list(value) or None) if isinstance(value, tuple) else value


class Command(click.Command):
    """A click command whose help tells what its arguments are, and puts its options under headings."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.short_help = (self.help or "").split(". ")[0].rstrip(".") + "."
        self.headings: dict[str, str] = {}

    def take(self, name: str, hint: Any, default: Any, heading: str) -> None:
        """Add what one parameter, or one field of a dataclass, declares."""
        [told] = hint.__metadata__
        kind, several = value_of(hint.__origin__)
        settings: dict[str, Any] = {"type": click_type(kind, told), "required": True}
        if default not in (MISSING, Parameter.empty):
            settings |= {"default": default, "required": False}
        if isinstance(told, Argument):
            self.headings[name] = "Arguments"
            self.params.append(Positional(name, told, nargs=-1 if several else 1, **settings))
            return
        self.headings[name] = heading
        settings |= {"help": told.help, "metavar": told.metavar, "multiple": several}
        settings |= {"show_default": default != "", "is_flag": kind is bool}
        self.params.append(click.Option(["--" + name.replace("_", "-")], **settings))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write arguments and options, each under its heading."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for each in self.get_params(ctx):
            if record := each.get_help_record(ctx):
                sections.setdefault(self.headings.get(each.name or "", "Options"), []).append(record)
        for heading, rows in sections.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


class Positional(click.Argument):
    """A click argument that help has a line for."""

    def __init__(self, name: str, told: Argument, **settings: Any) -> None:
        super().__init__([name], metavar=told.metavar, **settings)
        self.called, self.about = told.metavar, told.help

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """What it is called, in brackets where it may be left out."""
        return [self.called if self.required else f"[{self.called}]"]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """What it is called and what it is."""
        return self.called, self.about


def value_of(hint: Any) -> tuple[type, bool]:
    """The type of one value of `T`, `list[T]`, or either `| None`, and whether there may be several."""
    if isinstance(hint, UnionType):
        [hint] = [each for each in get_args(hint) if each is not NoneType]
    return (get_args(hint)[0], True) if get_origin(hint) is list else (hint, False)


def click_type(kind: type, told: Option | Argument) -> Any:
    if kind is bool:
        return None  # click 8.2.0 takes a typed switch for one that is given a value
    if kind is Path:
        return click.Path(path_type=Path)
    if isinstance(told, Option) and (told.least, told.most) != (None, None):
        return click.IntRange(told.least, told.most)
    return kind
