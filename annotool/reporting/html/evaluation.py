"""The page of an evaluation: its numbers, then charts of categories, curves, mistakes, parts and trust, each with what it shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotool.metrics.evaluation import BACKGROUND, Evaluation
from annotool.reporting.html.article import article, named, numbers
from annotool.reporting.html.charts import bars, curves, matrix
from annotool.reporting.html.markup import tag, text
from annotool.reporting.html.shell import page
from annotool.table import Table
from annotool.wording import plural

__all__ = ["lines"]

MOST = 40  # categories in a chart of bars: the best and the worst of more
CURVES, CELLS = 12, 24  # categories with a curve, and in the confusion matrix
TILES = {
    "detection": (("AP", "AP", "mean over IoU .5 to .95"), ("AP50", "AP50", "at IoU .5"), ("AR100", "AR", "of 100 an image"),
                  ("VOC", "VOC AP", "at IoU .5")),
    "classification": (("accuracy", "accuracy", "images guessed right"), ("macro_F1", "macro F1", "mean over categories"),
                       ("macro_AUC", "macro AUC", "does the label score above others"), ("ECE", "ECE", "how far scores are from the truth")),
}  # fmt: skip
SCORE = {"detection": "AP", "classification": "F1"}
COUNTED = {"detection": "objects", "classification": "images"}


def lines(told: Evaluation) -> Iterator[str]:
    """Yield the page."""
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.settings.items())
    head = tag("h1", f"Evaluation: {told.task}") + tag("p", text(f"{told.counted} ({settings})"))
    return page("evaluation", head + tiles(told), main(told))


def tiles(told: Evaluation) -> str:
    return tag(
        "div",
        [
            tag("div", tag("b", shown(told.numbers[name])) + tag("span", word) + tag("small", why))
            for name, word, why in TILES[told.task]
            if name in told.numbers
        ],
        class_="tiles",
    )


def shown(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"


def main(told: Evaluation) -> Iterator[str]:
    yield tag("section", [part(told) for part in PARTS], id="charts")
    rows = Table(
        {"number": np.array([*told.numbers], dtype=object), "value": np.array([*told.numbers.values()])}
    )
    notes = tag("ul", (tag("li", text(each)) for each in told.notes)) if told.notes else ""
    yield tag("section", tag("h2", "All numbers") + numbers("numbers.csv", rows) + notes, id="numbers")


def categories(told: Evaluation) -> str:
    """How well each category is found, the best first."""
    held, name = told.tables["categories"], SCORE[told.task]
    known = held.take(np.flatnonzero(~np.isnan(held[name])))
    if not len(known):
        return ""
    known = known.take(np.argsort(-known[name], kind="stable"))
    names, values = known["category"].tolist(), known[name].tolist()
    low = [each for each, value in zip(names, values, strict=True) if value < values[0] / 2]
    says = f"{named(names[:1])} is known best, with {name} {shown(values[0])}"
    if len(names) > 1:
        says += f", {named(names[-1:])} least, with {shown(values[-1])}"
    says += (
        f". Less than half of the best have {named(low[::-1])}: look at their mistakes below, then at how many examples they have."
        if low
        else "."
    )
    if len(names) > MOST:
        names = [*names[: MOST // 2], f"… {len(names) - MOST:,} more …", *names[-MOST // 2 :]]
        values = [*values[: MOST // 2], None, *values[-MOST // 2 :]]
    drawing = bars(
        f"{name} a category", names, values, shown=["" if v is None else shown(v) for v in values], most=1
    )
    return article(f"{name} a category", says, [("", drawing)], numbers("categories.csv", held))


def shapes(told: Evaluation) -> str:
    """Precision by recall of detections, ROC of labels: the categories with most examples."""
    held, rows = told.tables.get("curves"), told.tables["categories"]
    if held is None or not len(held):
        return ""
    order = rows["category"][np.argsort(-rows[COUNTED[told.task]], kind="stable")].tolist()
    there = set(held["category"].tolist())
    first = [each for each in order if each in there][:CURVES]
    detection = told.task == "detection"
    drawings = []
    for name in first:
        own = held.take(held["category"] == name)
        series = (
            [(label, own["recall"].tolist(), own[column].tolist()) for label, column in
             (("IoU .5", "precision50"), ("IoU .75", "precision75"), ("mean", "precision"))]
            if detection else [("", own["fpr"].tolist(), own["tpr"].tolist())]
        )  # fmt: skip
        title = f"{'Precision by recall' if detection else 'ROC'}: {name}"
        axes = ("recall", "precision") if detection else ("false positives", "true positives")
        drawings.append((name, curves(title, series, axes, diagonal=not detection)))
    says = (
        "How many of the answers are right (up) by how many of the objects are found (right): the full line at IoU .5, the dashed one "
        "at .75, the dotted one the mean. A line that falls early has mistakes among its surest answers."
        if detection
        else "Images with the label that are found (up) by those without it that are taken for it (right): the nearer to the upper left "
        "corner the better, the diagonal is chance."
    )
    if len(there) > len(first):
        says += f" Shown: the {len(first)} categories with most {COUNTED[told.task]}; the numbers hold all {len(there):,}."
    return article(
        "Precision and recall" if detection else "ROC", says, drawings, numbers("curves.csv", held)
    )


def confusion(told: Evaluation) -> str:
    """Which categories are taken for which."""
    held = told.tables.get("confusion")
    if held is None or not len(held):
        return ""
    off = held.take(np.flatnonzero(held["truth"] != held["predicted"]))
    mixed = off.take(np.flatnonzero((off["truth"] != BACKGROUND) & (off["predicted"] != BACKGROUND)))
    says = "No category is taken for another."
    if len(mixed):
        top = int(np.argmax(mixed["count"]))
        says = (
            f"Most often {named([mixed['truth'][top]])} is taken for {named([mixed['predicted'][top]])}: {plural(int(mixed['count'][top]), 'time')}. "
            "Where two are often mixed up, compare how they are labelled before blaming the model."
        )
    names = confused(held, told.tables["categories"]["category"].tolist())
    if len(names) < len(set(held["truth"].tolist()) | set(held["predicted"].tolist())):
        says += f" Shown: the {len(names)} with most mistakes; the numbers hold all."
    place = {name: at for at, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for truth, predicted, count in zip(
        *(held[each].tolist() for each in ("truth", "predicted", "count")), strict=True
    ):
        if truth in place and predicted in place:
            counts[place[truth], place[predicted]] = count
    drawing = matrix("Truth by row, prediction by column", names, counts.tolist())
    return article(
        "Taken for another",
        says,
        [("truth by row, prediction by column", drawing)],
        numbers("confusion.csv", held),
    )


def confused(held: Table, order: list[str]) -> list[str]:
    """The names of a confusion matrix in the order of the categories; of many those with most mistakes."""
    there = list(dict.fromkeys([*order, BACKGROUND]))
    used = set(held["truth"].tolist()) | set(held["predicted"].tolist())
    names = [each for each in there if each in used]
    if len(names) <= CELLS:
        return names
    wrong = np.where(held["truth"] == held["predicted"], 0, held["count"])
    made = {name: int(wrong[(held["truth"] == name) | (held["predicted"] == name)].sum()) for name in names}
    kept = set(sorted(names, key=lambda name: -made[name])[:CELLS])
    return [each for each in names if each in kept]


def mistakes(told: Evaluation) -> str:
    """What kinds of mistakes there are, and what AP would be without."""
    held = told.tables.get("errors")
    if held is None or not len(held):
        return ""
    gain = np.nan_to_num(held["dAP"], nan=0.0)
    kinds = held["error"].tolist()
    own = [at for at, kind in enumerate(kinds) if kind not in ("wrong", "not found")]
    top = max(own, key=lambda at: gain[at], default=0)
    says = (
        f"Were there no mistakes of the kind {kinds[top]!r}, AP at IoU .5 would rise by {gain[top]:.3f}: mend these first. "
        "The kinds are TIDE's; the last two rows take all wrong answers, or all objects not found, together."
    )
    if not gain.any():
        says = "No kind of mistake costs anything: without any of them AP would be the same."
    told_ = [
        f"{count:,}, {value:.3f}" for count, value in zip(held["count"].tolist(), gain.tolist(), strict=True)
    ]
    drawing = bars(
        "AP that a kind of mistake costs", kinds, gain.tolist(), shown=told_, most=max(gain.max(), 1e-9)
    )
    return article(
        "Kinds of mistakes",
        says,
        [("how many, and what AP would gain", drawing)],
        numbers("mistakes.csv", held),
    )


def slices(told: Evaluation) -> str:
    """AP of parts: sizes, rare and frequent categories, splits, images with and without findings."""
    held = told.tables.get("slices")
    if held is None or not len(held):
        return ""
    drawings = []
    for name in dict.fromkeys(held["slice"].tolist()):
        own = held.take(held["slice"] == name)
        values: list[float | None] = [None if each != each else each for each in own["AP"].tolist()]
        names = [
            part if value is not None else f"{part}: not defined"
            for part, value in zip(own["part"].tolist(), values, strict=True)
        ]
        label = ["" if each is None else shown(each) for each in values]
        drawings.append((name, bars(f"AP by {name}", names, values, shown=label, most=1)))
    says = "AP of parts of the dataset. Where one part falls far behind, it is that part which needs more examples, or better labels."
    return article("By part", says, drawings, numbers("parts.csv", held))


def trust(told: Evaluation) -> str:
    """Whether a score says how often the guess is right."""
    held = told.tables.get("reliability")
    if held is None or not len(held):
        return ""
    own = held.take(held["bins"] == "width")
    over = float((own["count"] * (own["score"] - own["right"])).sum() / max(own["count"].sum(), 1))
    word = (
        "too sure of itself"
        if over > 0.01
        else "less sure than it may be"
        if over < -0.01
        else "as sure as it may be"
    )
    says = (
        f"The model is {word}: its scores are {abs(over):.3f} {'above' if over > 0 else 'below'} the share of right answers on average "
        f"(ECE {shown(told.numbers['ECE'])}). On the diagonal a score of .8 is right eight times in ten."
    )
    drawing = curves(
        "Right answers by score",
        [("", own["score"].tolist(), own["right"].tolist())],
        ("score", "share right"),
        diagonal=True,
        dots=True,
    )
    return article("Can the scores be trusted", says, [("", drawing)], numbers("reliability.csv", held))


PARTS = (categories, shapes, confusion, mistakes, slices, trust)
