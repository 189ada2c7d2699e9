"""The rules: one file each in a folder a family. The registry walks the folders; there is no list to edit."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Any

from annotool.errors import ConfigError
from annotool.rules.base import Rule

__all__ = ["registry"]


@cache
def registry() -> dict[str, type[Rule]]:
    """Return all rules by code, ours and those installed under the entry point `annotool.rules`, codes sorted.

    An entry point names a Rule class or a module that holds some. Raises ConfigError when two rules share a code.
    """
    from importlib.metadata import entry_points

    modules = [importlib.import_module(name) for name in own_modules()]
    found: dict[str, type[Rule]] = {}
    for holder in [*modules, *(entry.load() for entry in entry_points(group="annotool.rules"))]:
        for rule in rules_in(holder):
            if found.setdefault(rule.code, rule) is not rule:
                raise ConfigError(f"two rules have the code {rule.code}: {found[rule.code]} and {rule}")
    return dict(sorted(found.items()))


def own_modules() -> list[str]:
    walked = pkgutil.walk_packages(__path__, prefix=f"{__name__}.")
    return [each.name for each in walked if not each.ispkg and not each.name.endswith(".base")]


def rules_in(holder: Any) -> list[type[Rule]]:
    members = [holder] if inspect.isclass(holder) else vars(holder).values()
    name = getattr(holder, "__name__", "")
    return [
        each
        for each in members
        if inspect.isclass(each)
        and issubclass(each, Rule)
        and not inspect.isabstract(each)
        and (each is holder or each.__module__ == name)
    ]
