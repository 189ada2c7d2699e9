"""annotool: find, explain, fix, prove and undo label faults, before you train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotool.api import (
        apply,
        audit,
        balance,
        baseline,
        convert,
        decisions,
        draw,
        evaluate,
        explain_rule,
        fix,
        list_formats,
        list_rules,
        nms,
        read,
        report,
        review,
        sizes,
        split,
        undo,
    )
    from annotool.dataset import Dataset
    from annotool.errors import AnnotoolError
    from annotool.findings import Findings

__all__ = [
    "AnnotoolError",
    "Dataset",
    "Findings",
    "apply",
    "audit",
    "balance",
    "baseline",
    "convert",
    "decisions",
    "draw",
    "evaluate",
    "explain_rule",
    "fix",
    "list_formats",
    "list_rules",
    "nms",
    "read",
    "report",
    "review",
    "sizes",
    "split",
    "undo",
]

HOMES = {"AnnotoolError": "errors", "Dataset": "dataset", "Findings": "findings"}


def __getattr__(name: str) -> Any:
    # Imported when asked for: `annotool --help` must not wait for numpy.
    if name not in __all__:
        raise AttributeError(f"module 'annotool' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"annotool.{HOMES.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return __all__
