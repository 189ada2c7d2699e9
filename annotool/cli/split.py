"""`annotool split`: train, val and test anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading, takes
from annotool.cli.showing import CLEAN, FOUND, progress, show

__all__ = ["split"]


@takes
def split(
    reading: Reading,
    ratios: Annotated[
        str, typer.Option("--ratios", metavar="NAME=SHARE,...", help="The splits: train=.8,val=.2; sum 1.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder to write to.")],
    group_by: Annotated[
        list[str] | None,
        typer.Option(
            "--group-by",
            metavar="WHAT",
            help="What stays in one split, any number of times: duplicates (equal and near equal images), a column of "
            "--join, or a regular expression on the file name whose group is the key.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="SPLIT", help="A split that stays as it is, any number of times."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides where all else is equal.")] = 0,
    image_files: Annotated[str, typer.Option("--image-files", help="link, copy or none.")] = "link",
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Go on when something would be lost.")
    ] = False,
    fail_on: Annotated[
        str, typer.Option("--fail-on", help="Exit 1 from here on: error, warning, info, never.")
    ] = "warning",
) -> None:
    """Deal the images out to new splits: each category in its share, groups whole, and checked for leaks."""
    from annotool import api

    api.check_failing(fail_on, None)
    settings = configured(reading)
    reading = replace(reading, decode=reading.decode or "duplicates" in (group_by or ()))
    with progress():
        done = api.split(
            opened(reading, settings), ratios, out, group_by=group_by or (), keep=keep or (), seed=seed,
            image_files=image_files, allow_loss=allow_loss, config=settings,
        )  # fmt: skip
    from annotool.reporting import splitting as told

    show(told.lines(done), None, marked=True)
    raise typer.Exit(FOUND if api.fails(done.findings, fail_on) else CLEAN)
