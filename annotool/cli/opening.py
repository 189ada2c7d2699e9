"""What commands read: the settings that apply, and the dataset at the paths given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from annotool.cli.options import Reading
from annotool.errors import UsageError
from annotool.memory import shortage

if TYPE_CHECKING:
    from annotool.config import Config
    from annotool.dataset import Dataset

__all__ = ["configured", "opened", "places", "reading_options", "shaping"]


def configured(reading: Reading) -> Config:
    """The settings file that applies: the one named, else the nearest above the first path, else none."""
    from annotool import config

    if reading.isolated:
        return config.Config()
    from annotool.api import places as there

    file = reading.config or config.find(there((reading.paths or ["."])[0])[0])
    return config.load(file) if file else config.Config()


def opened(reading: Reading, settings: Config) -> Dataset:
    """The dataset at the paths of the command line, else at those of the settings."""
    from annotool import api

    return api.read(places(reading, settings), **reading_options(reading, settings))


def places(reading: Reading, settings: Config) -> list[str | Path]:
    """The paths of the command line, else those of the settings; raises UsageError for none."""
    paths: list[str | Path] = [*(reading.paths or settings.paths)]
    if not paths:
        raise UsageError("no PATH given, and no `paths` in a settings file; name a dataset's file or folder")
    from annotool.api import places as there

    if told := shortage(there(paths)):
        click.echo(f"annotool: warning: {told}", err=True)
    return paths


def reading_options(reading: Reading, settings: Config) -> dict[str, Any]:
    """How to read, for `api.read`: the command line's word goes before the settings'."""
    return {
        "format": reading.format or settings.format,
        "images": reading.images or settings.images,
        "classes": reading.classes or settings.classes,
        "task": reading.task or settings.task,
        "sizes": reading.sizes,
        "predictions": reading.predictions,
        "join": reading.join,
        "labels": reading.labels or settings.labels,
        "voc_base": reading.voc_base,
        "decode": reading.decode,
    }


def shaping(reading: Reading, settings: Config) -> dict[str, Any]:
    """What shaped the run, for json: the settings file and every option that is set."""
    options = {name: value for name, value in reading_options(reading, settings).items() if value}
    return {
        "file": settings.file.as_posix() if settings.file else None,
        **settings.chosen,
        "severities": {code: value.name.lower() for code, value in settings.severities.items()},
        "rule": {code: dict(values) for code, values in settings.rule.items()},
        **{name: str(value) if isinstance(value, Path) else value for name, value in options.items()},
    }
