"""`annotool report`: one page that opens offline, or what became of yesterday's findings."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened, shaping
from annotool.cli.options import Finding, Reading
from annotool.cli.showing import progress, show
from annotool.errors import UsageError
from annotool.wording import plural

__all__ = ["report"]


def report(
    reading: Reading,
    finding: Finding,
    out: Annotated[Path | None, Option("The page to write.", metavar="FILE")] = None,
    baseline: Annotated[str | None, Option("Known faults, which are left out.", metavar="FILE|none")] = None,
    compare: Annotated[
        bool,
        Option("PATH PATH are two reports in json: say what was mended, what is new."),
    ] = False,
) -> None:
    """Write what an audit finds as a page to look at: pictures, charts, what to do first."""
    from annotool import api

    if compare:
        from annotool.reporting import compared

        if len(reading.paths or ()) != 2:
            raise UsageError("--compare takes two reports in json, the older one first")
        show(compared.lines(*api.compare(*map(Path, reading.paths or ()))), out)
        return
    if out is None:
        raise UsageError("no --out FILE given; name the page to write, as report.html")
    settings = finding.apply(configured(reading))
    with progress():
        data = opened(reading, settings)
        api.check_outputs(data, [out])
        findings = api.audit(data, config=settings, baseline=baseline)
        told = api.Told(
            data,
            findings,
            shaping(reading, settings),
            settings.file,
            rules=sorted(settings.codes),
            command=shlex.join(["annotool", *sys.argv[1:]]),
        )
        show(api.lines(told, "html"), out)
    click.echo(f"{plural(len(findings), 'finding')} in {out}", err=True)
