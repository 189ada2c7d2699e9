"""`annotool review`: open the FiftyOne App on what was found."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotool.cli.opening import configured, places, reading_options
from annotool.cli.options import Finding, Reading, takes
from annotool.cli.showing import CLEAN, FAILED, progress

if TYPE_CHECKING:
    from annotool.reviewing.opening import Handle

__all__ = ["review"]

MOST_MISSING = 10


@takes
def review(
    reading: Reading,
    finding: Finding,
    findings: Annotated[
        Path | None, typer.Option("--findings", metavar="FILE", help="Only those of this report in json.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="FILE|none", help="Known faults, which are left out.")
    ] = None,
    all_images: Annotated[
        bool, typer.Option("--all-images", help="Also images nothing was found in.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", min=1, help="Only N images, drawn by a hash of the name."),
    ] = None,
    part: Annotated[
        str, typer.Option("--part", metavar="K/N", help="The k-th of n reviewers' shares.")
    ] = "1/1",
    overlap: Annotated[
        float, typer.Option("--overlap", help="Share of images that all reviewers see.")
    ] = 0.0,
    reviewer: Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who decides.")] = "",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The review's name; the folder's by default.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Of the App's server.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    doctor: Annotated[
        bool, typer.Option("--doctor", help="Say what a review needs, and what is missing.")
    ] = False,
) -> None:
    """Open the FiftyOne App on what was found, and decide."""
    from annotool import api

    if doctor:
        raise typer.Exit(FAILED if diagnose(port) else CLEAN)
    settings = finding.apply(configured(reading))
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
        typer.echo(f"{'ok  ' if each.fine else 'MISSING'}  {each.what}: {each.found}")
        if not each.fine:
            typer.echo(f"         {each.mend}")
    return not all(each.fine for each in found if each.what != "browser")


def attend(handle: Handle, browser: bool) -> None:
    """Say where the review is, open the browser, and keep the review alive until Ctrl-C or a signal to end."""
    import signal
    import socket
    import webbrowser

    from annotool.reviewing.opening import keep_open

    review = handle.review
    typer.echo(
        f"review {review.name}: {review.findings:,} findings, {review.images:,} images, by {review.reviewer}"
    )
    for each in review.missing[:MOST_MISSING]:
        typer.echo(f"not on disk, so not shown: {each}")
    if len(review.missing) > MOST_MISSING:
        typer.echo(f"and {len(review.missing) - MOST_MISSING:,} more that are not on disk")
    typer.echo(f"open  {handle.url}")
    if os.environ.get("SSH_CONNECTION"):
        port = handle.url.split(":")[2].split("/")[0]
        typer.echo(
            f"over ssh, on your own machine: ssh -N -L {port}:127.0.0.1:{port} {os.environ.get('USER', 'USER')}@{socket.gethostname()}"
        )
    typer.echo(f"then  annotool decisions {review.name} --out decisions.jsonl")
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(handle.url)
    if handle.server is None:
        typer.echo("it is open already, in another process")
        return
    typer.echo("Ctrl-C ends it; what was decided stays")
    signal.signal(signal.SIGTERM, interrupted)
    keep_open(handle, lambda text: typer.echo(text, err=True))


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt
