"""A scene as SVG: it needs no style of the page, so that it is the same in a notebook."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from annotool.drawing.colours import ink_on
from annotool.drawing.labels import place
from annotool.drawing.scene import Mark, Scene, Sides
from annotool.reporting.html.markup import tag, text
from annotool.table import Array

__all__ = ["SIDE", "drawing"]

SIDE = 320  # px: what the longer side of a picture is thought to have on the screen
LETTERS = 12.5  # px
CORNERS, RINGS = 400, 60  # of one ring, of one outline, at most
GREY = "#8b949e"
THIN = {"vector_effect": "non-scaling-stroke"}
STROKES: dict[str, dict[str, Any]] = {
    "other": {"stroke": GREY, "stroke_width": 1},
    "partner": {"stroke_width": 2.5, "stroke_dasharray": "5 4"},
    "flagged": {"stroke_width": 2.5},
    "mended": {"stroke_width": 2.5},
    "shown": {"stroke_width": 1.5},  # as it is, nothing being found
}


def drawing(scene: Scene, picture: str, title: str) -> str:
    """Return an SVG of a scene over `picture`, markup that lies at 0 0 and is as large as the image; empty: a blank."""
    x0, y0, x1, y1 = scene.view
    unit = max(x1 - x0, y1 - y0) / SIDE
    parts = [tag("title", text(title))]
    parts.append(
        tag(
            "rect",
            width=f"{scene.width:g}",
            height=f"{scene.height:g}",
            class_="ground",
            fill=GREY,
            fill_opacity=".12",
        )
    )
    parts.append(picture)
    parts += [marked(mark, scene.view, unit) for mark in scene.marks]
    parts.append(labels([mark for mark in reversed(scene.marks) if mark.role != "other"], scene.view, unit))
    return tag(
        "svg", parts, viewBox=f"{x0:g} {y0:g} {x1 - x0:g} {y1 - y0:g}", role="img", aria_label=title, style="max-width:100%",
    )  # fmt: skip


def marked(mark: Mark, view: Sides, unit: float) -> str:
    """The lines of one annotation; what is flagged lies on a lighter line, a partner is dashed, so that what is under it shows through."""
    rings = [*mark.outer, *mark.holes]
    shapes = [("path", outline(rings, unit))] if rings else []
    shapes += [("rect", frame(mark.box, view, unit))] if mark.box is not None else []
    drawn = []
    if mark.role in ("flagged", "mended"):
        drawn += [
            tag(kind, stroke="#fff", stroke_opacity=".85", stroke_width=4.5, **form) for kind, form in shapes
        ]
    for kind, form in shapes:
        filled = (
            {"fill": mark.colour, "fill_opacity": ".25", "fill_rule": "evenodd"} if kind == "path" else {}
        )
        strokes = {"stroke": mark.colour, **STROKES[mark.role]}
        drawn.append(tag(kind, tag("title", text(mark.label)), class_=mark.role, **form, **filled, **strokes))
    drawn += points(mark, unit)
    return tag("g", drawn, fill="none", stroke_linejoin="round") if drawn else ""


def frame(box: Sides, view: Sides, unit: float) -> dict[str, str]:
    """A box inside the view, at least a pixel wide, so that no area is still to be seen."""
    low = np.clip(box[:2], view[:2], np.array(view[2:]) - unit)
    high = np.clip(box[2:], low + unit, np.maximum(view[2:], low + unit))
    numbers = zip(("x", "y", "width", "height"), [*low.tolist(), *(high - low).tolist()], strict=True)
    return {**{name: f"{each:.2f}" for name, each in numbers}, **THIN}


def outline(rings: Sequence[Array], unit: float) -> dict[str, str]:
    """Rings with no more corners than are seen."""
    told = []
    for ring in sorted(rings, key=len, reverse=True)[:RINGS]:
        seen = np.round(ring / unit).astype(np.int64)
        kept = ring[np.append(True, (seen[1:] != seen[:-1]).any(axis=1))]
        kept = kept[:: -(-len(kept) // CORNERS)]
        told.append("M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in kept.tolist()) + "Z")
    return {"d": "".join(told), **THIN}


def points(mark: Mark, unit: float) -> list[str]:
    """Keypoints and what joins them; a hidden one is hollow."""
    there = np.isfinite(mark.points[:, 0]) & np.isfinite(mark.points[:, 1])
    xy = np.where(there[:, None], mark.points[:, :2], 0.0).tolist()
    lines = "".join(
        f"M{xy[a][0]:.1f} {xy[a][1]:.1f} {xy[b][0]:.1f} {xy[b][1]:.1f}"
        for a, b in mark.bones
        if there[a] and there[b]
    )
    drawn = [tag("path", d=lines, stroke=mark.colour, stroke_width=2, **THIN)] if lines else []
    for at in np.flatnonzero(there).tolist():
        (x, y), hidden = xy[at], mark.points[at, 2] < 2
        inks = ("#fff", mark.colour) if hidden else (mark.colour, "#fff")
        spot = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{3 * unit:.2f}", "class_": "point", **THIN}
        drawn.append(tag("circle", fill=inks[0], stroke=inks[1], stroke_width=1.5, **spot))
    return drawn


def labels(marks: Sequence[Mark], view: Sides, unit: float) -> str:
    """Names and ids of what is meant, one beside the other; a label too long for the picture is cut."""
    size, room = LETTERS * unit, view[2] - view[0]
    names = [fitted(mark.label, (room - size * 0.7) / size) for mark in marks]
    sizes = [(letters(each) * size + 0.6 * size, 1.4 * size) for each in names]
    anchors = [mark.box or (view[0], view[1], view[0], view[1]) for mark in marks]
    spots = place(view, anchors, sizes, [mark.role != "shown" for mark in marks])
    drawn = []
    for mark, name, spot, (width, height) in zip(marks, names, spots, sizes, strict=True):
        if spot is None:
            continue
        x, y = spot
        drawn.append(
            tag(
                "rect",
                x=f"{x:.1f}",
                y=f"{y:.1f}",
                width=f"{width:.1f}",
                height=f"{height:.1f}",
                rx=f"{unit:.2f}",
                fill=mark.colour,
            )
        )
        drawn.append(
            tag(
                "text", text(name), x=f"{x + 0.3 * size:.1f}", y=f"{y + 0.72 * height:.1f}", font_size=f"{size:.1f}",
                font_family="system-ui, sans-serif", fill=ink_on(mark.colour), textLength=f"{width - 0.6 * size:.1f}",
                lengthAdjust="spacingAndGlyphs", class_=f"label {mark.role}",
            )
        )  # fmt: skip
    return tag("g", drawn) if drawn else ""


def letters(name: str) -> float:
    """About how wide a text is, in its height."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in name)
    thin = sum(each in "ijlt.,:;'|![](){} frI" for each in name)
    capital = sum(each.isupper() or each in "mw#%@" for each in name)
    return 0.56 * len(name) + 0.44 * wide - 0.24 * thin + 0.12 * capital


def fitted(name: str, most: float) -> str:
    while len(name) > 2 and letters(name) > most:
        name = name[: -2 if not name.endswith("…") else -3] + "…"
    return name
