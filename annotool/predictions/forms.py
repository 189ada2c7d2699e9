"""Boxes of results that are written in another form than x y w h in pixels, or for images of another size."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.predictions.numbering import TIMES, on_objects
from annotool.table import Array, Table

__all__ = ["boxes_checked"]

LEAST = 5  # boxes that must tell, and objects that they must find in another form
SLACK = 1.0  # pixels at the image's border that say nothing
MANY, ALL = 0.2, 0.99  # of the boxes: that leave their image; that fit it in another form
FAR = 0.1  # of the image's side by which boxes leave it whose image had another size


def boxes_checked(data: Dataset, rows: Table, images: Array) -> tuple[Table, str]:
    """Return the predictions, without boxes where their numbers are no x y w h in pixels, and what is wrong with all of
    them, "" for nothing. rows: with the boxes as written; images: the row of each one's image, -1 for none."""
    table = data.table("images")
    width, height = (np.append(table[name], np.nan)[images] for name in ("width", "height"))
    own = ~rows["bbox_derived"] & np.isnan(rows["xn"]) & np.isfinite(rows["x"]) & (width > 0) & (height > 0)
    if own.sum() < LEAST:
        return rows, ""
    x, y, w, h = (rows[side][own] for side in "xywh")
    none = rows.with_columns(**{side: np.where(own, np.nan, rows[side]) for side in "xywh"})
    if (np.maximum.reduce([x, y, w, h]) <= 1).all():
        return none, "are fractions of the image (none is above 1), pixels are expected: not scored"
    beyond, far = (
        np.maximum(x + w - width[own] * scale, y + h - height[own] * scale) > SLACK for scale in (1, 1 + FAR)
    )
    fits = (w > x) & (h > y) & (w <= width[own] + SLACK) & (h <= height[own] + SLACK)
    if beyond.mean() >= MANY and fits.mean() >= ALL:
        turned = {"w": rows["w"] - rows["x"], "h": rows["h"] - rows["y"]}
        other = len(on_objects(data, rows.with_columns(**turned))[0])
        if other >= max(LEAST, TIMES * len(on_objects(data, rows)[0])):
            return (
                none,
                f"are x1 y1 x2 y2, x y w h is expected (read so, {other:,} objects are found): not scored",
            )
    if far.mean() >= MANY:
        return (
            rows,
            f"leave their image by a tenth of its side ({far.sum():,} of {len(far):,}): was its size another one?",
        )
    return rows, ""
