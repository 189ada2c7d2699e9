"""`annotool undo`: put back what a fix changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Argument
from annotool.wording import plural

__all__ = ["undo"]


def undo(
    journal: Annotated[Path, Argument("JOURNAL", "The fixes.jsonl of the fix.")],
) -> None:
    """Put every file that a fix changed back as it was, byte for byte."""
    from annotool import api

    files, left_out = api.undo(journal), api.left_out(journal)
    click.echo(f"{plural(len(files), 'file is as it was', 'files are as they were')} before {journal}")
    if left_out:
        click.echo(
            f"images that the copy was made without: {len(left_out):,}; they are still in the input, copy them from there"
        )
