"""`annotool nms`: non-maximum suppression of predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Argument, Option
from annotool.cli.showing import progress
from annotool.wording import plural

__all__ = ["nms"]


def nms(
    path: Annotated[
        Path,
        Argument("PRED", "COCO results, a predictions.json, or a folder of labels/*.txt."),
    ],
    out: Annotated[Path, Option("The file to write; a new folder for label files.", metavar="PATH")],
    iou: Annotated[float, Option("Boxes may overlap as much as this.")] = 0.5,
    class_agnostic: Annotated[bool, Option("Let boxes suppress those of other categories.")] = False,
) -> None:
    """Of predictions that overlap, keep the one with the highest score; what is kept keeps its bytes."""
    from annotool import api

    with progress():
        done = api.nms(path, out, iou=iou, class_agnostic=class_agnostic)
    for note in done.notes:
        click.echo(note, err=True)
    if done.faults:
        click.echo(
            f"{path} has faults ({done.faults:,}); `annotool audit GT --predictions {path}` tells them",
            err=True,
        )
    click.echo(f"{done.kept:,} of {plural(done.read, 'prediction')} kept in {out} ({done.form})", err=True)
