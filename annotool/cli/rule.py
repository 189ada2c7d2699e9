"""`annotool rule`: explain one."""

from __future__ import annotations

from typing import Annotated

from annotool.cli.declared import Argument
from annotool.cli.showing import show

__all__ = ["rule"]


def rule(name: Annotated[str, Argument("CODE", "A code or a slug.")]) -> None:
    """Explain a rule: what, why, who crashes, how it is mended."""
    from annotool import api

    show([api.explain_rule(name)], None)
