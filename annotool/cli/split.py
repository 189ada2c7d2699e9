"""`annotool split`: train, val and test anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading
from annotool.cli.showing import CLEAN, FOUND, progress, show

__all__ = ["split"]


def split(
    reading: Reading,
    ratios: Annotated[str, Option("The splits: train=.8,val=.2; sum 1.", metavar="NAME=SHARE,...")],
    out: Annotated[Path, Option("A new or empty folder to write to.", metavar="DIR")],
    group_by: Annotated[
        list[str] | None,
        Option(
            "What stays in one split, any number of times: duplicates (equal and near equal images), a column of "
            "--join, or a regular expression on the file name whose group is the key.",
            metavar="WHAT",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        Option("A split that stays as it is, any number of times.", metavar="SPLIT"),
    ] = None,
    seed: Annotated[int, Option("Decides where all else is equal.")] = 0,
    image_files: Annotated[str, Option("link, copy or none.")] = "link",
    allow_loss: Annotated[bool, Option("Go on when something would be lost.")] = False,
    fail_on: Annotated[str, Option("Exit 1 from here on: error, warning, info, never.")] = "warning",
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
    raise click.exceptions.Exit(FOUND if api.fails(done.findings, fail_on) else CLEAN)
