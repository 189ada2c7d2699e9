"""Charts of the boxes: how many an image, how large, how long, where, and what resizing leaves of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.metrics.distributions import GRID, RESIZED, Distributions
from annotool.reporting.html.article import article, numbers, parts_of
from annotool.reporting.html.charts import bars, columns, heat
from annotool.reporting.html.markup import data_json, rows_apart, tag, text
from annotool.table import Array, Table
from annotool.wording import plural

__all__ = ["charts"]

MAPS = 100  # categories whose places can be chosen: each is 256 numbers a split
SMALL_AT, SMALL_BELOW = 640, 8  # px
WIDE = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000)  # boxes an image


def charts(drawn: Distributions) -> Iterator[str]:
    """Yield an article a chart; none where no box can be judged."""
    if drawn.judged["boxes"][0]:
        yield an_image(drawn)
        if drawn.judged["sides"][0]:
            yield sizes(drawn)
            yield shapes(drawn)
        if len(drawn.centres):
            yield places(drawn)
        if drawn.judged["resized"][0]:
            yield resized(drawn)


def whole_of(held: Table) -> Table:
    return held.take(held["split"] == "")


def an_image(drawn: Distributions) -> str:
    """Boxes an image."""
    whole = whole_of(drawn.per_image)
    boxes, images = whole["boxes"], whole["images"]
    total = int(images.sum())
    middle = int(boxes[np.searchsorted(np.cumsum(images), total / 2)])
    empty = int(images[boxes == 0].sum())
    says = f"Half of the images have {plural(middle, 'box')} or fewer, the fullest has {int(boxes.max()):,}. "
    if not empty:
        says += "None is empty; a few images of background help against false alarms."
    elif empty / total > 0.1:
        says += f"{empty:,} of {total:,} ({empty / total:.0%}) have none: look whether that is meant, or whether they still wait for their labels."
    else:
        says += f"{empty:,} of {total:,} ({empty / total:.1%}) have none, which helps against false alarms if it is meant."
    edges = bins(int(boxes.max()))
    drawings = []
    for name, own in parts_of(drawn.per_image):
        place = np.searchsorted(edges, own["boxes"], side="right") - 1
        counts = np.bincount(place, weights=own["images"], minlength=len(edges)).astype(int)
        drawings.append((name, columns(f"Images by their boxes, {name}", labels(edges), counts.tolist())))
    return article("Boxes an image", says, drawings, numbers("boxes-an-image.csv", drawn.per_image))


def bins(most: int) -> Array:
    """Whole numbers one by one while they fit, then ever wider."""
    return np.arange(most + 1) if most <= 15 else np.array([each for each in WIDE if each <= most])


def labels(edges: Array) -> list[str]:
    ends = [*(edges[1:] - 1).tolist(), int(edges[-1]) if len(edges) <= 16 and edges[-1] <= 15 else None]
    return [
        str(a) if a == b else f"{a:,}+" if b is None else f"{a}–{b}"
        for a, b in zip(edges.tolist(), ends, strict=True)
    ]


def sizes(drawn: Distributions) -> str:
    """The side of a square of the box's area."""
    whole = whole_of(drawn.sides)
    total = int(whole["boxes"].sum())
    small, below = (int(whole["boxes"][whole["high"] <= edge].sum()) for edge in (32, 128))
    says = (
        f"{small / total:.0%} of the boxes are small as COCO counts (less area than 32 x 32 px), {1 - below / total:.0%} have "
        "the area of 128 x 128 px or more. "
    )
    says += (
        "So many small ones want large input images, tiles, or a detector with a level of high resolution."
        if small / total > 0.4
        else "Usual input sizes will do."
    )
    return article(
        "Size: side of a square of the box's area, px", says, histograms(drawn.sides, "Boxes by size"), numbers("sizes.csv", drawn.sides)
    )  # fmt: skip


def shapes(drawn: Distributions) -> str:
    """Width over height."""
    aspect = whole_of(drawn.aspects)
    total = int(aspect["boxes"].sum())
    long = int(aspect["boxes"][(aspect["high"] <= 0.25) | (aspect["low"] >= 4)].sum())
    upright = int(aspect["boxes"][aspect["high"] <= 1].sum())
    says = f"{upright / total:.0%} of the boxes are taller than wide; {long:,} ({long / total:.1%}) are more than four times as long one way as the other. "
    says += (
        "Anchors, crops and rotations have to allow for such long ones; look whether they are whole objects."
        if long / total > 0.02
        else "Nothing that anchors or crops would stumble over."
    )
    return article(
        "Shape: width over height",
        says,
        histograms(drawn.aspects, "Boxes by shape"),
        numbers("shapes.csv", drawn.aspects),
    )


def histograms(held: Table, title: str) -> list[tuple[str, str]]:
    """A column a bin, from the first to the last that is used in any split, and at least five."""
    used = np.flatnonzero(whole_of(held)["boxes"])
    size = len(whole_of(held))
    low, high = max(min(used[0], size - 5), 0), used[-1] + 1
    while high - low < 5:
        low, high = max(low - 1, 0), min(high + 1, size)
    drawings = []
    for name, own in parts_of(held):
        names = [f"{each:.3g}" if each < 100 else f"{each:,.0f}" for each in own["low"][low:high].tolist()]
        counts = own["boxes"][low:high].tolist()
        drawings.append((name, columns(f"{title}, {name}", names, counts, edges=True)))
    return drawings


def places(drawn: Distributions) -> str:
    """Where centres lie: a map a split, of all categories or the one that is chosen."""
    held = whole_of(drawn.centres)
    total = int(held["boxes"].sum())
    off = (GRID - 1) / 2
    middle = (abs(held["row"] - off) < GRID / 4) & (abs(held["column"] - off) < GRID / 4)
    share = int(held["boxes"][middle].sum()) / total
    lower = int(held["boxes"][held["row"] >= GRID / 2].sum()) / total
    says = f"{share:.0%} of the boxes have their centre in the middle quarter of the image, {lower:.0%} in its lower half (all over would be 25 % and 50 %). "
    if share > 0.6:
        says += "A model may learn that objects are in the middle: shift and crop in training."
    elif max(lower, 1 - lower) > 0.75:
        says += "A model may learn that objects are in that half: flip or shift in training, where the scene allows."
    else:
        says += "Nothing that a model could take for a rule."
    names = largest(held)
    splits = [name for name, _ in parts_of(drawn.centres)]
    if len(names) > MAPS:
        says += f" The {MAPS} largest of {len(names):,} categories can be chosen."
    counts = rasters(drawn.centres, names[:MAPS])
    drawings = [
        (name, heat(f"Where centres lie, all categories, {name}", own, GRID))
        for name, own in zip(splits, counts[0], strict=True)
    ]
    shown = ["all categories", *names[:MAPS]]
    kept = {"grid": GRID, "splits": splits, "categories": shown, "counts": counts}
    options = "".join(tag("option", text(each), value=at) for at, each in enumerate(shown))
    choice = (
        tag("label", "category" + tag("select", options, class_="map"), class_="choice")
        if len(names) > 1
        else ""
    )
    return article(
        "Where boxes lie", says, drawings, data_json("centres", kept) + rows_apart("centres.csv", "centres"), choice=choice
    )  # fmt: skip


def largest(held: Table) -> list[str]:
    """Names of the categories that have boxes, largest first."""
    names, which = np.unique(held["category"].astype(str), return_inverse=True)
    sums = np.bincount(which.reshape(-1), weights=held["boxes"]).astype(int)
    order = np.argsort(-sums, kind="stable")
    return [str(each) for each in names[order].tolist()]


def rasters(centres: Table, names: list[str]) -> list[list[list[int]]]:
    """Boxes by category (all first), split and cell, row by row."""
    parts = [own for _, own in parts_of(centres)]
    found = []
    for own in parts:
        cell = own["row"] * GRID + own["column"]
        place = {name: at for at, name in enumerate(names)}
        category = np.array(
            [place.get(each, len(names)) for each in own["category"].tolist()], dtype=np.int64
        )
        flat = np.bincount(
            category * GRID**2 + cell, weights=own["boxes"], minlength=(len(names) + 1) * GRID**2
        ).astype(int)
        each = flat.reshape(len(names) + 1, GRID**2)
        found.append(np.concatenate([each.sum(axis=0)[None], each[:-1]]))
    return [list(of_category) for of_category in np.stack(found, axis=1).tolist()]


def resized(drawn: Distributions) -> str:
    """Shares of boxes that a model sees smaller than some limits."""
    whole = whole_of(drawn.resized)

    def share(size: int) -> float:
        return float(whole["share"][(whole["size"] == size) & (whole["limit"] == SMALL_BELOW)][0])

    told = ", ".join(f"{share(size):.1%} at {size:,}" for size in RESIZED)
    says = f"Boxes with a side under {SMALL_BELOW} px when images are resized to so many px: {told}. "
    if share(SMALL_AT) <= 0.05:
        says += f"Little is lost at {SMALL_AT} px."
    elif share(RESIZED[-1]) <= share(SMALL_AT) / 2:
        says += f"Most detectors lose those: train at {RESIZED[-1]:,} px, which keeps over half of them, or on tiles."
    else:
        says += "Most detectors lose those, and larger images alone do not mend it: train on tiles."
    most = float(drawn.resized["share"].max())
    drawings = []
    for name, own in parts_of(drawn.resized):
        order = np.lexsort((own["size"], own["limit"]))
        rows = own.take(order)
        names = [
            f"<{limit} px at {size:,}"
            for size, limit in zip(rows["size"].tolist(), rows["limit"].tolist(), strict=True)
        ]
        shares = rows["share"].tolist()
        shown = [f"{each:.1%}" for each in shares]
        drawings.append(
            (
                name,
                bars(
                    f"Share of small boxes after resizing, {name}",
                    names,
                    shares,
                    shown=shown,
                    most=max(most, 0.01),
                ),
            )
        )
    return article("What resizing leaves", says, drawings, numbers("resized.csv", drawn.resized))
