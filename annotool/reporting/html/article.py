"""An article of the page: a heading, what the charts show in this data, a chart for each split, the numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from annotool.reporting.html.markup import download, tag, text
from annotool.table import Table

__all__ = ["article", "named", "numbers", "parts_of"]

LONG, NAMED = 40, 5  # letters of a name, names in a sentence


def article(
    title: str,
    says: str,
    drawings: Sequence[tuple[str, str]],
    numbers: str,
    *,
    switch: bool = False,
    choice: str = "",
) -> str:
    """One chart for each split side by side; `switch` offers a log scale, `choice` is markup above the charts."""
    button = tag("button", "Log scale", type="button", class_="log", aria_pressed="false") if switch else ""
    figures = "".join(
        tag("figure", (tag("figcaption", text(name)) if name else "") + drawing) for name, drawing in drawings
    )
    inner = (
        tag("h3", text(title))
        + tag("p", text(says))
        + button
        + choice
        + (tag("div", figures, class_="charts") if figures else "")
        + numbers
    )
    return tag("article", inner, class_="chart")


def parts_of(table: Table) -> Iterator[tuple[str, Table]]:
    """Each split of a table; the whole alone where there are none."""
    names = list(dict.fromkeys(table["split"].tolist()))
    for name in names[1:] or names:
        yield name or "all images", table.take(table["split"] == name)


def numbers(name: str, held: Table) -> str:
    """What a chart is drawn from, as a table that opens; an empty split is the whole."""
    return download(
        name, list(held), zip(*(map(short, held[column].tolist()) for column in held), strict=True)
    )


def short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def named(names: Sequence[str]) -> str:
    """The first few names for a sentence."""
    shown = ", ".join(repr(each if len(each) <= LONG else each[: LONG - 1] + "…") for each in names[:NAMED])
    return shown + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
