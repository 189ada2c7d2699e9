"""Pictures of findings: the image, small, with its boxes; the one found fault with stands out."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from annotool.dataset import Dataset
from annotool.reporting.html.markup import tag, text
from annotool.reporting.rows import Row
from annotool.table import Array

__all__ = ["Gallery"]

SIDE = 320  # longer side of a picture, px
QUALITY = 70
BYTES = 5_000_000  # of all pictures together; boxes on a blank ground after that
BOXES = 60  # drawn in one picture
BLANK = (640.0, 480.0)  # px, where a size is not known


@dataclass
class Gallery:
    """Draws findings of one dataset, as long as there is room for pictures."""

    data: Dataset
    left: int = BYTES
    pictures: dict[int, str] = field(default_factory=dict)
    order: Array = field(init=False)
    owners: Array = field(init=False)

    def __post_init__(self) -> None:
        owner = self.data.image_rows(self.data.table("annotations")["image"])
        self.order = np.argsort(owner, kind="stable")
        self.owners = owner[self.order]

    def figure(self, row: Row, image: int, annotation: int) -> str:
        """Return one finding drawn; empty for a finding of no image. image and annotation are positions, -1 none."""
        if image < 0:
            return ""
        width, height = self.size(image)
        scale = max(width, height) / SIDE
        parts = [tag("rect", width=f"{width:g}", height=f"{height:g}", class_="ground")]
        if picture := self.picture(image):
            parts.append(
                tag(
                    "image",
                    href=picture,
                    width=f"{width:g}",
                    height=f"{height:g}",
                    preserveAspectRatio="none",
                )
            )
        mine = self.rows_of(image)
        others = [each for each in mine.tolist() if each != annotation][:BOXES]
        partners = self.partners(row, mine)
        parts += [self.box(each, image, scale, "partner" if each in partners else "other") for each in others]
        if annotation >= 0:
            parts.append(self.box(annotation, image, scale, "flagged"))
        label = f"{row.image}: {row.message}"
        drawing = tag(
            "svg", tag("title", text(label)) + "".join(parts), viewBox=f"0 0 {width:g} {height:g}", role="img",
            aria_label=label,
        )  # fmt: skip
        more = f" (and {len(mine) - BOXES:,} boxes not drawn)" if len(mine) > BOXES + 1 else ""
        caption = tag("figcaption", tag("b", text(row.image)) + " " + text(row.message + more))
        return tag("figure", drawing + caption, class_=row.severity)

    def rows_of(self, image: int) -> Array:
        low, high = np.searchsorted(self.owners, [image, image + 1])
        return self.order[low:high]

    def partners(self, row: Row, mine: Array) -> set[int]:
        """The other annotations that a finding speaks of: those its value `partner_id`, `_line` or `_index` names."""
        table = self.data.table("annotations")
        found: set[int] = set()
        for name in ("id", "line", "index"):
            if (value := row.values.get(f"partner_{name}")) is not None:
                found |= set(mine[table[name][mine] == value].tolist())
        return found

    def size(self, image: int) -> tuple[float, float]:
        table = self.data.table("images")
        width, height = float(table["width"][image]), float(table["height"][image])
        sound = 0 < width < 1e6 and 0 < height < 1e6
        return (width, height) if sound else BLANK

    def box(self, at: int, image: int, scale: float, kind: str) -> str:
        """A box and its category, or nothing where it cannot be drawn."""
        boxes = self.data.boxes
        x, y, w, h = boxes.xywh[at].tolist()
        if boxes.fraction[at]:
            width, height = self.size(image)
            x, y, w, h = x * width, y * height, w * width, h * height
        if not all(np.isfinite((x, y, w, h))) or max(abs(x), abs(y), abs(w), abs(h)) > 1e7:
            return ""
        if w < 0 or h < 0:
            x, y, w, h = min(x, x + w), min(y, y + h), abs(w), abs(h)
        w, h = max(w, scale), max(h, scale)  # no area is still to be seen
        name = str(self.data.names_of(self.data.table("annotations")["category"][at : at + 1])[0])
        label = tag("title", text(name or "no category"))
        rect = tag(
            "rect", label, x=f"{x:.2f}", y=f"{y:.2f}", width=f"{w:.2f}", height=f"{h:.2f}", class_=kind
        )
        if kind == "other" or not name:
            return rect
        shown = name if len(name) < 25 else name[:24] + "…"
        size = 12 * scale
        return rect + tag(
            "text", text(shown), x=f"{max(x, 0) + 2 * scale:.1f}", y=f"{max(y - 3 * scale, size):.1f}",
            font_size=f"{size:.1f}", class_=f"label {kind}",
        )  # fmt: skip

    def picture(self, image: int) -> str:
        """The image file, small, as a data URI; empty where there is none, or no room."""
        if image not in self.pictures:
            held = shrunk(str(self.data.table("images")["path"][image])) if self.left > 0 else b""
            self.left -= len(held)
            self.pictures[image] = "data:image/jpeg;base64," + base64.b64encode(held).decode() if held else ""
        return self.pictures[image]


def shrunk(path: str) -> bytes:
    """An image file as a small JPEG, as its pixels are stored; empty where it cannot be read."""
    from PIL import Image

    if not path:
        return b""
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (SIDE, SIDE))
            small = opened.convert("RGB")
            small.thumbnail((SIDE, SIDE))
            held = io.BytesIO()
            small.save(held, "JPEG", quality=QUALITY)
            return held.getvalue()
    except Exception:  # noqa: BLE001 -- a broken image is IMG001's to tell; here it is a blank ground
        return b""


def spread(many: int, most: int) -> Sequence[int]:
    """Return up to `most` positions of `many`, evenly spread."""
    return np.unique(np.linspace(0, many - 1, min(many, most)).astype(int)).tolist() if many else []
