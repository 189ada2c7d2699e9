"""Charts as inline SVG. Each takes numbers and returns a figure; none knows where they come from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from annotool.reporting.html.markup import tag, text

__all__ = ["bars", "columns", "heat"]

ROW, GAP, NAME, WIDE = 18, 4, 150, 560
TALL = 130
LETTERS = 22  # of a name in a chart; the whole stands in its title


def bars(title: str, names: Sequence[str], counts: Sequence[float], *, log: bool = False) -> str:
    """A horizontal bar a name; with `log` a second width for the page's log switch."""
    most, room = max([*counts, 1]), WIDE - NAME - 70
    parts = []
    for at, (name, count) in enumerate(zip(names, counts, strict=True)):
        y = at * (ROW + GAP)
        linear, steep = (room * part for part in (count / most, math.log1p(count) / math.log1p(most)))
        shown = name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
        parts += [
            "<g>",
            tag("title", f"{text(name)}: {count:,}"),
            tag("text", text(shown), x=NAME - 8, y=y + 13, class_="name"),
            tag(
                "rect", x=NAME, y=y, height=ROW, width=f"{linear:.1f}",
                data_linear=f"{linear:.1f}" if log else None, data_log=f"{steep:.1f}" if log else None,
            ),
            tag(
                "text", f"{count:,}", x=f"{NAME + linear + 6:.1f}", y=y + 13, class_="count",
                data_linear=f"{NAME + linear + 6:.1f}" if log else None,
                data_log=f"{NAME + steep + 6:.1f}" if log else None,
            ),
            "</g>",
        ]  # fmt: skip
    return drawn(title, WIDE, max(len(names) * (ROW + GAP), ROW), parts)


def columns(title: str, labels: Sequence[str], counts: Sequence[float]) -> str:
    """A column a bin, with every label that has room."""
    n, most = max(len(counts), 1), max([*counts, 1])
    step = WIDE / n
    every = max(1, math.ceil(max([len(each) for each in labels], default=1) * 7 / step))
    parts = []
    for at, (label, count) in enumerate(zip(labels, counts, strict=True)):
        height = TALL * count / most
        parts += ["<g>", tag("title", f"{text(label)}: {count:,}")]
        parts += [
            tag("rect", x=f"{at * step + 1:.1f}", y=f"{TALL - height:.1f}", width=f"{max(step - 2, 1):.1f}", height=f"{height:.1f}"),
        ]  # fmt: skip
        if at % every == 0:
            parts.append(tag("text", text(label), x=f"{(at + 0.5) * step:.1f}", y=TALL + 15, class_="tick"))
        parts.append("</g>")
    return drawn(title, WIDE, TALL + 20, parts)


def heat(title: str, cells: Sequence[tuple[int, int, int]], grid: int) -> str:
    """A raster of cells (row, column, count), darker for more."""
    side, most = 12, max([count for *_, count in cells], default=1)
    parts = [tag("rect", x=0, y=0, width=grid * side, height=grid * side, class_="ground")]
    parts += [
        tag(
            "rect", tag("title", f"{count:,}"), x=column * side, y=row * side, width=side, height=side,
            fill_opacity=f"{0.08 + 0.92 * count / most:.3f}",
        )
        for row, column, count in cells
    ]  # fmt: skip
    return drawn(title, grid * side, grid * side, parts, "heat")


def drawn(title: str, width: int, height: int, parts: Sequence[str], kind: str = "chart") -> str:
    return tag(
        "svg", tag("title", text(title)) + "".join(parts), viewBox=f"0 0 {width} {height}", role="img", class_=kind,
        aria_label=title,
    )  # fmt: skip
