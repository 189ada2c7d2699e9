"""`annotool apply`: repeat a fix on its dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from annotool.cli.opening import configured, places, reading_options
from annotool.cli.options import Reading, takes
from annotool.cli.showing import progress

__all__ = ["apply"]


@takes
def apply(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The fixes.jsonl of a fix.")],
    reading: Reading,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder to write to.")],
) -> None:
    """Repeat a fix on the dataset it was made from."""
    from annotool import api

    settings = configured(reading)
    with progress():
        made = api.apply(journal, places(reading, settings), out, **reading_options(reading, settings))
    typer.echo(f"mended as {journal} says: {made.parent}")
