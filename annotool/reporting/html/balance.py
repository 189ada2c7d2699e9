"""The balance of a dataset in charts, each with what it shows in this data and what one does about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.balance import Balance, balance
from annotool.metrics.distributions import GRID, Distributions, distributions
from annotool.reporting.html.charts import bars, columns, heat
from annotool.reporting.html.markup import download, tag, text
from annotool.table import Array, Table

__all__ = ["section"]

MOST = 40  # categories in a chart
CLASSES_WITH_A_MAP = 8
SMALL_AT, SMALL_BELOW = 640, 8  # px


def section(data: Dataset) -> str:
    """Return the charts of a dataset; a sentence where there is nothing to count."""
    counted = balance(data)
    if not counted.splits["instances"][0]:
        return tag("p", "There is no annotation to count.")
    drawn = distributions(data)
    parts = [*frequency(counted), table(counted)]
    if drawn.judged["boxes"][0]:
        parts += [*boxes_per_image(drawn), *sizes(drawn), *places(drawn), *resized(drawn)]
    return "".join(parts)


def chart(
    title: str, says: str, drawings: Sequence[tuple[str, str]], numbers: str, switch: bool = False
) -> str:
    """One chart for each split, what they show, and the numbers."""
    button = tag("button", "Log scale", type="button", class_="log", aria_pressed="false") if switch else ""
    figures = "".join(
        tag("figure", (tag("figcaption", text(name)) if name else "") + drawing) for name, drawing in drawings
    )
    inner = (
        tag("h3", text(title))
        + tag("p", text(says))
        + button
        + tag("div", figures, class_="charts")
        + numbers
    )
    return tag("article", inner, class_="chart")


def parts_of(table: Table) -> Iterator[tuple[str, Table]]:
    """Each split of a table; the whole alone where there are none."""
    names = list(dict.fromkeys(table["split"].tolist()))
    for name in names[1:] or names:
        yield name or "all images", table.take(table["split"] == name)


def frequency(counted: Balance) -> Iterator[str]:
    whole = counted.categories.take(counted.categories["split"] == "")
    order = np.argsort(-whole["instances"], kind="stable")
    names, instances = whole["category"][order], whole["instances"][order]
    some = int((instances > 0).sum())
    rare = whole["category"][order][whole["frequency"][order] == "rare"].tolist()
    ratio, entropy = counted.imbalance_ratio, counted.entropy
    says = f"{some:,} of {len(names):,} categories have annotations; {names[0]!r} has most, {instances[0]:,}"
    says += (
        f", {ratio:,.0f} times as many as {names[some - 1]!r} with {instances[some - 1]:,}. "
        if some > 1
        else ". "
    )
    if some > 1:
        says += f"Evenness is {entropy:.2f} (1: all equal). "
    if ratio >= 50 or entropy < 0.6:
        says += "A model will learn the large ones first: weigh classes (the table has weights), repeat images of rare ones (repeat factors), merge what nobody needs apart, or collect more."
    elif rare:
        says += f"Rare (in 10 images or fewer): {', '.join(map(repr, rare[:5]))}{' and more' if len(rare) > 5 else ''}: collect more, or do not trust what is measured on them."
    else:
        says += "That is even enough to train on as it is."
    drawings = []
    for name, own in parts_of(counted.categories):
        count = own["instances"][order]
        shown = [str(each) for each in names[:MOST].tolist()], count[:MOST].tolist()
        if len(names) > MOST:
            shown = [*shown[0], f"{len(names) - MOST:,} others"], [*shown[1], int(count[MOST:].sum())]
        drawings.append((name, bars(f"Annotations a category, {name}", *shown, log=True)))
    yield chart("Annotations a category", says, drawings, "", switch=True)


def table(counted: Balance) -> str:
    """All numbers of the categories, as `annotool balance` has them."""
    return tag("article", tag("h3", "Every category in numbers") + tag(
        "p", "weight_inverse and weight_effective are class weights for a loss; repeat_factor says how often images of a "
        "category are drawn (LVIS). An empty split is the whole dataset.",
    ) + numbers("categories.csv", counted.categories), class_="chart")  # fmt: skip


def boxes_per_image(drawn: Distributions) -> Iterator[str]:
    whole = drawn.per_image.take(drawn.per_image["split"] == "")
    boxes, images = whole["boxes"], whole["images"]
    total = int(images.sum())
    middle = int(boxes[np.searchsorted(np.cumsum(images), total / 2)])
    empty = int(images[boxes == 0].sum())
    says = f"Half of the images have {middle:,} boxes or fewer, the fullest has {int(boxes.max()):,}. "
    says += f"{empty:,} of {total:,} images ({empty / total:.0%}) have none"
    says += (
        ": up to a tenth helps against false alarms; more should be meant."
        if empty
        else "; a few images of background help against false alarms."
    )
    edges = bins(int(boxes.max()))
    drawings = []
    for name, own in parts_of(drawn.per_image):
        place = np.searchsorted(edges, own["boxes"], side="right") - 1
        counts = np.bincount(place, weights=own["images"], minlength=len(edges)).astype(int)
        drawings.append((name, columns(f"Boxes an image, {name}", labels(edges), counts.tolist())))
    yield chart("Boxes an image", says, drawings, numbers("boxes-an-image.csv", drawn.per_image))


def bins(most: int) -> Array:
    """Whole numbers one by one while they fit, then ever wider."""
    if most <= 24:
        return np.arange(most + 1)
    wide = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000]
    return np.array([each for each in wide if each <= most])


def labels(edges: Array) -> list[str]:
    ends = [*(edges[1:] - 1).tolist(), None]
    return [
        str(a) if a == b else f"{a}+" if b is None else f"{a}-{b}"
        for a, b in zip(edges.tolist(), ends, strict=True)
    ]


def sizes(drawn: Distributions) -> Iterator[str]:
    whole = drawn.sides.take(drawn.sides["split"] == "")
    total = int(whole["boxes"].sum())
    if not total:
        return
    small, large = (int(whole["boxes"][whole["high"] <= edge].sum()) for edge in (32, 128))
    says = f"{small / total:.0%} of the boxes are small (a side under 32 px, as COCO counts), {1 - large / total:.0%} have a side of 128 px or more. "
    says += (
        "So many small ones want large input images, tiles, or a detector with a high-resolution level."
        if small / total > 0.4
        else "Usual input sizes will do."
    )
    yield chart(
        "Size: side of a square of the box's area, px",
        says,
        histograms(drawn.sides, "Size"),
        numbers("sizes.csv", drawn.sides),
    )
    aspect = drawn.aspects.take(drawn.aspects["split"] == "")
    long = int(aspect["boxes"][(aspect["high"] <= 0.25) | (aspect["low"] >= 4)].sum())
    says = (
        f"{long:,} boxes ({long / total:.1%}) are at least four times as wide as high, or as high as wide. "
    )
    says += (
        "Anchors and crops have to allow for that; look whether they are whole objects."
        if long / total > 0.02
        else "Nothing unusual."
    )
    yield chart(
        "Shape: width over height",
        says,
        histograms(drawn.aspects, "Shape"),
        numbers("shapes.csv", drawn.aspects),
    )


def histograms(held: Table, title: str) -> list[tuple[str, str]]:
    used = np.flatnonzero(held["boxes"][held["split"] == ""])  # of every split there are the same bins
    low, high = used[0], used[-1] + 1
    drawings = []
    for name, own in parts_of(held):
        names = [f"{each:.3g}" for each in own["low"][low:high].tolist()]
        drawings.append((name, columns(f"{title}, {name}", names, own["boxes"][low:high].tolist())))
    return drawings


def places(drawn: Distributions) -> Iterator[str]:
    held = drawn.centres.take(drawn.centres["split"] == "")
    total = int(held["boxes"].sum())
    if not total:
        return
    middle = (abs(held["row"] - (GRID - 1) / 2) < GRID / 4) & (
        abs(held["column"] - (GRID - 1) / 2) < GRID / 4
    )
    share = int(held["boxes"][middle].sum()) / total
    says = f"{share:.0%} of the boxes have their centre in the middle quarter of the image (even would be 25 %). "
    says += (
        "A model may learn that objects are in the middle: shift and crop in training."
        if share > 0.6
        else "Boxes lie all over the images."
    )
    names, counts = np.unique(held["category"].astype(str), return_inverse=True)
    sums = np.bincount(counts.reshape(-1), weights=held["boxes"])
    drawings = [("all categories", heat("Where centres lie, all categories", cells(held), GRID))]
    for at in np.argsort(-sums, kind="stable")[:CLASSES_WITH_A_MAP].tolist() if len(names) > 1 else []:
        own = held.take(counts.reshape(-1) == at)
        drawings.append((str(names[at]), heat(f"Where centres lie, {names[at]}", cells(own), GRID)))
    yield chart("Where boxes lie", says, drawings, numbers("centres.csv", held))


def cells(held: Table) -> list[tuple[int, int, int]]:
    place = held["row"] * GRID + held["column"]
    sums = np.bincount(place, weights=held["boxes"], minlength=GRID * GRID).astype(int)
    return [(at // GRID, at % GRID, int(sums[at])) for at in np.flatnonzero(sums).tolist()]


def resized(drawn: Distributions) -> Iterator[str]:
    if not drawn.judged["resized"][0]:
        return
    whole = drawn.resized.take(drawn.resized["split"] == "")
    at = (whole["size"] == SMALL_AT) & (whole["limit"] == SMALL_BELOW)
    share = float(whole["share"][at][0])
    says = (
        f"With images resized to {SMALL_AT} px, {share:.1%} of the boxes have a side under {SMALL_BELOW} px. "
    )
    says += (
        "Most detectors lose those: train on larger images or on tiles."
        if share > 0.05
        else "Little is lost by resizing."
    )
    drawings = []
    for name, own in parts_of(drawn.resized):
        names = [
            f"{size} px: under {limit}"
            for size, limit in zip(own["size"].tolist(), own["limit"].tolist(), strict=True)
        ]
        drawings.append(
            (name, bars(f"Boxes by their shorter side after resizing, {name}", names, own["boxes"].tolist()))
        )
    yield chart("What resizing leaves", says, drawings, numbers("resized.csv", drawn.resized))


def numbers(name: str, held: Table) -> str:
    return download(
        name, list(held), zip(*(map(short, held[column].tolist()) for column in held), strict=True)
    )


def short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
