"""`annotool apply`: repeat a fix on its dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Argument, Option
from annotool.cli.opening import configured, places, reading_options
from annotool.cli.options import Reading
from annotool.cli.showing import progress

__all__ = ["apply"]


def apply(
    journal: Annotated[Path, Argument("JOURNAL", "The fixes.jsonl of a fix.")],
    reading: Reading,
    out: Annotated[Path, Option("A new or empty folder to write to.", metavar="DIR")],
) -> None:
    """Repeat a fix on the dataset it was made from."""
    from annotool import api

    settings = configured(reading)
    with progress():
        made = api.apply(journal, places(reading, settings), out, **reading_options(reading, settings))
    click.echo(f"mended as {journal} says: {made.parent}")
