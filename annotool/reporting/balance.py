"""The balance of a dataset told: a table with bars, json, csv, or tables in markdown. The page is in `reporting/html`."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from annotool.metrics.balance import Balance
from annotool.metrics.scarcity import LIMITS
from annotool.output import json_page
from annotool.reporting.told import escape, split_heads
from annotool.table import Table

__all__ = ["FORMS", "lines"]

FORMS = ("text", "json", "csv", "markdown")
BAR = 16  # characters of the longest bar
NAMED = 8  # categories in a line


def lines(balance: Balance, form: str) -> Iterator[str]:
    """Yield the report as text (marked up for rich), json, csv (a row a split and category), or markdown."""
    yield from {"text": text, "json": json, "csv": rows, "markdown": markdown}[form](balance)


def text(balance: Balance) -> Iterator[str]:
    """For people: the whole set by category, largest first, then one line a split."""
    whole = [row for row in records(balance.categories) if not row["split"] and row["instances"]]
    whole.sort(key=lambda row: (-row["instances"], row["category"]))
    width = max((len(row["category"]) for row in whole), default=8)
    most = max((row["instances"] for row in whole), default=1)
    sized = "" if balance.labels else "  per image   small  medium   large"
    what, no = ("labels", "labels") if balance.labels else ("instances", "objects")
    yield f"[bold]{'category':<{width}}  {what:>9}   share  images{sized}  {'LVIS':<8}  weight  repeat[/]"
    for row in whole:
        bar = "█" * max(1, round(BAR * row["instances"] / most))
        yield (
            f"{escape(row['category']):<{width}}  {row['instances']:>9,}  {row['share']:>6.1%}  {row['images']:>6,}  "
            + (of_sizes(row) if sized else "")
            + f"{row['frequency']:<8}  {row['weight_effective']:>6.2f}  {row['repeat_factor']:>6.2f}  "
            + f"[cyan]{bar}[/]"
        )
    yield ""
    for row in records(balance.splits):
        yield (
            f"{escape(row['split'] or 'all'):<10}  {row['images']:>7,} images ({row['without_objects']:,} without {no}), "
            f"{row['instances']:,} {what}, largest/smallest {shown(row['imbalance_ratio'], '.1f')}, "
            f"evenness {shown(row['entropy'], '.3f')}, Gini {shown(row['gini'], '.3f')}, "
            f"as varied as {shown(row['effective_categories'], '.1f')} equal categories"
        )
    for told, names in thresholds(balance, what):
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        yield f"{told}: {len(names):,}{' (' + escape(', '.join(names[:NAMED])) + more + ')' if names else ''}"
    if balance.unused:
        yield f"without a single {what[:-1]}: {escape(', '.join(balance.unused))}"


def thresholds(balance: Balance, what: str, split: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each threshold in words, and the categories below it, least first."""
    for measure, below in LIMITS:
        mine = [
            row
            for row in records(balance.scarce)
            if (row["split"], row["measure"], row["below"]) == (split, measure, below)
        ]
        told = f"under {below:,} {what}" if measure == "annotations" else f"under {below:.0%} of all {what}"
        yield told, [row["category"] for row in sorted(mine, key=lambda row: float(row["value"]))]


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
        "scarce": records(balance.scarce),
    }
    if balance.boxes is not None:
        whole["boxes"] = {
            each.name: records(getattr(balance.boxes, each.name))
            for each in fields(balance.boxes)
            if each.name != "centres"  # 256 rows a split and category
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


def markdown(balance: Balance) -> Iterator[str]:
    """Tables for a pull request or a wiki; names stand in code spans, where nothing is markup."""
    what = "labels" if balance.labels else "annotations"
    names = balance.splits["split"].tolist()
    yield from [f"## Balance: {balance.splits['instances'][0]:,} {what}", ""]
    heads = ["", *split_heads(what)]
    cells = [
        [name or "all", *(f"{row[key]:,}" for key in ("images", "without_objects", "instances"))]
        + [shown(row[key], ".2f") for key in ("imbalance_ratio", "entropy", "gini", "effective_categories")]
        for name, row in zip(names, records(balance.splits), strict=True)
    ]
    yield from table(heads, cells)
    rows = [row for row in records(balance.categories) if not row["split"]]
    own = {(row["split"], row["category"]): row["instances"] for row in records(balance.categories)}
    heads = [
        what,
        *names[1:],
        "share",
        "images",
        "LVIS",
        "inverse weight",
        "effective weight",
        "repeat factor",
    ]
    cells = [
        [code(row["category"]), f"{row['instances']:,}"]
        + [f"{own[name, row['category']]:,}" for name in names[1:]]
        + [f"{row['share']:.1%}", f"{row['images']:,}", row["frequency"]]
        + [shown(row[key], ".3g") for key in ("weight_inverse", "weight_effective", "repeat_factor")]
        for row in sorted(rows, key=lambda row: (-row["instances"], row["category"]))
    ]
    yield from ["", *table(["category", *heads], cells), ""]
    for told, scarce in thresholds(balance, what):
        yield f"- {told}: {len(scarce):,}{' (' + ', '.join(map(code, scarce)) + ')' if scarce else ''}"


def table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *body)]


def code(name: str) -> str:
    """A name of the dataset as code, which neither ends its cell nor its line."""
    held = " ".join(name.split()).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", held)), default=0))
    return f"{fence}{held}{fence}" if len(fence) == 1 else f"{fence} {held} {fence}"


def records(table: Table) -> list[dict[str, Any]]:
    columns = {name: values.tolist() for name, values in table.columns.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def shown(value: float, form: str) -> str:
    return "not defined" if math.isnan(value) else format(value, form)
