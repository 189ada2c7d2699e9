"""`annotool sizes`: image sizes in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading, takes
from annotool.cli.showing import progress

__all__ = ["sizes"]


@takes
def sizes(
    reading: Reading,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The csv file to write.")],
) -> None:
    """Write the image sizes, so that the labels can be audited where the images are not."""
    from annotool import api

    with progress():
        count = api.sizes(opened(reading, configured(reading)), out)
    typer.echo(f"{count:,} image sizes in {out}", err=True)
