"""What is to be seen of one image: its shape, its annotations in pixels, which of them are meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.drawing.colours import FLAGGED, PARTNER, category_colours
from annotool.drawing.shapes import bones, outlined, set_points
from annotool.schema import NO_ID, Kind
from annotool.table import Array

__all__ = ["BLANK", "Mark", "Scene", "Sides", "named", "partners", "rows_of", "scene"]

Sides = tuple[float, float, float, float]  # x0 y0 x1 y1, pixels

BLANK = (640.0, 480.0)  # px, where nothing is known of the size
LEAST, LARGEST = 1.0, 1e6  # px; a size beyond is a fault, not a size
MARGIN = 0.2  # of a side: how far a picture goes beyond the image to show what lies outside
ORDER = ("other", "flagged", "partner")  # a partner is dashed, so what it may cover shows through
GREY = "#9aa4ae"  # of what has no category
LETTERS = 32  # of a name on a label


@dataclass(frozen=True)
class Mark:
    """One annotation to draw. role: flagged, partner, other, mended, or shown; box None: nothing that can be drawn; outer and holes:
    rings, float64 (n, 2) pixels each; points float64 (n, 3) x y v, NaN: not set; bones: pairs of points that are joined.
    """

    row: int
    role: str
    label: str
    colour: str
    box: Sides | None
    outer: tuple[Array, ...] = ()
    holes: tuple[Array, ...] = ()
    points: Array = field(default_factory=lambda: np.empty((0, 3)))
    bones: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Scene:
    """An image and what to draw on it, in this order. width, height: of the frame its annotations are in, pixels;
    known: the dataset says so; view: what the picture shows, the image and a margin where something flagged leaves it.
    """

    name: str
    path: str
    width: float
    height: float
    known: bool
    marks: tuple[Mark, ...]
    view: Sides


def rows_of(data: Dataset, image: int) -> Array:
    """Return the annotations (positions) of the image at a position."""
    order, owners = data.once(by_image)
    low, high = np.searchsorted(owners, [image, image + 1])
    return np.asarray(order[low:high])


def by_image(data: Dataset) -> tuple[Array, Array]:
    owner = data.image_rows(data.table("annotations")["image"])
    order = np.argsort(owner, kind="stable")
    return order, owner[order]


def partners(data: Dataset, rows: Array, values: Mapping[str, Any]) -> set[int]:
    """Return those among rows that a finding speaks of besides its own: its value `partner_id`, `_line` or `_index`
    names them."""
    table = data.table("annotations")
    found = set[int]()
    for name in ("id", "line", "index"):
        if (value := values.get(f"partner_{name}")) is not None:
            found |= set(rows[table[name][rows] == value].tolist())
    return found


@np.errstate(over="ignore", invalid="ignore")  # what files hold goes up to 1e308
def scene(
    data: Dataset,
    image: int,
    flagged: Collection[int] = (),
    partner: Collection[int] = (),
    *,
    most: int | None = None,
    outlines: bool = True,
) -> Scene:
    """Return what is to be seen of the image at a position. flagged, partner: positions of annotations; `most`: how many
    others; without `outlines` only flagged ones and partners have more than a box.
    """
    rows = rows_of(data, image)
    marked = np.isin(rows, [*flagged, *partner])
    rows = np.concatenate([rows[~marked][:most], rows[marked]])
    width, height, known = size(data, image, rows)
    boxes = sides(data, rows, width, height)
    roles = [
        "flagged" if each in flagged else "partner" if each in partner else "other" for each in rows.tolist()
    ]
    detailed = rows if outlines else rows[np.array([each != "other" for each in roles], dtype=bool)]
    shapes = detail(data, detailed, width, height)
    marks = [replace(mark, **shapes.get(mark.row, {})) for mark in plain(data, rows, roles, boxes)]
    marks.sort(key=lambda each: ORDER.index(each.role))
    images = data.table("images")
    view = shown(width, height, [each.box for each in marks if each.role != "other" and each.box])
    return Scene(
        str(images["file_name"][image]), str(images["path"][image]), width, height, known, tuple(marks), view
    )


def size(data: Dataset, image: int, rows: Array) -> tuple[float, float, bool]:
    """The frame of an image: as the dataset has it, else as its file, else large enough for its boxes."""
    table = data.table("images")
    width, height = float(table["width"][image]), float(table["height"][image])
    if LEAST <= width < LARGEST and LEAST <= height < LARGEST:
        return width, height, True
    path = str(table["path"][image])
    if path:
        from annotool.imagefile import probe

        found = probe([path])
        width, height = float(found.width[0]), float(found.height[0])
        if LEAST <= width < LARGEST and LEAST <= height < LARGEST:
            return width, height, True
    ends = data.boxes.xywh[rows][~data.boxes.fraction[rows]]
    ends = ends[:, :2] + ends[:, 2:]
    ends = ends[(np.isfinite(ends) & (ends > 1) & (ends < LARGEST)).all(axis=1)]
    width, height = np.maximum(ends.max(axis=0, initial=0), BLANK) if len(ends) else BLANK
    return float(width), float(height), False


def sides(data: Dataset, rows: Array, width: float, height: float) -> Array:
    """The boxes x0 y0 x1 y1, pixels, ordered, kept near the image; NaN where they are none. float64 (n, 4)."""
    boxes = data.boxes
    held = np.where(
        boxes.fraction[rows, None], boxes.xywh[rows] * (width, height, width, height), boxes.xywh[rows]
    )
    ends = np.stack([held[:, :2], held[:, :2] + held[:, 2:]])
    # Far out is far out: what is drawn is at the picture's edge.
    ends = np.clip(ends, (-10 * width, -10 * height), (11 * width, 11 * height))
    low, high = ends.min(axis=0), ends.max(axis=0)
    return np.where(np.isfinite(held).all(axis=1, keepdims=True), np.concatenate([low, high], axis=1), np.nan)


def plain(data: Dataset, rows: Array, roles: list[str], boxes: Array) -> list[Mark]:
    """Boxes and labels."""
    table, colours = data.table("annotations"), data.once(painted)
    names = data.names_of(table["category"][rows]).tolist()
    ids, crowds, whole = table["id"][rows], table["iscrowd"][rows] == 1, table["kind"][rows] == Kind.IMAGE
    marks = []
    for at, row in enumerate(rows.tolist()):
        name = str(names[at])
        box: Any = tuple(boxes[at].tolist()) if np.isfinite(boxes[at]).all() and not whole[at] else None
        colour = {"flagged": FLAGGED, "partner": PARTNER}.get(roles[at]) or colours.get(name, GREY)
        label = named(name, NO_ID if whole[at] else int(ids[at])) + (" crowd" if crowds[at] else "")
        marks.append(Mark(row, roles[at], label, colour, box))
    return marks


def named(name: str, number: int) -> str:
    """The label of an annotation: its category, short, and its id."""
    short = name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
    return (short or "no category") + ("" if number == NO_ID else f" #{number}")


def painted(data: Dataset) -> dict[str, str]:
    return category_colours(data.labels)


def detail(data: Dataset, rows: Array, width: float, height: float) -> dict[int, dict[str, Any]]:
    """What some annotations have besides a box: fields of Mark, by row."""
    found: dict[int, dict[str, Any]] = {int(row): {} for row in rows.tolist()}
    joined, category = data.once(bones), data.table("annotations")["category"]
    frame = np.array([width, height])
    for row, outer, holes in outlined(data, rows):
        found[row] |= {"outer": tuple(pixels(each, data, row, frame) for each in outer)}
        found[row] |= {"holes": tuple(pixels(each, data, row, frame) for each in holes)}
    for row, xyv in set_points(data, rows):
        points = np.concatenate([pixels(xyv[:, :2].reshape(-1), data, row, frame), xyv[:, 2:]], axis=1)
        pairs = tuple((a, b) for a, b in joined.get(int(category[row]), ()) if max(a, b) < len(points))
        found[row] |= {"points": points, "bones": pairs}
    return found


def pixels(flat: Array, data: Dataset, row: int, frame: Array) -> Array:
    xy = flat.reshape(-1, 2) * (frame if data.boxes.fraction[row] else 1.0)
    return np.asarray(np.clip(xy, -10 * frame, 11 * frame))


def shown(width: float, height: float, boxes: list[Sides]) -> Sides:
    """The image, and a margin for what leaves it."""
    low, high = np.zeros(2), np.array([width, height])
    room = high * MARGIN
    if boxes:
        ends = np.array(boxes)
        outside = (ends[:, :2].min(axis=0) < -0.5) | (ends[:, 2:].max(axis=0) > high + 0.5)
        if outside.any():
            pad = 0.02 * high.max()
            low = np.clip(ends[:, :2].min(axis=0) - pad, -room, 0)
            high = np.clip(ends[:, 2:].max(axis=0) + pad, high, high + room)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
