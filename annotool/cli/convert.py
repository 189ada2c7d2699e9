"""`annotool convert`: another format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading
from annotool.cli.showing import progress, show

__all__ = ["convert"]


def convert(
    reading: Reading,
    to: Annotated[str, Option("coco, csv, huggingface, imagefolder, voc or yolo.")],
    out: Annotated[Path, Option("A new or empty folder to write to.", metavar="DIR")],
    crowd: Annotated[str, Option("YOLO: crowds are skipped or kept as boxes: skip, keep.")] = "skip",
    image_files: Annotated[str, Option("link, copy or none.")] = "link",
    val: Annotated[float, Option("YOLO: share of images to put in val, by a hash of the name.")] = 0.0,
    allow_loss: Annotated[bool, Option("Go on when something would be lost.")] = False,
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
