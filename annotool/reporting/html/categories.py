"""Charts of the categories: how many annotations and images each has, which have too little, and what weighs against it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from annotool.metrics.balance import Balance
from annotool.metrics.scarcity import FEW, LIMITS, SHARE
from annotool.metrics.weights import BETA, REPEAT_BELOW
from annotool.reporting.html.article import article, named, numbers, parts_of
from annotool.reporting.html.charts import bars
from annotool.table import Array, Table

__all__ = ["agreement", "frequency", "images", "scarce", "weights"]

MOST, FIRST, LAST = 40, 30, 10  # categories in a chart: all, or of more the first and the last
APART = 0.05  # of shares in two splits


def whole_of(counted: Balance) -> Table:
    """The categories over all splits, largest first."""
    whole = counted.categories.take(counted.categories["split"] == "")
    return whole.take(np.argsort(-whole["instances"], kind="stable"))


def what_of(counted: Balance) -> str:
    return "labels" if counted.labels else "annotations"


def frequency(counted: Balance) -> str:
    """Annotations a category."""
    whole, what = whole_of(counted), what_of(counted)
    names, count = whole["category"].tolist(), whole["instances"]
    some = int((count > 0).sum())
    says = f"{some:,} of {len(names):,} categories have {what}; {named(names[:1])} has most, {count[0]:,}"
    even = some > 1 and count[0] == count[some - 1]
    if even:
        says = f"{some:,} of {len(names):,} categories have {what}, {count[0]:,} each"
    if len(names) == 1:
        says = f"{named(names)} has {count[0]:,} {what}"
    if some == 1:
        says += (
            ". With one category there is nothing to be balanced; what counts is how varied its images are."
        )
    else:
        least = f"{named(names[some - 1 : some])} with {count[some - 1]:,}"
        says += "" if even else f", {counted.imbalance_ratio:,.1f} times as many as {least}"
        says += f". Together they are as varied as {counted.splits['effective_categories'][0]:,.1f} categories of equal size. "
        says += (
            "A model will learn the large ones first: weigh categories or repeat images of rare ones (numbers below), "
            "merge what nobody needs apart, or collect more."
            if counted.imbalance_ratio >= 50 or counted.entropy < 0.6
            else "That is even enough to train on, but for the rare ones below."
            if (whole["frequency"] == "rare").any()
            else "That is even enough to train on as it is."
        )
    if counted.unused:
        says += f" Without any: {named(counted.unused)}; collect some, or take them off the list, or a model has outputs that never learn."
    columns = ["split", "category", "instances", "share"]
    return article(
        f"{what.capitalize()} a category", says, drawn(counted, "instances", f"{what.capitalize()} a category", log=True),
        numbers(f"{what}.csv", picked(counted.categories, columns)), switch=True,
    )  # fmt: skip


def images(counted: Balance) -> str:
    """Images a category, and which of them LVIS calls rare."""
    whole = whole_of(counted)
    total, bins = int(counted.splits["images"][0]), whole["frequency"]
    rare = whole["category"][bins == "rare"].tolist()
    top = int(np.argmax(whole["images"]))
    says = (
        f"{named([whole['category'][top]])} is in {whole['images'][top]:,} of {total:,} images. As LVIS counts, "
        f"rare (in 10 images or fewer) are {len(rare):,}, common (in 100 or fewer) {int((bins == 'common').sum()):,}, "
        f"frequent {int((bins == 'frequent').sum()):,}. "
    )
    if rare:
        says += f"Rare: {named(rare)}. Collect more, or do not trust what is measured on them."
    else:
        says += "None is so rare that a measurement on it says nothing."
    columns = ["split", "category", "images", "per_image", "frequency"]
    return article(
        "Images a category", says, drawn(counted, "images", "Images a category", log=True),
        numbers("images.csv", picked(counted.categories, columns)), switch=True,
    )  # fmt: skip


def scarce(counted: Balance) -> str:
    """How many categories are below which threshold, and which."""
    held, k = counted.scarce, len(counted.categories) // len(counted.splits)
    what, under = what_of(counted), {few: below(held, "annotations", few, "") for few in FEW}
    least = next(
        (few for few in FEW if under[few]), None
    )  # who is under ten is under a hundred too: named once
    told = [
        f"{len(mine):,} of {k:,} under {few:,}" + (f" ({named(mine)})" if few == least else "")
        for few, mine in under.items()
    ]
    says = f"By {what}: {'; '.join(told)}. "
    drowned = below(held, "share", SHARE, "")
    says += f"{len(drowned):,} make up less than 1 % of all {what}" + (
        f" ({named(drowned)}). " if drowned else ". "
    )
    if under[FEW[0]]:
        says += "Under ten cannot be learned nor measured: collect more, merge them, or leave them out."
    elif under[FEW[1]]:
        says += (
            "Under a hundred: repeat their images, weigh them, or collect more before anything else is tuned."
        )
    else:
        says += "There is enough of each to begin with."
    names = [f"under {few:,}" for few in FEW] + ["under 1 %"]
    drawings = []
    for split, _ in parts_of(counted.categories):
        own = "" if split == "all images" and len(counted.splits) == 1 else split
        counts = [len(below(held, measure, limit, own)) for measure, limit in LIMITS]
        drawings.append((split, bars(f"Categories with few {what}, {split}", names, counts, most=k)))
    return article(f"Categories with few {what}", says, drawings, numbers("scarce.csv", held))


def below(held: Table, measure: str, limit: float, split: str) -> list[str]:
    """Names below a threshold, least first."""
    mine = held.take((held["measure"] == measure) & (held["below"] == limit) & (held["split"] == split))
    return [str(each) for each in mine["category"][np.argsort(mine["value"], kind="stable")].tolist()]


def weights(counted: Balance) -> str:
    """What a loss or a sampler is told, of the split that is trained on."""
    split = "train" if "train" in counted.splits["split"].tolist() else ""
    own = counted.categories.take(counted.categories["split"] == split)
    own = own.take(np.argsort(-own["instances"], kind="stable"))
    own = own.take(own["instances"] > 0)
    inverse, effective, repeat = (
        own[name] for name in ("weight_inverse", "weight_effective", "repeat_factor")
    )
    of = f"of {split}" if split else "of all images"
    says = f"Numbers {of}, in the order of the first chart. "
    if len(own) > 1:
        says += (
            f"As weights of a loss: by inverse frequency {named([own['category'][-1]])} weighs {inverse[-1] / inverse[0]:,.1f} times what "
            f"{named([own['category'][0]])} does, by the effective number of Cui et al. (beta {BETA:g}) {effective[-1] / effective[0]:,.1f} times; "
            "begin with the milder ones. "
        )
    often = int((repeat > 1).sum())
    says += (
        "It has nothing to weigh."
        if not len(own)
        else f"As a sampler: LVIS' repeat factors (t = {REPEAT_BELOW:g}) draw images of {often:,} categories more often, up to {repeat.max():,.1f} times."
        if often
        else f"Repeat factors are all 1: every category is in more than {REPEAT_BELOW:.1%} of the images, and sampling need not help."
    )
    names = [str(each) for each in own["category"].tolist()]
    drawings = [
        (label, row_of_bars(f"{label}, {split or 'all images'}", names, values, weight))
        for label, values in (
            ("inverse frequency", inverse),
            ("effective number", effective),
            ("repeat factor", repeat),
        )
    ]
    return article(
        "Weights and repeat factors", says, drawings, numbers("categories.csv", counted.categories)
    )


def drawn(counted: Balance, column: str, title: str, *, log: bool) -> list[tuple[str, str]]:
    """A chart a split, all in the order of the whole."""
    whole = counted.categories.take(counted.categories["split"] == "")
    order = np.argsort(-whole["instances"], kind="stable")
    drawings = []
    for name, own in parts_of(counted.categories):
        held = own.take(order)
        names = [str(each) for each in held["category"].tolist()]
        drawings.append((name, row_of_bars(f"{title}, {name}", names, held[column], "{:,}".format, log=log)))
    return drawings


def row_of_bars(
    title: str, names: list[str], values: Array, form: Callable[[float], str], *, log: bool = False
) -> str:
    """Bars of all categories, or of many the first and the last."""
    places: list[int | None] = list(range(len(names)))
    if len(names) > MOST:
        places = [*range(FIRST), None, *range(len(names) - LAST, len(names))]
    gap = f"… {len(names) - FIRST - LAST:,} more: in the numbers …"
    return bars(
        title,
        [gap if at is None else names[at] for at in places],
        [None if at is None else values[at].item() for at in places],
        shown=["" if at is None else form(values[at].item()) for at in places],
        log=log,
    )


def weight(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def picked(held: Table, columns: list[str]) -> Table:
    return Table({name: held[name] for name in columns})


def agreement(counted: Balance) -> str:
    """Whether the splits hold the categories in the same shares."""
    held, totals = counted.categories, counted.splits
    some = [
        name
        for name, n in zip(totals["split"].tolist(), totals["instances"].tolist(), strict=True)
        if name and n
    ]
    if len(some) < 2:
        return ""
    shares = np.stack([held["share"][held["split"] == name] for name in some])
    apart = shares.max(axis=0) - shares.min(axis=0)
    at = int(apart.argmax())
    low, high = int(shares[:, at].argmin()), int(shares[:, at].argmax())
    name = named([held["category"][held["split"] == some[0]][at]])
    if not apart[at]:
        return "They hold the categories in equal shares."
    told = f"{shares[low, at]:.1%} of {some[low]} and {shares[high, at]:.1%} of {some[high]}"
    if apart[at] < APART:
        return f"They hold the categories in the same shares: the widest apart is {name} with {told}."
    return f"They do not hold the categories in the same shares: {name} is {told}. What is measured on one will not hold on the other; draw the splits anew."
