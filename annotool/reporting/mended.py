"""A fix told: what changed, what remains, where the journal is; or, before it, each change (`--diff`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from annotool import formats
from annotool.fixes import diff as changes
from annotool.fixes.output import home
from annotool.fixes.rounds import Proposal
from annotool.reporting.told import escape, slug, summary
from annotool.rules import registry
from annotool.wording import plural

__all__ = ["diff", "lines"]

STAY = "whose records went; undo brings the records back, the files stay in the input"
PLACED = "which stay in the input; undo cannot bring them back"  # their place was the record
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def diff(made: Proposal) -> Iterator[str]:
    """Yield each change, marked up for rich."""
    if not len(made.changes):
        yield "nothing to mend"
    slugs = {code: rule.slug for code, rule in registry().items()}
    for line in changes.lines(made.changes, slugs, home(made.data)):
        colour = COLOURS.get(line[:1])
        yield f"[{colour}]{escape(line)}[/]" if colour else escape(line)


def lines(made: Proposal, out: Path | None) -> Iterator[str]:
    """Yield what was done, marked up for rich."""
    yield from (f"[yellow]note[/]: {escape(note)}" for note in made.notes)
    if not len(made.changes):
        yield "nothing to mend" + ("" if out is None else f"; the dataset is copied to {escape(str(out))}")
    else:
        where = "in place" if out is None else f"in {escape(str(out))}"
        name = escape(made.journal.name) if made.journal else "fixes.jsonl"
        yield f"[bold green]mended[/] {where}: {plural(len(made.changes), 'change')}, journal {name}"
        for code in np.unique(made.changes["rule"].astype(str)).tolist():
            yield f"{int((made.changes['rule'] == code).sum()):>9,}  {code:<7} {slug(code)}"
    for code, count in made.taken_back.items():
        yield f"[yellow]taken back[/]: {plural(count, 'edit')} of {code} {slug(code)} made something else worse"
    if out is not None and made.deletions:
        placed = formats.placed(made.data).any()
        yield f"left out: {plural(len(made.deletions), 'image')}{f', {PLACED}' if placed else f' {STAY}'}"
    left = summary(made.after)
    yield f"left: {plural(left['error'], 'error')}, {plural(left['warning'], 'warning')}, {plural(left['info'], 'fact')}"
    if not made.complete:
        yield "[yellow]not at an end[/]: another run would mend more"
