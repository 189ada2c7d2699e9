"""`annotool audit`: find everything that is wrong."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened, shaping
from annotool.cli.options import Failing, Finding, Reading, Reporting
from annotool.cli.showing import CLEAN, FOUND, progress, show

__all__ = ["audit"]


def audit(
    reading: Reading,
    finding: Finding,
    failing: Failing,
    reporting: Reporting,
    fail_on_stale: Annotated[bool, Option("Exit 1 when a known fault is found no more.")] = False,
    statistics: Annotated[
        bool,
        Option("Also count by rule, split and category (text, json, markdown)."),
    ] = False,
    group_by: Annotated[
        str | None,
        Option(
            "Also tell findings per 1,000 annotations for each value of a column of --join.", metavar="COLUMN"
        ),
    ] = None,
) -> None:
    """Find everything that is wrong with a dataset, where, and why it matters."""
    from annotool import api, parallel

    settings, outputs = finding.apply(configured(reading)), reporting.outputs(api.FORMS)
    api.check_failing(failing.fail_on, failing.baseline or settings.baseline)
    parallel.soon(api.list_rules)  # to import them takes a while
    with progress():
        data = opened(reading, settings)
        api.check_outputs(data, [file for _, file in outputs if file])
        if group_by is not None:
            api.check_joined(data, group_by)
        findings = api.audit(data, config=settings, baseline=failing.baseline)
    told = api.Told(
        data,
        findings,
        shaping(reading, settings),
        settings.file,
        rules=sorted(settings.codes),
        fail_on=failing.fail_on,
        statistics=statistics,
        group_by=group_by,
        command=shlex.join(["annotool", *sys.argv[1:]]),
    )
    failed = api.fails(findings, failing.fail_on, fail_on_stale)
    for form, file in outputs:
        show(api.lines(told, form), file, marked=form == "text")
    if any(form == "github" for form, _ in outputs) and (job := os.environ.get("GITHUB_STEP_SUMMARY")):
        api.append_text(Path(job), api.lines(told, "markdown"))
    raise click.exceptions.Exit(FOUND if failed else CLEAN)
