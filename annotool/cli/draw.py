"""`annotool draw`: pictures of images with what is annotated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading
from annotool.cli.showing import progress
from annotool.errors import UsageError
from annotool.wording import plural

__all__ = ["draw"]


def draw(
    reading: Reading,
    out: Annotated[
        Path,
        Option("With --image a .png or .jpg, else a new or empty folder.", metavar="FILE|DIR"),
    ],
    image: Annotated[
        str | None,
        Option("The image to draw: file name, end of its path, or id.", metavar="NAME"),
    ] = None,
    rule: Annotated[
        list[str] | None,
        Option("Highlight what these rules find; without --image draw where.", metavar="CODES"),
    ] = None,
    limit: Annotated[int, Option("How many images at most, without --image.")] = 50,
    max_side: Annotated[int, Option("Longer side of a picture at most, px.")] = 1600,
    overwrite: Annotated[bool, Option("Write over the file of --out.")] = False,
) -> None:
    """Draw images with boxes, outlines, keypoints, names: one image, or those that rules find fault with."""
    from annotool import api

    if image is None and not rule:
        raise UsageError("nothing to draw: name an --image, or a --rule whose findings are drawn")
    settings = configured(reading)
    with progress():
        data = opened(reading, settings)
        done = api.draw(
            data, out, image=image, rule=rule or (), limit=limit, max_side=max_side, overwrite=overwrite,
            config=settings,
        )  # fmt: skip
    for note in done.notes:
        click.echo(f"annotool: note: {note}", err=True)
    click.echo(f"{plural(len(done.files), 'picture')} in {out}", err=True)
