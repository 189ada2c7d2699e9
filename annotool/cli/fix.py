"""`annotool fix`: mend, prove, keep a journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, places, reading_options
from annotool.cli.options import Failing, Finding, Reading
from annotool.cli.showing import CLEAN, FOUND, progress, show
from annotool.errors import UsageError

__all__ = ["fix"]


def fix(
    reading: Reading,
    finding: Finding,
    failing: Failing,
    out: Annotated[Path | None, Option("Write the mended dataset here.", metavar="DIR")] = None,
    in_place: Annotated[bool, Option("Change the files themselves.")] = False,
    diff: Annotated[bool, Option("Show each change, write nothing.")] = False,
    unsafe_fixes: Annotated[bool, Option("Also change or drop geometry, classes, records.")] = False,
    decisions: Annotated[
        list[Path] | None,
        Option("Do what reviewers decided, and nothing else; repeat it for several.", metavar="FILE"),
    ] = None,
) -> None:
    """Mend what can be mended, prove it, and keep a journal that undoes it."""
    from annotool import api
    from annotool.reporting import mended

    if [out is not None, in_place, diff].count(True) != 1:
        raise UsageError("choose one of --diff (show), --out DIR (write a mended copy), --in-place")
    settings = finding.apply(configured(reading))
    with progress():
        made = api.fix(
            places(reading, settings),
            out=out,
            in_place=in_place,
            unsafe=unsafe_fixes,
            config=settings,
            baseline=failing.baseline,
            decisions=decisions or (),
            **reading_options(reading, settings),
        )
    show(mended.diff(made) if diff else mended.lines(made, out), None, marked=True)
    failed = bool(len(made.changes)) if diff else api.fails(made.after, failing.fail_on)
    raise click.exceptions.Exit(FOUND if failed else CLEAN)
