"""Findings told: one module a form, each a function from data and findings to lines."""

from __future__ import annotations

from annotool.reporting.told import Told

__all__ = ["FORMS", "Told"]

FORMS = ("text", "concise", "paths", "json", "jsonl", "csv", "markdown", "junit", "github", "sarif", "html")
"""The forms of a report; each is the module of its name, with a function `lines(told)`."""
