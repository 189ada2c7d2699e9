"""`annotool rules`: list them."""

from __future__ import annotations

from annotool.cli.showing import show

__all__ = ["rules"]


def rules() -> None:
    """List the rules."""
    from annotool import api

    show(
        (
            f"{rule.code}  {rule.slug:<28} {'(preview) ' * rule.preview}{summary(rule.documentation())}"
            for rule in api.list_rules()
        ),
        None,
    )


def summary(text: str) -> str:
    return text.splitlines()[0] if text else ""
