"""`annotool convert`: another format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading, takes
from annotool.cli.showing import progress, show

__all__ = ["convert"]


@takes
def convert(
    reading: Reading,
    to: Annotated[str, typer.Option("--to", help="coco, csv, huggingface, imagefolder, voc or yolo.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder to write to.")],
    crowd: Annotated[
        str, typer.Option(help="YOLO: crowds are skipped or kept as boxes: skip, keep.")
    ] = "skip",
    image_files: Annotated[str, typer.Option("--image-files", help="link, copy or none.")] = "link",
    val: Annotated[
        float, typer.Option(help="YOLO: share of images to put in val, by a hash of the name.")
    ] = 0.0,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Go on when something would be lost.")
    ] = False,
) -> None:
    """Write a dataset in another format, and tell what it cannot hold. --task is that of the rows to write."""
    from annotool import api

    settings = configured(reading)
    writing = {"task": reading.task or "detect", "crowd": crowd, "image_files": image_files, "val": val}
    with progress():
        data = opened(replace(reading, task=None), settings)
        done = api.convert(data, to, out, allow_loss=allow_loss, **writing)
    from annotool.reporting import conversion as told

    show(told.lines(done), None, marked=True)
