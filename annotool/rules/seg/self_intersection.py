"""SEG002."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import rings as ring_geometry
from annotool.rules.base import (
    AnnotationRule,
    Edits,
    Findings,
    Fix,
    Severity,
    found,
    mendable,
    together,
    written_in,
)
from annotool.rules.seg.base import drawn, named_rings, outlines, redrawn, scales, shapes_of
from annotool.table import Array, Table

REASON = re.compile(r"^(Ring )?Self-intersection\[([-\d.e+]+) ([-\d.e+]+)\]$")
LEAST = 1.0  # px^2: what encloses less is SEG004's, a hole below is filled
PIECE = 4.0  # px^2: a smaller piece is left out when a ring is taken apart


class SelfIntersection(AnnotationRule):
    """A ring of a polygon crosses or touches itself.

    What: a ring that is not simple in the sense of OGC. Where it crosses itself, so that what it encloses depends on who
    fills it, that is a warning. Where it only meets itself in a point or runs back on a line, and encloses the same
    to everyone, it is a fact; not in YOLO, where parts and holes are joined just so. Each ring is a finding.

    Why: shapely raises TopologicalError on such rings, and with it SAHI, when images are sliced
    (obss/sahi#205, #241, #982). pycocotools leaves out what is enclosed twice, others fill it; the shoelace formula
    counts a loop run the other way as negative, so the area is wrong too.

    Bad: `"segmentation": [[10, 10, 50, 50, 50, 10, 10, 50]]`, an hourglass.

    Good: `"segmentation": [[10, 10, 30, 30, 10, 50], [30, 30, 50, 10, 50, 50]]`.

    Fix: unsafe: the ring is taken apart into rings that enclose the same, with what it runs around twice; pieces
    under 4 px^2 are left out; box and area follow. A hole, and in YOLO several rings, are joined by lines there and back.
    None for a ring that touches itself to leave a hole out.

    Source: obss/sahi#205, #241, #982; OGC 06-103r4, 6.1.11, as shapely.is_valid has it.
    """

    code = "SEG002"
    slug = "self-intersection"
    severities = (Severity.WARNING, Severity.INFO)
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002", "SCH004", "FMT002", "FMT003")
    verdict = ("1 ring of a polygon crosses itself", "{n} rings of polygons cross themselves")

    def check(self, data: Dataset) -> Findings:
        rings = drawn(data)
        rings = rings.take(~rings["simple"])
        if not len(rings):
            return Findings()
        look = looked_at(data, rings)
        yolo = written_in(data, data.table("annotations"), ("yolo",))[rings["row"]]
        fix = np.where(look.crosses | ~look.holes, Fix.UNSAFE, Fix.NONE)
        parts = []
        for chosen, severity, message in (
            (look.crosses, Severity.WARNING, "ring {ring} crosses itself, near {x:g}, {y:g}"),
            (~look.crosses & ~yolo, Severity.INFO, "ring {ring} touches itself, at {x:g}, {y:g}"),
        ):
            chosen = chosen & look.some
            values = {"ring": rings["ring"][chosen], "x": look.place[chosen, 0], "y": look.place[chosen, 1]}
            parts.append(found(self, message, data.table("annotations"), take=rings["row"][chosen], severity=severity,
                               fix=fix[chosen], values=values))  # fmt: skip
        return together(parts)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        named = named_rings(findings, finding, keys)
        new = {}
        for row, rings in outlines(data, np.unique(keys)):
            unit = float(scales(data, np.array([row]))[0]) ** 2
            pieces = [
                taken_apart(ring, unit) if at in named[row] else [ring] for at, ring in enumerate(rings)
            ]
            new[row] = [piece for each in pieces for piece in each]
        return redrawn(self.code, data, finding, keys, safe, new)


class Look(NamedTuple):
    """What is seen of rings that are not simple, one entry a ring: whether it crosses itself; where it meets itself,
    x and y; whether it encloses a hole; whether it encloses anything (what does not is SEG004's)."""

    crosses: Array
    place: Array
    holes: Array
    some: Array


def looked_at(data: Dataset, rings: Table) -> Look:
    """Look at rings that are not simple.

    One that meets itself where it has no corner crosses. Of others, one that only touches itself encloses what the
    shoelace formula says; that is asked of these alone, for taking a ring apart takes a millisecond.
    """
    import shapely

    shapes, unit = shapes_of(data, rings), scales(data, rings["row"]) ** 2
    told = [REASON.search(reason) for reason in shapely.is_valid_reason(shapes).tolist()]
    place = np.array([each.groups()[1:] if each else (0, 0) for each in told], dtype=np.float64).reshape(
        -1, 2
    )
    gap = from_corners(shapes, place)
    rounding = np.max([np.abs(rings[side]) for side in ("x0", "y0", "x1", "y1")], axis=0)
    crosses = (gap > 1e-9 * rounding) & np.array(
        [each is not None and not each[1] for each in told], dtype=bool
    )
    some = rings["area"] * unit >= LEAST
    asked = np.flatnonzero(~crosses | ~some)
    pieces, of, hole = ring_geometry.mended(shapes[asked])
    full = np.bincount(of, weights=shapely.area(pieces), minlength=len(asked))
    shoelace = rings["area"][asked]
    same = np.abs(full - hole - shoelace) <= np.maximum(1e-12 * rounding[asked] ** 2, 1e-9 * shoelace)
    crosses[asked] = ~same
    some[asked] = full * unit[asked] >= LEAST
    holes = np.zeros(len(rings), dtype=bool)
    holes[asked] = hole * unit[asked] >= LEAST
    return Look(crosses, np.round(place, 4), holes, some)


def from_corners(shapes: Array, place: Array) -> Array:
    """How far each place (n, 2) is from the nearest corner of its polygon (n,)."""
    import shapely

    xy, of = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(of, np.arange(len(shapes)))
    away = np.hypot(*(xy - place[of]).T)
    return np.asarray(np.minimum.reduceat(away, first) if len(away) else np.empty(0))


def taken_apart(ring: Array, unit: float) -> list[Array]:
    """A ring that meets itself as rings that do not, without pieces below PIECE, but for the largest.

    A hole of LEAST or more is joined to the ring around it by a line there and back.
    """
    import shapely

    pieces = ring_geometry.mended_with_holes(shapely.Polygon(ring.reshape(-1, 2)))
    area = shapely.area(pieces)
    kept = pieces[(area * unit >= PIECE) | (area == area.max(initial=0))]
    return [np.round(ring_geometry.keyhole(each, LEAST / unit), 9) for each in kept]
