"""What annotool does, one function a command; the command line calls these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotool import config as configuration
from annotool import engine, formats, reporting
from annotool.config import Config
from annotool.dataset import Dataset
from annotool.errors import UsageError
from annotool.findings import Findings
from annotool.formats.base import Format, ReadOptions
from annotool.reporting.told import Told
from annotool.rules import registry
from annotool.rules.base import Rule

__all__ = ["audit", "explain_rule", "list_formats", "list_rules", "read", "report"]

Paths = str | Path | Sequence[str | Path]


def read(paths: Paths, **options: Any) -> Dataset:
    """Read one dataset from a path or several, each a file, a folder, a data.yaml or `split=path`.

    Options are the fields of formats.base.ReadOptions. Raises NoDatasetError and SeveralDatasetsError; whatever is
    wrong with a dataset is in its `problems`.
    """
    several = [paths] if isinstance(paths, str | Path) else paths
    return formats.read([Path(path) for path in several], ReadOptions(**options))


def audit(
    data: Dataset | Paths,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    config: Config | None = None,
    **options: Any,
) -> Findings:
    """Return what the rules find in a dataset, or in the one at the given paths (read with `options`)."""
    settings = config or Config()
    dataset = data if isinstance(data, Dataset) else read(data, **options)
    codes = configuration.select([*(select or settings.select)], [*ignore, *settings.ignore])
    return engine.run(dataset, settings.rules, codes, settings.severities)


def report(
    data: Dataset, findings: Findings, form: str = "text", config: Mapping[str, Any] | None = None
) -> str:
    """Return findings as text, concise, paths or json."""
    return "\n".join(lines(Told(data, findings, config or {}), form)) + "\n"


def lines(told: Told, form: str) -> Any:
    if form not in reporting.FORMS:
        raise UsageError(f"no output format {form!r}; there are: {', '.join(reporting.FORMS)}")
    from importlib import import_module

    return import_module(f"annotool.reporting.{form}").lines(told)


def list_rules() -> list[type[Rule]]:
    """Return all rules, codes sorted."""
    return list(registry().values())


def explain_rule(name: str) -> str:
    """Return a rule's documentation, found by code or slug. Raises UsageError with the nearest name."""
    (code, *more) = sorted(configuration.select([name], []))
    if more:
        raise UsageError(f"{name!r} is {1 + len(more)} rules: {', '.join([code, *more])}")
    return registry()[code].documentation()


def list_formats() -> list[Format]:
    """Return all formats, by name."""
    return list(formats.registry().values())
