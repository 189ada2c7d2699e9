"""VOC's corners and the frame of the schema: which pixel the numbers count from, and the way there and back.

| base | first pixel | xmax | x, w | who writes it |
|---|---|---|---|---|
| 1-inclusive | 1 | last pixel inside | xmin - 1, xmax - xmin + 1 | Pascal VOC, Roboflow, labelImg |
| 0-inclusive | 0 | last pixel inside | xmin, xmax - xmin + 1 | converters from pixel indices |
| 0-exclusive | 0 | first pixel outside | xmin, xmax - xmin | CVAT, VoTT, Datumaro |

Source: VOC2007 and VOC2012 development kits, "the top-left pixel in the image has coordinates (1,1)".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotool.errors import UsageError
from annotool.table import Array

__all__ = ["BASES", "Evidence", "infer", "to_corners", "to_xywh"]

BASES = ("1-inclusive", "0-exclusive", "0-inclusive")
ENOUGH = 20  # boxes that touch an edge, or that start at 1: fewer prove nothing
FEW = 0.01  # share of boxes that may start at 0 by mistake
PILE = 3  # times as many boxes start at 1 as at 2: somebody counts from 1


@dataclass(frozen=True)
class Evidence:
    """What the numbers say of the base. Counts are of boxes."""

    base: str
    decided: str  # option, marker, evidence or assumed
    inferred: str  # what the numbers alone say; empty: too few
    boxes: int
    zeros: int  # xmin or ymin is 0
    ones: int
    twos: int
    at_width: int  # xmax in (width - 1, width], or ymax likewise
    at_last: int  # xmax is width - 1, or ymax likewise
    edge_touching: int

    @property
    def mixed(self) -> bool:
        """Whether many boxes start at 0 while a pile of others shows that somebody counts from 1."""
        several = self.zeros >= FEW * self.boxes and self.zeros > 0 and self.edge_touching >= ENOUGH
        return several and self.ones >= ENOUGH and self.ones >= PILE * self.twos

    def said(self) -> str:
        """Return one sentence for the user."""
        why = {
            "option": "as asked",
            "marker": "annotool wrote the files",
            "assumed": f"assumed: {self.edge_touching} boxes touch an edge, {ENOUGH} could tell",
            "evidence": f"{self.zeros:,} boxes start at 0, {self.ones:,} at 1, {self.at_width:,} end at the width or height",
        }[self.decided]
        if self.decided == "assumed" and self.edge_touching >= ENOUGH:
            why = "assumed: no box starts at 0 or ends at the width or height"
        return f"corners are read as {self.base} ({why})"

    def facts(self) -> dict[str, Any]:
        """Return it as json-able facts."""
        return {**asdict(self), "mixed": self.mixed}


def infer(
    corners: Array, width: Array, height: Array, option: str = "auto", marked: bool = False
) -> Evidence:
    """Weigh what the corners say of their base. corners float64 (n, 4) xmin ymin xmax ymax as written, width and
    height float64 (n,) as declared; NaN proves nothing. `marked`: our own writer made the files.

    Raises UsageError for an unknown option. The thresholds are those in the docstring of FMT007.
    """
    if option not in ("auto", *BASES):
        raise UsageError(f"voc_base is {option!r}; expected auto, {', '.join(BASES)}")
    low, high = corners[:, :2], corners[:, 2:]
    size = np.stack([width, height], axis=1)
    size = np.where(size > 0, size, np.nan)
    zero, one, two = ((low == n).any(axis=1) for n in (0, 1, 2))
    at_width = ((high > size - 1) & (high <= size)).any(axis=1)
    at_last = (high == size - 1).any(axis=1)
    touching = int((zero | one | at_width | at_last).sum())
    zeros, ones, twos, ends = (int(each.sum()) for each in (zero, one, two, at_width))
    if touching < ENOUGH:
        inferred = ""
    elif zeros and not (zeros < FEW * len(corners) and ones >= ENOUGH and ones > zeros):
        inferred = "0-exclusive" if ends else "0-inclusive"
    else:
        inferred = "1-inclusive" if zeros or ends else ""
    base, decided = inferred or "1-inclusive", "evidence" if inferred else "assumed"
    if option != "auto":
        base, decided = option, "option"
    elif marked:
        base, decided = "1-inclusive", "marker"
    last = int(at_last.sum())
    return Evidence(base, decided, inferred, len(corners), zeros, ones, twos, ends, last, touching)


def to_xywh(corners: Array, base: str) -> Array:
    """Return x y w h, float64 (n, 4), pixels, half-open, of corners as written in `base`."""
    xywh = np.array(corners, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        xywh[:, 2:] -= xywh[:, :2]
        if base != "0-exclusive":
            xywh[:, 2:] += 1
        if base == "1-inclusive":
            xywh[:, :2] -= 1
    return xywh


def to_corners(xywh: Array, base: str) -> Array:
    """Return xmin ymin xmax ymax, float64 (n, 4), as `base` writes them, of x y w h; the inverse of `to_xywh`."""
    corners = np.array(xywh, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        corners[:, 2:] += corners[:, :2]
        if base == "1-inclusive":
            corners[:, :2] += 1
        if base == "0-inclusive":
            corners[:, 2:] -= 1
    return corners
