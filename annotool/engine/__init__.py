"""Running rules over a Dataset. Nothing else in annotool knows where they run."""

from __future__ import annotations

from annotool.engine.local import run

__all__ = ["run"]
