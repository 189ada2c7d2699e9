"""A fault met in one COCO file, before it is known which row of the dataset it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from annotool.findings import Fix

__all__ = ["MISSING", "WRONG", "Fault", "got"]

MISSING = "{key} is missing"
WRONG = "{key}: expected {expected}, got {got}"


class Fault(msgspec.Struct, frozen=True):
    """One fault. start and end: the bytes it is about, which a fix replaces by values["new"]; -1: the whole record.

    section: images, annotations or categories, and index the record's place in it; -1: none of its records.
    """

    rule: str
    message: str
    start: int = -1
    end: int = -1
    section: str = ""
    index: int = -1
    kept: bool = True
    fix: Fix = Fix.NONE
    severity: int = -1
    values: Mapping[str, Any] = msgspec.field(default_factory=dict)


def got(text: bytes, most: int = 40) -> str:
    """Return a value's text for a message, shortened."""
    shown = " ".join(text.decode("utf-8", "replace").split())
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."
