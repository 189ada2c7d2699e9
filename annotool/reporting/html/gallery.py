"""Pictures of findings: the image, small, with its boxes; the one found fault with stands out, and beside it what a fix makes of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from annotool.dataset import Dataset
from annotool.drawing.mending import mended
from annotool.drawing.pixels import upright
from annotool.drawing.scene import Scene, partners, rows_of, scene
from annotool.findings import Edits
from annotool.reporting.html.figures import SIDE, drawing
from annotool.reporting.html.markup import tag, text, web_link
from annotool.reporting.rows import Row
from annotool.wording import plural

__all__ = ["Gallery", "linked", "spread"]

QUALITY = 70
BYTES = 5_000_000  # of all pictures together; boxes on a blank ground after that
BOXES = 60  # drawn in one picture
TOLD = 300  # letters of what a caption says


@dataclass
class Gallery:
    """Draws findings of one dataset, as long as there is room for pictures."""

    data: Dataset
    left: int = BYTES
    pictures: dict[int, str] = field(default_factory=dict)  # the name of each on the page; empty: a blank

    def figure(self, row: Row, image: int, annotation: int, edits: Edits | None = None) -> str:
        """Return one finding drawn, with `edits` also as they leave it; empty for a finding of no image. image and
        annotation are positions, -1 none."""
        if image < 0:
            return ""
        rows = rows_of(self.data, image)
        flagged = {annotation} - {-1}
        others = partners(self.data, rows, row.values) - flagged
        before = scene(self.data, image, flagged, others, most=BOXES, outlines=False)
        more = len(rows) - len(before.marks)
        words = text(short(row.message)) + (f" (and {plural(more, 'box')} not drawn)" if more else "")
        after, what = (None, "") if edits is None else mended(self.data, before, edits)
        name = f"{short(row.image)}: {short(row.message)}"
        parts = drawing(before, self.picture(image, before), name)
        if after is not None:
            told = f"{row.fix} fix: {what}"
            parts = tag("div", tag("small", "before") + parts)
            parts += tag(
                "div",
                tag("small", text(told)) + drawing(after, self.picture(image, after), f"{name}, {told}"),
            )
            parts = tag("div", parts, class_="pair")
        caption = tag("figcaption", tag("b", linked(row, short(row.image))) + " " + words)
        return tag(
            "figure", parts + caption, class_=f"{row.severity} wide" if after is not None else row.severity
        )

    def picture(self, image: int, seen: Scene) -> str:
        """The image file, small, as markup: where it stands on the page already, that is shown again. Empty where there is
        none, or no room."""
        if name := self.pictures.get(image):
            return tag("use", href=f"#{name}")
        held = shrunk(seen) if self.left > 0 and image not in self.pictures else b""
        self.left -= len(held)
        self.pictures[image] = f"p{crc32(held):08x}{image}" if held else ""
        if not held:
            return ""
        return tag(
            "image", id=self.pictures[image], href="data:image/jpeg;base64," + base64.b64encode(held).decode(),
            width=f"{seen.width:g}", height=f"{seen.height:g}", preserveAspectRatio="none",
        )  # fmt: skip


def shrunk(seen: Scene) -> bytes:
    """An image file as a small JPEG, turned as its annotations are; empty where it cannot be read."""
    small, _ = upright(seen.path, seen.width, seen.height, SIDE)
    if small is None:
        return b""  # a broken image is IMG001's to tell; here it is a blank ground
    small.thumbnail((SIDE, SIDE))
    held = io.BytesIO()
    small.save(held, "JPEG", quality=QUALITY)
    return held.getvalue()


def linked(row: Row, name: str) -> str:
    """The image's name; a joined `url` leads from it to the labelling tool."""
    return web_link(row.joined.get("url", ""), name)


def short(words: str) -> str:
    return words if len(words) <= TOLD else words[: TOLD - 1] + "…"


def spread(many: int, most: int) -> Sequence[int]:
    """Return up to `most` positions of `many`, evenly spread."""
    return np.unique(np.linspace(0, many - 1, min(many, most)).astype(int)).tolist() if many else []
