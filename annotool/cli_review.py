"""What the command line says of a review: its address, what is missing, what was decided."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import webbrowser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from annotool.reviewing.opening import Handle
    from annotool.reviewing.taking import Taken

__all__ = ["attend", "diagnose", "summed", "told"]

MOST_MISSING = 10


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


def told(taken: Taken) -> Iterator[str]:
    """Yield the decisions as lines of their file."""
    from annotool.fixes.decisions import encoded

    for line in encoded(taken.review.name, taken.decisions):
        yield line.decode().rstrip("\n")


def summed(taken: Taken) -> Iterator[str]:
    """Yield how far each rule is to be trusted."""
    yield f"{len(taken.decisions):,} decisions by {taken.review.reviewer}"
    yield f"{'rule':<40} {'confirmed':>9} {'rejected':>8} {'undecided':>9}  right, with 95 % interval"
    for each in taken.trust:
        asked = each.confirmed + each.rejected
        share = (
            ""
            if math.isnan(each.low)
            else f"{each.confirmed / asked:.0%} ({each.low:.0%} to {each.high:.0%})"
        )
        yield f"{each.rule + ' ' + each.slug:<40} {each.confirmed:>9,} {each.rejected:>8,} {each.undecided:>9,}  {share}"
