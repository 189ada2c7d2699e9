"""What commands say: lines on the screen or in a file, progress, and how the process ends."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["CLEAN", "FAILED", "FOUND", "progress", "show"]

CLEAN, FOUND, FAILED = 0, 1, 2
T = TypeVar("T")


def show(lines: Iterable[str], output: Path | None, marked: bool = False) -> None:
    """Print lines, or write them to a file at once; `marked` lines hold rich markup, shown only on a terminal."""
    if marked:
        from rich.console import Console
        from rich.text import Text

        console = Console(soft_wrap=True, highlight=False, emoji=False)
        if output is None and console.is_terminal:
            for line in lines:
                console.print(line)
            return
        lines = (Text.from_markup(line, emoji=False).plain for line in lines)
    if output is not None:
        from annotool.api import write_text

        write_text(output, lines)
        return
    for line in lines:
        click.echo(line)


@contextmanager
def progress() -> Iterator[None]:
    """Show bars on stderr, on a terminal, for anything that takes more than a second."""
    from annotool.progress import reporting

    with reporting(bars()) if sys.stderr.isatty() else nullcontext():
        yield


def bars() -> Any:
    import time

    from rich.console import Console
    from rich.progress import Progress

    def drawn(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        begun, bar = time.monotonic(), Progress(console=Console(stderr=True), transient=True)
        task, shown, done = bar.add_task(what, total=total), False, 0
        try:
            for item in items:
                yield item
                done += 1
                if not shown and time.monotonic() - begun > 1:
                    bar.start()
                    shown = True
                if shown and (done % 64 == 0 or (total is not None and total < 1000)):
                    bar.update(task, completed=done)
        finally:
            if shown:
                bar.stop()

    return drawn
