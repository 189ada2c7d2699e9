"""What findings are filtered and grouped by: severity, split, category, a text, and the columns of a joined csv."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.reporting.counts import groups, statistics, tally
from annotool.reporting.html.article import numbers
from annotool.reporting.html.markup import exact, tag, text
from annotool.reporting.told import Told
from annotool.rules.base import classifies
from annotool.table import Table
from annotool.wording import plural

__all__ = ["columns", "counts", "filters", "grouped"]

GRADES = ("error", "warning", "info")
VALUES = 40  # of a joined column, to be one to choose from: annotators and batches, not addresses
COUNTED = 20_000  # rows of counts in the page; with more, joined columns filter only what is listed
SHOWN = 20  # values of a column in its table; its numbers have all


def columns(data: Dataset) -> list[str]:
    """The joined columns that findings are filtered and grouped by: those of a few values."""
    return [
        name
        for name, values in data.joined.items()
        if name != "url" and 1 < len(set(values.tolist())) <= VALUES
    ]


def filters(told: Told) -> str:
    """The form above the findings."""
    data = told.data
    used = sorted({each.category for each in statistics(told) if each.category})
    inner = choice("severity", GRADES, data_filter="severity")
    inner += choice("split", data.split_names, data_filter="split") if data.split_names else ""
    inner += choice("category", used, data_filter="category") if used else ""
    for name in columns(data):
        inner += choice(name, sorted(set(data.joined[name].tolist())), data_column=name)
    sought = tag("input", "", type="search", data_filter="text", placeholder="file, message ...")
    inner += tag("label", "text" + sought)
    return tag("form", inner + tag("output", "", aria_live="polite"), class_="filters", role="search")


def choice(name: str, values: Sequence[str], **of: str) -> str:
    """A list to choose from; a value that is chosen begins with `=`, so that an empty one can be."""
    options = [tag("option", "all", value="")]
    options += [tag("option", text(each or "(none)"), value=f"={exact(each)}") for each in values]
    return tag("label", text(name) + tag("select", options, **of))


def counts(told: Told) -> dict[str, object]:
    """Findings by rule, grade, split, category and joined columns: what the filters count by. `exact`: the columns are in it."""
    names = columns(told.data)
    rows = tally(told, names)
    if len(rows) > COUNTED and names:
        rows, names = tally(told, ()), []
    rows = [[exact(each) if isinstance(each, str) else each for each in row] for row in rows]
    return {"exact": len(names) == len(columns(told.data)), "rows": rows}


def grouped(told: Told) -> str:
    """A table for each joined column of few values: findings a thousand annotations, the worst first."""
    parts = []
    for name in columns(told.data):
        found = groups(told, name)
        word = "labels" if classifies(told.data) else "annotations"
        head = (name, "images", word, "findings", f"in 1,000 {word}")
        body = (
            (each.value or "(none)", f"{each.images:,}", f"{each.annotations:,}", f"{each.findings:,}",
             "-" if each.per_thousand is None else f"{each.per_thousand:,.1f}")
            for each in found.values[:SHOWN]
        )  # fmt: skip
        table = tag("thead", tag("tr", (tag("th", text(each), scope="col") for each in head)))
        table += tag("tbody", (tag("tr", (tag("td", text(each)) for each in row)) for row in body))
        whole = Table(
            {
                key: np.array([getattr(each, key) for each in found.values], dtype=kind)
                for key, kind in (("value", object), ("images", "i8"), ("annotations", "i8"), ("findings", "i8"), ("per_thousand", "f8"))
            }
        )  # fmt: skip
        says = (
            f"{plural(found.elsewhere, 'finding')} of no single image not counted." if found.elsewhere else ""
        )
        box = tag(
            "div",
            tag("table", table),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label=f"Findings by {name}",
        )
        parts.append(tag("h3", text(f"By {name}")) + box + tag("p", says) + numbers(f"by_{name}.csv", whole))
    return tag("section", tag("h2", "Who and where") + "".join(parts), id="grouped") if parts else ""
