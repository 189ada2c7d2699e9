"""The balance of a dataset told: a table with bars, json, or csv."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

from annotool.metrics.balance import Balance
from annotool.output import json_page
from annotool.reporting.told import escape
from annotool.table import Table

__all__ = ["FORMS", "lines"]

FORMS = ("text", "json", "csv")
BAR = 30  # characters of the longest bar


def lines(balance: Balance, form: str) -> Iterator[str]:
    """Yield the report as text (marked up for rich), json, or csv (a row a split and category)."""
    yield from {"text": text, "json": json, "csv": rows}[form](balance)


def text(balance: Balance) -> Iterator[str]:
    """For people: the whole set by category, largest first, then one line a split."""
    whole = [row for row in records(balance.categories) if not row["split"] and row["instances"]]
    whole.sort(key=lambda row: (-row["instances"], row["category"]))
    width = max((len(row["category"]) for row in whole), default=8)
    most = max((row["instances"] for row in whole), default=1)
    sized = "" if balance.labels else "  per image   small  medium   large"
    what, no = ("labels", "labels") if balance.labels else ("instances", "objects")
    yield f"[bold]{'category':<{width}}  {what:>9}   share  images{sized}[/]"
    for row in whole:
        bar = "█" * max(1, round(BAR * row["instances"] / most))
        yield (
            f"{escape(row['category']):<{width}}  {row['instances']:>9,}  {row['share']:>6.1%}  {row['images']:>6,}  "
            + (of_sizes(row) if sized else "")
            + f"[cyan]{bar}[/]"
        )
    yield ""
    for row in records(balance.splits):
        yield (
            f"{escape(row['split'] or 'all'):<10}  {row['images']:>7,} images ({row['without_objects']:,} without {no}), "
            f"{row['instances']:,} {what}, largest/smallest {shown(row['imbalance_ratio'], '.1f')}, "
            f"evenness {shown(row['entropy'], '.3f')}"
        )
    if balance.unused:
        yield f"without a single {what[:-1]}: {escape(', '.join(balance.unused))}"


def of_sizes(row: Mapping[str, Any]) -> str:
    return f"{row['per_image']:>9.2f}  {row['small']:>6,}  {row['medium']:>6,}  {row['large']:>6,}  "


def json(balance: Balance) -> Iterator[str]:
    """One object: overall numbers, splits, categories, unused; null where a number is not defined."""
    whole = {
        "imbalance_ratio": balance.imbalance_ratio,
        "entropy": balance.entropy,
        "images_without_objects": balance.images_without_objects,
        "unused": list(balance.unused),
        "splits": records(balance.splits),
        "categories": records(balance.categories),
    }
    yield json_page(whole)


def rows(balance: Balance) -> Iterator[str]:
    """A header, then a row a split and category; an empty split is the whole dataset."""
    held = io.StringIO()
    names = list(balance.categories)
    writer = csv.DictWriter(held, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records(balance.categories))
    yield from held.getvalue().splitlines()


def records(table: Table) -> list[dict[str, Any]]:
    columns = {name: values.tolist() for name, values in table.columns.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def shown(value: float, form: str) -> str:
    return "not defined" if math.isnan(value) else format(value, form)
