"""An evaluation told: numbers and tables for people, json with everything, or csv by category. The page is in `reporting/html`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

from annotool.metrics.evaluation import BACKGROUND, Evaluation
from annotool.output import json_page
from annotool.reporting.told import escape
from annotool.table import Table
from annotool.wording import plural

__all__ = ["FORMS", "lines"]

FORMS = ("text", "json", "csv")
CONFUSIONS = 10  # the most frequent ones, on the screen

HEADLINES = {
    "detection": (
        (("AP", "AP"), ("AP50", "at IoU .5"), ("AP75", "at .75"), ("APs", "small"), ("APm", "medium"), ("APl", "large")),
        (("AR100", "AR of 100"), ("AR10", "of 10"), ("AR1", "of 1"), ("ARs", "small"), ("ARm", "medium"), ("ARl", "large")),
        (("VOC", "VOC AP at IoU .5"), ("VOC11", "by 11 points")),
    ),
    "classification": (
        (("accuracy", "accuracy"), ("balanced_accuracy", "balanced")),
        (("top2", "among the first 2"), ("top3", "first 3"), ("top5", "first 5")),
        (("macro_F1", "F1 macro"), ("weighted_F1", "weighted"), ("micro_F1", "micro")),
        (("macro_precision", "precision macro"), ("macro_recall", "recall macro")),
        (("macro_AUC", "AUC macro"), ("macro_AP", "AP macro")),
        (("ECE", "ECE"), ("ECE_mass", "of equal bins"), ("Brier", "Brier")),
    ),
}  # fmt: skip
COLUMNS = {
    "detection": ("objects", "images", "predictions", "AP", "AP50", "AP75", "AR100", "VOC"),
    "classification": ("images", "guessed", "right", "precision", "recall", "F1", "AUC", "AP"),
}


def lines(evaluation: Evaluation, form: str) -> Iterator[str]:
    """Yield the report as text (marked up for rich), json, or csv (a row a category, after one for all)."""
    yield from {"text": text, "json": json, "csv": rows}[form](evaluation)


def text(told: Evaluation) -> Iterator[str]:
    """For people: the overall numbers, then table by table, and what is to be known of them."""
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.settings.items())
    yield f"[bold]{told.task}[/] ({settings}): {told.counted}"
    yield ""
    for row in HEADLINES[told.task]:
        yield "   ".join(
            f"{word} [bold]{shown(told.numbers[name])}[/]" for name, word in row if name in told.numbers
        )
    yield ""
    yield from table(told.tables["categories"], ("category", *COLUMNS[told.task]))
    for name, columns in (
        ("slices", ("slice", "part", "images", "objects", "AP", "AP50", "AR100")),
        ("errors", ("error", "count", "dAP")),
        ("reliability", ("bins", "low", "high", "count", "score", "right")),
    ):
        if name in told.tables:
            yield ""
            yield from table(told.tables[name], columns)
    if "confusion" in told.tables:
        yield from confusions(told.tables["confusion"])
    if told.notes:
        yield ""
        yield from (f"note: {escape(note)}" for note in told.notes)


def table(held: Table, columns: Sequence[str]) -> Iterator[str]:
    """Yield a header and the rows, texts on the left and numbers on the right."""
    kinds = [held[name].dtype.kind for name in columns]
    cells = [[shown(value, "-") for value in held[name].tolist()] for name in columns]
    width = [max(map(len, [name, *each])) for name, each in zip(columns, cells, strict=True)]
    aligned = ["<" if kind == "O" else ">" for kind in kinds]
    places = list(zip(aligned, width, strict=True))
    yield "[bold]" + "  ".join(f"{n:{a}{w}}" for n, (a, w) in zip(columns, places, strict=True)) + "[/]"
    for row in zip(*cells, strict=True):
        yield escape("  ".join(f"{cell:{a}{w}}" for cell, (a, w) in zip(row, places, strict=True)))


def confusions(held: Table) -> Iterator[str]:
    """Yield the most frequent cells off the diagonal."""
    wrong = [
        row for row in records(held) if row["truth"] != row["predicted"] and BACKGROUND not in row.values()
    ]
    wrong.sort(key=lambda row: (-row["count"], row["truth"], row["predicted"]))
    if wrong:
        yield ""
        yield "[bold]taken for another[/]"
    for row in wrong[:CONFUSIONS]:
        yield f"{row['count']:>9,}  {escape(row['truth'])} as {escape(row['predicted'])}"
    if len(wrong) > CONFUSIONS:
        yield f"{'':>9}  and {plural(len(wrong) - CONFUSIONS, 'other pair')}"


def json(told: Evaluation) -> Iterator[str]:
    """One object: task, settings, counts, numbers, notes and each table as a list; null where a number is not defined."""
    whole = {
        "task": told.task,
        "settings": dict(told.settings),
        "counts": dict(told.counts),
        "numbers": dict(told.numbers),
        "notes": list(told.notes),
        **{name: records(each) for name, each in told.tables.items()},
    }
    yield json_page(whole)


def rows(told: Evaluation) -> Iterator[str]:
    """A header, then a row a category; the first, without a name, is the whole. Empty: not defined, or not counted."""
    names = [*told.tables["categories"], *(n for n in told.numbers if n not in told.tables["categories"])]
    held = io.StringIO()
    writer = csv.DictWriter(held, names, lineterminator="\n", restval="")
    writer.writeheader()
    whole = {name: value for name, value in {**told.counts, **told.numbers}.items() if name in names}
    for row in [whole, *records(told.tables["categories"])]:
        writer.writerow({name: "" if value != value else value for name, value in row.items()})
    yield from held.getvalue().splitlines()


def records(held: Table) -> list[dict[str, Any]]:
    columns = {name: values.tolist() for name, values in held.columns.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def shown(value: Any, undefined: str = "not defined") -> str:
    if isinstance(value, float):
        return undefined if math.isnan(value) else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
