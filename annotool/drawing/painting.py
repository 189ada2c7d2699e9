"""A scene as a picture of pixels, with Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from annotool.drawing.colours import ink_on, rgb
from annotool.drawing.labels import place
from annotool.drawing.pixels import upright
from annotool.drawing.scene import Mark, Scene, Sides
from annotool.drawing.typeface import printable, typeface, wrapped
from annotool.table import Array

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["LEAST_SIDE", "paint"]

LEAST_SIDE = 64  # px: a smaller picture shows nothing
READABLE = 800  # px: smaller images are shown several times as large
NAMED = 200  # labels tried besides those of what is flagged
FILL = 70  # of 255: how much an outline hides what is under it
PAPER, BLANK, EDGE, INK = "#ffffff", "#eef1f4", "#c4ccd4", "#1b1f24"
LIGHT, DARK = "#ffffff", "#101010"
CAPTION_LINES = 6


@dataclass(frozen=True)
class Easel:
    """Where pixels of the image come to lie on the picture. scale: picture pixels per pixel of the image, across and down;
    line, letters: px."""

    width: int
    height: int
    low: Array
    scale: Array
    line: int
    letters: int

    def at(self, xy: Array) -> Array:
        """Return points (n, 2) of the image on the picture."""
        return np.asarray((xy - self.low) * self.scale)

    def box(self, box: Sides) -> Sides:
        """Return a box on the picture, whole pixels, at least one of which is in it."""
        ends = np.round(self.at(np.array(box).reshape(2, 2)))
        edge = np.array([self.width, self.height])
        low = np.clip(ends[0], 0, edge - 2)
        high = np.clip(ends[1], low + 2, edge)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def paint(scene: Scene, max_side: int = 1600, caption: Sequence[str] = ()) -> tuple[Image, str]:
    """Return a picture in RGB of a scene, its longer side at most `max_side` px and a caption below that; and why it is on a
    blank ground, empty where the image could be read."""
    from PIL import Image, ImageDraw

    easel = set_up(scene, max_side)
    picture = Image.new("RGB", (easel.width, easel.height), PAPER)
    why = ground(picture, scene, easel)
    tint(picture, scene, easel)
    draw = ImageDraw.Draw(picture)
    for mark in scene.marks:
        outline(draw, mark, easel)
    labels(draw, scene, easel)
    return (subtitled(picture, caption, easel) if caption else picture), why


def set_up(scene: Scene, max_side: int) -> Easel:
    x0, y0, x1, y1 = scene.view
    extent = np.array([x1 - x0, y1 - y0])
    long, side = float(extent.max()), max(max_side, LEAST_SIDE)
    scale = side / long if long > side else max(1, min(READABLE, side) // math.ceil(long))
    shape = np.maximum(np.round(extent * scale), 4).astype(int)
    line = max(2, round(shape.max() / 500))
    letters = int(np.clip(round(shape.max() / 60), 12, 26))
    return Easel(int(shape[0]), int(shape[1]), np.array([x0, y0]), shape / extent, line, letters)


def ground(picture: Image, scene: Scene, easel: Easel) -> str:
    """Put the image, or a blank of its shape, on the picture; return why it is blank."""
    from PIL import ImageDraw
    from PIL.Image import Resampling

    left, top, right, bottom = (round(each) for each in easel.box((0, 0, scene.width, scene.height)))
    shape = (max(right - left, 1), max(bottom - top, 1))
    image, why = upright(scene.path, scene.width, scene.height, max(shape))
    if image is None:
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), BLANK, EDGE)
        return why
    larger = shape[0] > image.width or shape[1] > image.height
    picture.paste(image.resize(shape, Resampling.NEAREST if larger else Resampling.LANCZOS), (left, top))
    return ""


def tint(picture: Image, scene: Scene, easel: Easel) -> None:
    """Fill outlines, holes left out, so that the image shows through."""
    from PIL import Image, ImageDraw

    if not any(mark.outer for mark in scene.marks):
        return
    over = Image.new("RGBA", picture.size)
    for mark in scene.marks:
        if not mark.outer:
            continue
        rings = [(ring, True) for ring in mark.outer] + [(ring, False) for ring in mark.holes]
        placed = [(easel.at(ring), filled) for ring, filled in rings]
        ends = np.concatenate([ring for ring, _ in placed])
        low = np.clip(np.floor(ends.min(axis=0)), 0, picture.size).astype(int)
        high = np.clip(np.ceil(ends.max(axis=0)) + 1, 0, picture.size).astype(int)
        if (high <= low).any():
            continue
        shape = Image.new("L", tuple((high - low).tolist()))
        draw = ImageDraw.Draw(shape)
        # A hole lies in a larger ring, an island in a larger hole: the larger goes first.
        for ring, filled in sorted(placed, key=lambda each: -extent(each[0])):
            draw.polygon([tuple(each) for each in (ring - low).tolist()], fill=FILL if filled else 0)
        over.paste(
            (*rgb(mark.colour), FILL), tuple(low.tolist()), shape.point(lambda each: 255 if each else 0)
        )
    picture.paste(Image.alpha_composite(picture.convert("RGBA"), over).convert("RGB"))


def extent(ring: Array) -> float:
    return float(np.prod(ring.max(axis=0) - ring.min(axis=0)))


def outline(draw: Any, mark: Mark, easel: Easel) -> None:
    """The lines of one annotation. What is flagged is thick between light and dark lines, a partner is dashed: it is told
    by its form, not by its colour alone."""
    wide = easel.line if mark.role == "other" else round(1.5 * easel.line)
    dash = 6 * easel.line if mark.role == "partner" else 0
    edge = max(1, easel.line // 2)
    paths = [closed(easel.at(ring)) for ring in (*mark.outer, *mark.holes)]
    if mark.box is not None and (not paths or mark.role != "other"):
        paths.append(corners(easel.box(mark.box), wide))
    for path in paths:
        if mark.role == "flagged":
            stroke(draw, path, DARK, wide + 4 * edge)
            stroke(draw, path, LIGHT, wide + 2 * edge)
        stroke(draw, path, mark.colour, wide, dash)
    joints(draw, mark, easel)


def corners(box: Sides, wide: int) -> Array:
    """The middle of a line of this width along the inside of a box."""
    x0, y0, x1, y1 = box
    inset = min((wide - 1) / 2, (x1 - x0 - 1) / 2, (y1 - y0 - 1) / 2)
    x0, y0, x1, y1 = x0 + inset, y0 + inset, x1 - 1 - inset, y1 - 1 - inset
    return closed(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))


def closed(ring: Array) -> Array:
    return np.concatenate([ring, ring[:1]])


def stroke(draw: Any, path: Array, colour: str, wide: int, dash: int = 0) -> None:
    """A line along points, in dashes where asked."""
    level = len(path) == 5 and all((path[1:] == path[:-1]).any(axis=1))
    if not dash and level:  # a box: exact, and much quicker
        (x0, y0), (x1, y1) = path.min(axis=0), path.max(axis=0)
        grow = (wide - 1) / 2
        draw.rectangle(
            (math.floor(x0 - grow + 0.5), math.floor(y0 - grow + 0.5), math.floor(x1 + grow + 0.5), math.floor(y1 + grow + 0.5)),
            outline=colour, width=wide,
        )  # fmt: skip
        return
    if not dash:
        draw.line([tuple(each) for each in path.tolist()], fill=colour, width=wide, joint="curve")
        return
    for start, end in pairwise(path):
        length = float(np.hypot(*(end - start)))
        steps = max(1, min(round(length / dash / 2), 500))
        marks = np.linspace(0, 1, 2 * steps + 1)
        for low, high in zip(marks[0::2].tolist(), marks[1::2].tolist(), strict=False):
            draw.line(
                [*(start + (end - start) * low), *(start + (end - start) * high)], fill=colour, width=wide
            )


def joints(draw: Any, mark: Mark, easel: Easel) -> None:
    """Keypoints and what joins them; a hidden one is hollow."""
    if not len(mark.points):
        return
    xy, radius = easel.at(mark.points[:, :2]), 1.5 * easel.line + 1
    there = np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1])
    for colour, wide in ((DARK, easel.line + 2), (mark.colour, easel.line)):
        for first, last in mark.bones:
            if there[first] and there[last]:
                draw.line([*xy[first], *xy[last]], fill=colour, width=wide)
    for (x, y), v in zip(xy[there].tolist(), mark.points[there, 2].tolist(), strict=True):
        inside = mark.colour if v > 1 else LIGHT
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            inside,
            DARK if v > 1 else mark.colour,
            max(1, easel.line // 2),
        )


def labels(draw: Any, scene: Scene, easel: Easel) -> None:
    """Names and ids, those of what is flagged first; one that would hide another is left out."""
    marks = [mark for mark in scene.marks if mark.role != "other"]
    others = [mark for mark in scene.marks if mark.role == "other"]
    others.sort(key=lambda each: -area(each))
    marks += others[:NAMED]
    pad = max(2, easel.letters // 5)
    faces = [fitted(printable(mark.label), easel.letters, easel.width - 2 * pad) for mark in marks]
    tall = easel.letters + 2 * pad
    sizes = [(float(font.getlength(text)) + 2 * pad, float(tall)) for font, text in faces]
    anchors = [easel.box(mark.box) if mark.box else (0.0, 0.0, 0.0, 0.0) for mark in marks]
    room = (0.0, 0.0, float(easel.width), float(easel.height))
    spots = place(room, anchors, sizes, [mark.role != "other" for mark in marks])
    for mark, spot, (font, text), (width, height) in zip(marks, spots, faces, sizes, strict=True):
        if spot is None or (not mark.box and mark.role == "other" and len(scene.marks) > NAMED):
            continue
        x, y = (round(each) for each in spot)
        edge = LIGHT if mark.role == "flagged" else None
        draw.rectangle((x, y, x + width - 1, y + height - 1), mark.colour, edge)
        draw.text((x + pad, y + height / 2), text, ink_on(mark.colour), font, anchor="lm")


def fitted(label: str, size: int, room: float) -> tuple[Any, str]:
    """The font and the text of a label, its middle cut out where it is too long: the id at its end stays."""
    font, shown = typeface(label, size)
    for half in range(len(label) // 2 - 1, 0, -1):
        if font.getlength(shown) <= room:
            break
        font, shown = typeface(f"{label[:half]}…{label[-half:]}", size)
    return font, shown


def area(mark: Mark) -> float:
    x0, y0, x1, y1 = mark.box or (0, 0, 0, 0)
    return (x1 - x0) * (y1 - y0)


def subtitled(picture: Image, caption: Sequence[str], easel: Easel) -> Image:
    """The picture, and lines of text below it."""
    from PIL import Image, ImageDraw

    size, pad = max(12, round(easel.letters * 0.9)), easel.letters // 2
    width = max(picture.width, 320)
    lines = [line for text in caption for line in wrapped(text, size, width - 2 * pad)]
    if len(lines) > CAPTION_LINES:
        lines = [*lines[: CAPTION_LINES - 1], lines[CAPTION_LINES - 1] + " …"]
    step = round(size * 1.35)
    whole = Image.new("RGB", (width, picture.height + step * len(lines) + 2 * pad), PAPER)
    whole.paste(picture, (0, 0))
    draw = ImageDraw.Draw(whole)
    for at, line in enumerate(lines):
        font, text = typeface(line, size)
        draw.text((pad, picture.height + pad + at * step), text, INK, font)
    return whole
