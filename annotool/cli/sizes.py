"""`annotool sizes`: image sizes in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading
from annotool.cli.showing import progress

__all__ = ["sizes"]


def sizes(
    reading: Reading,
    out: Annotated[Path, Option("The csv file to write.", metavar="FILE")],
) -> None:
    """Write the image sizes, so that the labels can be audited where the images are not."""
    from annotool import api

    with progress():
        count = api.sizes(opened(reading, configured(reading)), out)
    click.echo(f"{count:,} image sizes in {out}", err=True)
