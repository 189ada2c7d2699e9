"""`annotool decisions`: a review's decisions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from annotool.cli.declared import Argument, Option
from annotool.cli.showing import show

if TYPE_CHECKING:
    from annotool.reviewing.taking import Taken

__all__ = ["decisions"]


def decisions(
    name: Annotated[str, Argument("NAME", "The review's name.")],
    out: Annotated[Path | None, Option("Write them here, for `fix --decisions`.", metavar="FILE")] = None,
    summary: Annotated[bool, Option("For each rule: confirmed, rejected, undecided.")] = False,
) -> None:
    """Take a review's decisions out."""
    from annotool import api

    taken = api.decisions(name, out)
    for note in taken.notes:
        click.echo(f"annotool: warning: {note}", err=True)
    show(summed(taken) if summary or out else told(taken), None)


def told(taken: Taken) -> Iterator[str]:
    """Yield the decisions as lines of their file."""
    from annotool.fixes.decisions import encoded

    for line in encoded(taken.review.name, taken.decisions):
        yield line.decode().rstrip("\n")


def summed(taken: Taken) -> Iterator[str]:
    """Yield how far each rule is to be trusted."""
    yield f"{len(taken.decisions):,} decisions by {taken.review.reviewer}"
    yield f"{'rule':<40} {'confirmed':>9} {'rejected':>8} {'undecided':>9}  right, with 95 % interval"
    for each in taken.trust:
        asked = each.confirmed + each.rejected
        share = (
            ""
            if math.isnan(each.low)
            else f"{each.confirmed / asked:.0%} ({each.low:.0%} to {each.high:.0%})"
        )
        yield f"{each.rule + ' ' + each.slug:<40} {each.confirmed:>9,} {each.rejected:>8,} {each.undecided:>9,}  {share}"
