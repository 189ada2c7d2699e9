"""The balance of a dataset in charts, each with what it shows in this data and what one does about it: a part of the report, and
a page of its own (`annotool balance --output-format html`)."""

from __future__ import annotations

from collections.abc import Iterator

from annotool.metrics.balance import Balance
from annotool.reporting.html import boxes, categories
from annotool.reporting.html.article import article, numbers
from annotool.reporting.html.markup import tag, text
from annotool.reporting.html.shell import page
from annotool.reporting.told import split_heads
from annotool.wording import plural

__all__ = ["lines", "section"]


def lines(counted: Balance, name: str) -> Iterator[str]:
    """Yield the page of a balance alone."""
    head = tag("h1", text(name)) + tag("p", text(facts(counted)), class_="verdict") + tiles(counted)
    return page(
        f"balance of {name}", head, [tag("section", tag("h2", "Balance") + section(counted), id="balance")]
    )


def facts(counted: Balance) -> str:
    """What was counted, in a line."""
    whole = counted.splits.take(counted.splits["split"] == "")
    splits = ", ".join(counted.splits["split"].tolist()[1:]) or "no splits"
    what = "label" if counted.labels else "annotation"
    k = len(counted.categories) // len(counted.splits)
    return (
        f"{plural(int(whole['images'][0]), 'image')}, {plural(int(whole['instances'][0]), what)}, "
        f"{plural(k, 'category')} ({splits})"
    )


def tiles(counted: Balance) -> str:
    """How even it is, in four numbers; of one category there is nothing to tell."""
    whole = counted.splits
    if len(counted.categories) <= len(whole):
        return ""
    shown = (
        ("imbalance_ratio", ",.1f", "times", "largest over smallest category"),
        ("entropy", ".2f", "evenness", "1: all equal, towards 0: all in one"),
        ("gini", ".2f", "Gini", "0: all equal, towards 1: all in one"),
        ("effective_categories", ".1f", "effective", "as varied as so many equal categories"),
    )
    return tag(
        "div",
        [
            tag("div", tag("b", format(whole[name][0], form)) + tag("span", unit) + tag("small", why))
            for name, form, unit, why in shown
            if whole[name][0] == whole[name][0]
        ],
        class_="tiles",
    )


def section(counted: Balance) -> str:
    """Return the charts of a dataset; a sentence where there is nothing to count."""
    if not counted.splits["instances"][0]:
        return tag("p", "There is no annotation to count.")
    parts = [
        splits(counted),
        categories.frequency(counted),
        categories.images(counted),
        categories.scarce(counted),
        categories.weights(counted),
    ]
    if counted.boxes is not None:
        parts += boxes.charts(counted.boxes)
    return "".join(parts)


def splits(counted: Balance) -> str:
    """The splits side by side in numbers."""
    held = counted.splits
    what = "labels" if counted.labels else "annotations"
    head = tag("tr", (tag("th", each, scope="col") for each in ("split", *split_heads(what))))
    body = []
    for row in zip(*(held[name].tolist() for name in held), strict=True):
        cells = [f"{each:,}" if isinstance(each, int) else shown(each) for each in row[1:]]
        body.append(
            tag(
                "tr",
                tag("th", text(row[0] or "all"), scope="row") + "".join(tag("td", each) for each in cells),
            )
        )
    table = tag("table", tag("thead", head) + tag("tbody", body), class_="splits")
    return article(
        "Side by side", says(counted), (),
        tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Splits") + numbers("splits.csv", held),
    )  # fmt: skip


def shown(value: float) -> str:
    return f"{value:,.2f}" if value == value else "-"


def says(counted: Balance) -> str:
    held = counted.splits
    names, sizes = held["split"].tolist()[1:], held["images"].tolist()[1:]
    if not names:
        return "No splits: what is held back for validation should be drawn by image, and by scene where frames follow each other."
    total = max(sum(sizes), 1)
    told = ", ".join(f"{name} has {size / total:.0%}" for name, size in zip(names, sizes, strict=True))
    return f"Of the images {told}. {categories.agreement(counted)}"
