"""A Dataset, Findings and a Balance as a notebook shows them: small, without script, and with a style that holds for them only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.drawing.scene import rows_of, scene
from annotool.findings import Findings
from annotool.metrics.balance import Balance
from annotool.reporting.html.charts import bars
from annotool.reporting.html.figures import drawing
from annotool.reporting.html.gallery import Gallery, short, spread
from annotool.reporting.html.markup import tag, text
from annotool.reporting.rows import ordered, rows
from annotool.reporting.told import notes, slug
from annotool.reporting.verdict import grade_counts
from annotool.rules.base import classifies
from annotool.wording import plural

__all__ = ["balance", "dataset", "findings"]

MOST = 250_000  # bytes of one value
PICTURES, BYTES, BOXES = 4, 100_000, 40  # how many, their bytes together, boxes in one
GRADES = ("error", "warning", "info")
LISTED = 20  # rows of a table
STYLE = """
.annotool-shown { font: 13px/1.5 system-ui, sans-serif; max-width: 1100px; }
.annotool-shown p { margin: 2px 0 8px; overflow-wrap: anywhere; }
.annotool-shown table { border-collapse: collapse; font-size: 13px; margin: 6px 0; }
.annotool-shown th, .annotool-shown td { text-align: left; padding: 2px 10px 2px 0; background: none; }
.annotool-shown div.annotool-wide { overflow-x: auto; }
.annotool-shown td.n, .annotool-shown th.n { white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; }
.annotool-shown div.annotool-row { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start; }
.annotool-shown figure { flex: 1 1 230px; max-width: 340px; min-width: 180px; margin: 0; }
.annotool-shown figure.chart { flex-basis: 340px; }
.annotool-shown figcaption { font-size: 12px; overflow-wrap: anywhere; }
.annotool-shown svg { width: 100%; height: auto; max-height: 300px; display: block; }
.annotool-shown svg.chart { max-height: none; }
.annotool-shown svg.chart rect { fill: #4c78a8; }
.annotool-shown svg.chart text { font: 11px system-ui, sans-serif; fill: currentColor; }
.annotool-shown svg.chart text.name { text-anchor: end; }
""".strip()


def dataset(data: Dataset) -> str:
    """Return a dataset: what was read, its largest categories, a few of its images."""
    images, annotations = len(data.table("images")), len(data.table("annotations"))
    word = "label" if classifies(data) else "annotation"
    head = (
        f"{'+'.join(sorted(data.formats)) or 'no label file'}: {plural(images, 'image')}, {plural(annotations, word)}, "
        f"{plural(len(data.labels), 'category')} ({', '.join(data.split_names) or 'no splits'})"
    )
    parts = [
        tag(
            "p",
            tag("b", text(short(", ".join(path.name for path in data.paths) or "dataset")))
            + " "
            + text(short(head)),
        )
    ]
    parts += [tag("p", text(short(note))) for note in notes(data)[:5]]
    known = data.annotation_labels[data.annotation_labels >= 0]
    counts = np.bincount(known, minlength=len(data.labels))
    first = np.argsort(-counts, kind="stable")[:8].tolist()
    names = ", ".join(f"{short(data.labels[at])} {counts[at]:,}" for at in first)
    more = f" and {len(counts) - len(first):,} more" if len(counts) > len(first) else ""
    parts.append(tag("p", text(names + more)))
    return shown(parts, samples(data))


def samples(data: Dataset) -> Iterator[str]:
    """A few images that have annotations, spread over the dataset."""
    gallery = Gallery(data, BYTES)
    owners = np.unique(data.image_rows(data.table("annotations")["image"]))
    owners = owners[owners >= 0]
    for image in owners[spread(len(owners), PICTURES)].tolist():
        seen = scene(data, image, most=BOXES)
        seen = replace(seen, marks=tuple(replace(mark, role="shown") for mark in seen.marks))
        more = len(rows_of(data, image)) - len(seen.marks)
        words = short(seen.name) + (f" (and {more:,} not drawn)" if more else "")
        yield tag(
            "figure",
            drawing(seen, gallery.picture(image, seen), short(seen.name)) + tag("figcaption", text(words)),
        )


def findings(found: Findings) -> str:
    """Return findings: counts by rule, worst first, and the first that can be drawn of the worst rules."""
    new = found.new
    known = len(found) - len(new)
    counted = grade_counts(new)
    worst = sorted(counted, key=lambda each: (GRADES.index(each[0]), -counted[each], each[1]))
    totals = {grade: sum(counted[each] for each in worst if each[0] == grade) for grade in GRADES}
    grades = ", ".join(plural(count, grade) for grade, count in totals.items())
    told = f"{plural(len(new), 'finding')}: {grades}" if len(new) else "Nothing was found."
    parts = [tag("p", tag("b", text(told + (f" ({known:,} known)" if known else ""))))]
    lines = [
        [text(code), text(slug(code)), grade, f"{counted[grade, code]:,}"] for grade, code in worst[:LISTED]
    ]
    if lines:
        parts.append(table(("rule", "", "severity", "findings"), lines, numbers=1))
    if len(worst) > LISTED:
        parts.append(tag("p", f"and {plural(len(worst) - LISTED, 'more rule')}"))
    codes = [code for _, code in worst]
    return shown(parts, flagged(found.data, new, codes) if found.data is not None else iter(()))


def flagged(data: Dataset, found: Findings, codes: list[str]) -> Iterator[str]:
    """The first finding of each of these rules that names an annotation of an image, none twice."""
    gallery = Gallery(data, BYTES)
    drawn = set[int]()
    for code in dict.fromkeys(codes):
        mine = found.of(code)
        images, annotations = data.image_rows(mine.column("image")), mine.column("annotation")
        order = ordered(data, mine)
        fit = order[(images[order] >= 0) & (annotations[order] >= 0) & ~np.isin(annotations[order], [*drawn])]
        if len(fit):
            (row,) = rows(data, mine, fit[:1])
            drawn.add(int(annotations[fit[0]]))
            yield gallery.figure(row, int(images[fit[0]]), int(annotations[fit[0]]))
        if len(drawn) == PICTURES:
            return


def balance(counted: Balance) -> str:
    """Return a balance: numbers of each split, and how many of each category it has."""
    splits, categories = counted.splits, counted.categories
    columns = [
        each
        for each in ("split", "images", "without_objects", "instances", "imbalance_ratio", "entropy", "gini")
        if each in splits
    ]
    lines = [
        [
            text(short(str(splits[column][at]))) if column == "split" else number(splits[column][at])
            for column in columns
        ]
        for at in range(min(len(splits), LISTED))
    ]
    for line in lines:
        line[0] = line[0] or "all"
    parts = [table([each.replace("_", " ") for each in columns], lines, numbers=len(columns) - 1)]
    names = categories["category"]
    whole = np.flatnonzero(categories["split"] == "")
    first = whole[np.argsort(-categories["instances"][whole], kind="stable")][:20]
    chosen = names[first].tolist()
    if len(whole) > len(first):
        parts.append(tag("p", f"The {len(first)} largest of {len(whole):,} categories"))
    if counted.unused:
        parts.append(tag("p", text("without any: " + short(", ".join(counted.unused)))))
    return shown(parts, charts(categories, chosen))


def charts(categories: Any, chosen: list[str]) -> Iterator[str]:
    splits = list(dict.fromkeys(categories["split"].tolist()))
    for split in splits if len(splits) != 2 else splits[:1]:
        mine = np.flatnonzero(categories["split"] == split)
        held = dict(
            zip(categories["category"][mine].tolist(), categories["instances"][mine].tolist(), strict=True)
        )
        title = f"instances in {short(split)}" if split else "instances"
        if chosen:
            drawn = bars(title, [short(each) for each in chosen], [held.get(each, 0) for each in chosen])
            yield tag("figure", tag("figcaption", text(title)) + drawn, class_="chart")


def number(value: Any) -> str:
    value = float(value)
    return "-" if not np.isfinite(value) else f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def table(header: Any, lines: list[list[str]], numbers: int) -> str:
    """A table; `lines` are markup, the last `numbers` columns numbers."""

    def row(name: str, cells: Any) -> str:
        cells = list(cells)
        first = len(cells) - numbers
        return tag(
            "tr", (tag(name, each, class_="n" if at >= first else None) for at, each in enumerate(cells))
        )

    whole = tag("thead", row("th", map(text, header))) + tag("tbody", (row("td", line) for line in lines))
    return tag("div", tag("table", whole), class_="annotool-wide")


def shown(parts: list[str], figures: Iterator[str]) -> str:
    """One value; figures as long as there is room."""
    size, fitting = sum(map(len, parts)), list[str]()
    for figure in figures:
        size += len(figure.encode())
        if size > MOST:
            break
        fitting.append(figure)
    if fitting:
        parts = [*parts, tag("div", fitting, class_="annotool-row")]
    return tag("div", [f"<style>{STYLE}</style>", *parts], class_="annotool-shown")
