"""A conversion told: what was written, what was lost, what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from annotool.conversion import Converted
from annotool.reporting.told import escape
from annotool.wording import plural

__all__ = ["lines"]


def lines(done: Converted) -> Iterator[str]:
    """Yield the report, marked up for rich."""
    written = done.written
    word = "label" if done.labels else "annotation"
    yield (
        f"[bold green]{escape(str(done.out))}[/]: {done.format}, {plural(written.images, 'image')}, "
        f"{plural(written.annotations, word)}, {plural(done.images_placed, 'image file')} placed"
    )
    for note in written.notes:
        yield f"note: {escape(note)}"
    if len(done.losses):
        yield f"[yellow]what {done.format} cannot hold[/]:"
    for part in done.losses.blocks:
        for row in range(len(part)):
            yield f"  {escape(part.text(row))}"
    if written.skipped:
        yield f"[red]left out[/]: {plural(len(written.skipped), 'record')}, listed in skipped.jsonl"
