"""Charts as inline SVG. Each takes numbers and returns a figure; none knows where they come from."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from annotool.reporting.html.markup import tag, text

__all__ = ["bars", "columns", "curves", "heat", "matrix"]

ROW, GAP, NAME, WIDE = 18, 4, 116, 380
COUNT = 62  # room for a number beside a bar
TALL, HEAD = 110, 14
LETTER, ROOM = (
    11,
    10,
)  # px of a letter's height; so many heights has a name in a chart, and the whole stands in its title


def bars(
    title: str,
    names: Sequence[str],
    counts: Sequence[float | None],
    *,
    shown: Sequence[str] | None = None,
    most: float | None = None,
    log: bool = False,
) -> str:
    """A horizontal bar a name; with `log` a second width for the page's log switch.

    `shown` stands beside the bars in place of the counts; `most` is what fills the width, the largest count unless said.
    A count that is None has no bar, and its name the whole row.
    """
    full = max(most or 0, *(each for each in counts if each is not None), 1e-12) if counts else 1
    room, parts = WIDE - NAME - COUNT, []
    for at, (name, count) in enumerate(zip(names, counts, strict=True)):
        y = at * (ROW + GAP)
        if count is None:
            parts.append(tag("text", text(name), x=NAME, y=y + 13, class_="gap"))
            continue
        linear, steep = (room * part for part in (count / full, math.log1p(count) / math.log1p(full)))
        told = shown[at] if shown else f"{count:,}"
        parts += [
            "<g>",
            tag("title", f"{text(name)}: {text(told)}"),
            tag("text", text(cut(name)), x=NAME - 6, y=y + 13, class_="name"),
            tag(
                "rect", x=NAME, y=y, height=ROW, width=f"{linear:.1f}",
                data_linear=f"{linear:.1f}" if log else None, data_log=f"{steep:.1f}" if log else None,
            ),
            tag(
                "text", text(told), x=f"{NAME + linear + 5:.1f}", y=y + 13, class_="count",
                data_linear=f"{NAME + linear + 5:.1f}" if log else None,
                data_log=f"{NAME + steep + 5:.1f}" if log else None,
            ),
            "</g>",
        ]  # fmt: skip
    return drawn(title, WIDE, max(len(names) * (ROW + GAP), ROW), parts)


def cut(name: str) -> str:
    """A long name without its middle: names of one dataset often begin, or end, alike."""
    if width(name) <= ROOM:
        return name
    halves = (f"{name[:half].rstrip()}…{name[-half:].lstrip()}" for half in range(3 * ROOM, 1, -1))
    return next((each for each in halves if width(each) <= ROOM), f"{name[0]}…{name[-1]}")


def width(name: str) -> float:
    """How wide a text is in a broad font, in its height."""
    if len(name) > 8 * ROOM:
        return float(len(name))
    return sum(
        1.05 if each in "mMW%@…" or unicodedata.east_asian_width(each) in "WF"
        else 0.42 if each in "ijlt.,:;'|![](){} frI-/"
        else 0.78 if each.isupper() or each == "w"
        else 0.64
        for each in name
    )  # fmt: skip


def columns(title: str, labels: Sequence[str], counts: Sequence[float], *, edges: bool = False) -> str:
    """A column a bin, with every label that has room; with `edges` a label stands where its bin begins."""
    n, most = max(len(counts), 1), max([*counts, 1])
    step = WIDE / n
    every = max(1, math.ceil((max([len(each) for each in labels], default=1) * 6.5 + 4) / step))
    fits = max([len(f"{each:,}") for each in counts], default=0) * 6.2 < step
    parts = []
    for at, (label, count) in enumerate(zip(labels, counts, strict=True)):
        height = TALL * count / most
        left, told = at * step, f"{count:,}"
        parts += [
            "<g>",
            tag("title", f"{text(label)}: {told}"),
            tag("rect", x=f"{left + 1:.1f}", y=f"{HEAD + TALL - height:.1f}", width=f"{max(step - 2, 1):.1f}", height=f"{height:.1f}"),
        ]  # fmt: skip
        if count and fits:
            parts.append(
                tag(
                    "text",
                    told,
                    x=f"{left + step / 2:.1f}",
                    y=f"{HEAD + TALL - height - 3:.1f}",
                    class_="tick",
                )
            )
        if at % every == 0:
            middle = left if edges else left + step / 2
            parts.append(
                tag(
                    "text",
                    text(label),
                    x=f"{middle:.1f}",
                    y=HEAD + TALL + 14,
                    class_="tick" if middle else "count",
                )
            )
        parts.append("</g>")
    parts.append(tag("line", x1=0, x2=WIDE, y1=HEAD + TALL, y2=HEAD + TALL))
    return drawn(title, WIDE, HEAD + TALL + 20, parts)


def heat(title: str, counts: Sequence[int], grid: int) -> str:
    """A raster of grid x grid counts, row by row, darker for more; `shade` is what the page's script does too."""
    side, most = 12, max([*counts, 1])
    parts = [tag("rect", x=0, y=0, width=grid * side, height=grid * side, class_="ground")]
    parts += [
        tag(
            "rect", tag("title", f"{count:,}"), x=at % grid * side, y=at // grid * side, width=side, height=side,
            fill_opacity=shade(count, most),
        )
        for at, count in enumerate(counts)
    ]  # fmt: skip
    return drawn(title, grid * side, grid * side, parts, "heat")


def curves(
    title: str,
    series: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    axes: tuple[str, str],
    *,
    diagonal: bool = False,
    dots: bool = False,
) -> str:
    """Lines in the unit square, y up, each (name, x, y) float; the first full, the second dashed, the third dotted.

    `diagonal`: with the line on which x is y; `dots`: the points stand out."""
    side, left, below = 150, 30, 30
    parts = [tag("rect", x=left, y=4, width=side, height=side, class_="ground")]
    if diagonal:
        parts.append(tag("line", x1=left, y1=4 + side, x2=left + side, y2=4, class_="diagonal"))
    for at, (name, xs, ys) in enumerate(series):
        points = " ".join(
            f"{left + side * x:.1f},{4 + side * (1 - y):.1f}"
            for x, y in zip(xs, ys, strict=True)
            if x == x and y == y
        )
        line = tag("title", text(name)) if name else ""
        parts.append(tag("polyline", line, points=points, class_=f"line line{at}"))
        if dots:
            parts += [
                tag("circle", cx=place.split(",")[0], cy=place.split(",")[1], r=2.5)
                for place in points.split()
            ]
    for value in ("0", ".5", "1"):
        away = side * float(value)
        parts.append(tag("text", value, x=left + away, y=side + 16, class_="tick"))
        parts.append(tag("text", value, x=left - 5, y=f"{4 + side - away + 4:.1f}", class_="name"))
    parts.append(tag("text", text(axes[0]), x=left + side / 2, y=side + below, class_="tick"))
    parts.append(
        tag(
            "text",
            text(axes[1]),
            x=0,
            y=0,
            class_="tick",
            transform=f"translate(9 {4 + side / 2}) rotate(-90)",
        )
    )
    return drawn(title, left + side + 8, side + below + 6, parts, "chart square")


def matrix(title: str, names: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """A square of counts, a row a truth and a column a prediction, darker for more of its row."""
    side, edge = 26, 14 + math.ceil(LETTER * max([width(cut(each)) for each in names], default=0))
    parts = []
    for at, (name, row) in enumerate(zip(names, counts, strict=True)):
        y, most = edge + at * side, max([*row, 1])
        parts.append(
            tag("text", tag("title", text(name)) + text(cut(name)), x=edge - 6, y=y + 17, class_="name")
        )
        turned = f"translate({edge + at * side + 17} {edge - 6}) rotate(-90)"
        parts.append(tag("text", tag("title", text(name)) + text(cut(name)), x=0, y=0, transform=turned))
        for to, count in enumerate(row):
            told = tag("title", f"{text(name)} as {text(names[to])}: {count:,}")
            x = edge + to * side
            kind = "right" if at == to else "wrong"
            parts.append(tag("rect", told, x=x, y=y, width=side - 1, height=side - 1, class_="ground"))
            if count:
                parts.append(
                    tag(
                        "rect",
                        told,
                        x=x,
                        y=y,
                        width=side - 1,
                        height=side - 1,
                        class_=kind,
                        fill_opacity=shade(count, most),
                    )
                )
                if count < 10_000:
                    light = "cell light" if count > most / 2 else "cell"
                    parts.append(tag("text", f"{count}", x=x + side / 2 - 0.5, y=y + 17, class_=light))
    size = edge + len(names) * side
    return drawn(title, size, size, parts, "chart matrix", f"max-width: {size}px")


def shade(count: int, most: int) -> str:
    return f"{0.08 + 0.92 * count / most:.3f}" if count else "0"


def drawn(
    title: str, width: int, height: int, parts: Sequence[str], kind: str = "chart", style: str | None = None
) -> str:
    return tag(
        "svg", tag("title", text(title)) + "".join(parts), viewBox=f"0 0 {width} {height}", role="img", class_=kind,
        aria_label=title, style=style,
    )  # fmt: skip
