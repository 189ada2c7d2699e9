"""`annotool baseline`: what is wrong today, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from annotool.cli.declared import Option
from annotool.cli.opening import configured, places, reading_options
from annotool.cli.options import Finding, Reading
from annotool.cli.showing import progress, show
from annotool.errors import UsageError

__all__ = ["baseline"]


def baseline(
    reading: Reading,
    finding: Finding,
    out: Annotated[Path | None, Option("The file; without, that of the settings.", metavar="FILE")] = None,
    update: Annotated[bool, Option("Add what is new; keep the rest.")] = False,
    prune: Annotated[bool, Option("Take out what is found no more.")] = False,
) -> None:
    """Write what is wrong today to a file, so that audits fail on new faults only."""
    from annotool import api
    from annotool.reporting import baseline as told

    settings = finding.apply(configured(reading))
    if (file := out or settings.baseline) is None:
        raise UsageError("no --out FILE given, and no `baseline` in a settings file; name a file to write")
    with progress():
        done = api.baseline(
            places(reading, settings),
            file,
            update=update,
            prune=prune,
            config=settings,
            **reading_options(reading, settings),
        )
    show(told.lines(done), None, marked=True)
