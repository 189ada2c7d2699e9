"""`annotool review`: open the FiftyOne App on what was found."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from annotool.cli.declared import Option
from annotool.cli.opening import configured, places, reading_options
from annotool.cli.options import Finding, Reading
from annotool.cli.showing import CLEAN, FAILED, progress
from annotool.wording import plural

if TYPE_CHECKING:
    from annotool.reviewing.opened import Handle

__all__ = ["review"]

MOST_MISSING = 10


def review(
    reading: Reading,
    finding: Finding,
    findings: Annotated[Path | None, Option("Only those of this report in json.", metavar="FILE")] = None,
    baseline: Annotated[str | None, Option("Known faults, which are left out.", metavar="FILE|none")] = None,
    all_images: Annotated[bool, Option("Also images nothing was found in.")] = False,
    sample: Annotated[
        int | None,
        Option("Only N images, drawn by a hash of the name.", metavar="N", least=1),
    ] = None,
    part: Annotated[str, Option("The k-th of n reviewers' shares.", metavar="K/N")] = "1/1",
    overlap: Annotated[float, Option("Share of images that all reviewers see.")] = 0.0,
    reviewer: Annotated[str, Option("Who decides.", metavar="NAME")] = "",
    name: Annotated[str | None, Option("The review's name; the folder's by default.", metavar="NAME")] = None,
    port: Annotated[int | None, Option("Of the App's server.", least=1, most=65535)] = None,
    no_browser: Annotated[bool, Option("Only print the address.")] = False,
    doctor: Annotated[bool, Option("Say what a review needs, and what is missing.")] = False,
) -> None:
    """Open the FiftyOne App on what was found, and decide."""
    from annotool import api

    if doctor:
        raise click.exceptions.Exit(FAILED if diagnose(port) else CLEAN)
    settings = finding.apply(configured(reading))
    end_in_order()
    with progress():
        handle = api.review(
            places(reading, settings), findings, name=name, every=all_images, sample=sample, part=part,
            overlap=overlap, reviewer=reviewer, port=port, config=settings, baseline=baseline,
            **reading_options(reading, settings),
        )  # fmt: skip
    attend(handle, browser=not no_browser)


def diagnose(port: int | None) -> bool:
    """Say what a review needs; return whether something is missing."""
    from annotool.reviewing.doctor import checks

    found = checks(port)
    for each in found:
        click.echo(f"{'ok  ' if each.fine else 'MISSING'}  {each.what}: {each.found}")
        if not each.fine:
            click.echo(f"         {each.mend}")
    return not all(each.fine for each in found if each.what != "browser")


def end_in_order() -> None:
    """Let a signal to end, or a terminal that closes, do what Ctrl-C does: end what was started."""
    import signal

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), interrupted)


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def attend(handle: Handle, browser: bool) -> None:
    """Say where the review is, open the browser, and keep the review alive until Ctrl-C or a signal to end."""
    import webbrowser

    from annotool.reviewing.opened import keep_open

    with handle, contextlib.suppress(KeyboardInterrupt):
        for line in said(handle):
            click.echo(line)
        if browser:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(handle.url)
        if handle.elsewhere:
            click.echo("it is open already, in another process")
            return
        click.echo("Ctrl-C ends it; what was decided stays")
        keep_open(handle, lambda text: click.echo(text, err=True))


def said(handle: Handle) -> Iterator[str]:
    """Yield what a review is of, what it cannot show, and where to open it."""
    review = handle.review
    yield f"review {review.name}: {plural(review.findings, 'finding')}, {plural(review.images, 'image')}, by {review.reviewer}"
    if done := handle.decided():
        yield f"begun {review.created}; {plural(done, 'is', 'are')} decided already"
    yield from (f"not on disk, so not shown: {each}" for each in review.missing[:MOST_MISSING])
    if len(review.missing) > MOST_MISSING:
        yield f"and {plural(len(review.missing) - MOST_MISSING, 'more that is', 'more that are')} not on disk"
    yield f"open  {handle.url}"
    if os.environ.get("SSH_CONNECTION"):
        yield f"over ssh, on your own machine: {tunnel(handle.port)}"
    yield f"then  annotool decisions {review.name} --out decisions.jsonl"


def tunnel(port: int) -> str:
    """The command that makes the App of this machine answer on the machine a user sits at."""
    import socket

    user = os.environ.get("USER") or "USER"
    _, _, host, *_ = [*os.environ["SSH_CONNECTION"].split(), "", "", ""]
    host = host or socket.gethostname()
    return f"ssh -N -L {port}:127.0.0.1:{port} {user}@{host}"
