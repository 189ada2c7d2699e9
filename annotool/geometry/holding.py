"""Boxes that hold several others: found without comparing every box with every other.

Boxes are `xywh` (n, 4) float64 in absolute pixels, half-open. The centre of what is held lies inside of what holds it.
Centres of one group are cut into bands of equally many by y, and sorted by x within each: what a box may hold is then a
run in every band that it crosses. Runs are looked at piece by piece, and who holds enough is done: neither a dense image
nor a pile of equal boxes makes n^2 comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from annotool.geometry.boxes import Bools, Floats, Ints
from annotool.geometry.groups import group_starts

__all__ = ["holders"]

IN_A_BLOCK = 1 << 17  # 1 MB an array: larger temporaries cost page faults
FIRST_LOOK = 16  # boxes of a run that are looked at first; eight times as many each next time
LOG_RANGE = 4096.0  # more than the logarithms of any two areas in float64 are apart


def holders(group: Ints, xywh: Floats, share: float, times: float, least: int) -> Ints:
    """Rows whose box holds at least `least` boxes of their group: ascending (m,) int64.

    `group` is (n,) int64, negative = in none. One box holds another if at least `share` (over .5) of that one's area
    lies inside and it is at least `times` (over 1) as large. Rows with non-finite numbers or no area are left out.
    """
    x, y, w, h = np.asarray(xywh, dtype=np.float64).T
    with np.errstate(all="ignore"):
        usable = (group >= 0) & np.isfinite(x + w) & np.isfinite(y + h) & (w > 0) & (h > 0)
        usable &= (w * h > 0) & np.isfinite(w * h)
    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(group[rows])]
    size = np.diff(group_starts(group[rows]))
    rows = rows[np.repeat(size > least, size)]
    size = size[size > least]
    run = np.repeat(np.arange(len(size)), size)
    boxes = [side[rows] for side in (x, y, x + w, y + h, w * h)]
    outer = large_enough(run, size, boxes[4], times, least)
    bands = Bands.make(run, size, boxes)
    holding = np.zeros(len(outer), dtype=bool)
    for block in blocks(bands.crossed(boxes, outer)):
        holding[block] = enough(boxes, outer[block], bands, share, times, least)
    return np.sort(rows[outer[holding]])


def large_enough(run: Ints, size: Ints, area: Floats, times: float, least: int) -> Ints:
    """Positions of about `times` the area of the box that is number `least` by area in its run, or more."""
    logs = np.log(area)
    ordered = np.sort(logs + LOG_RANGE * run)
    small = ordered[np.cumsum(size) - size + least - 1] - LOG_RANGE * np.arange(len(size))
    return np.flatnonzero(logs >= small[run] + np.log(times) - 1e-6)


def squeezed(at: Floats, group: Ints, low: float, span: float) -> Floats:
    """One number that sorts by group, then by `at`; monotone even in rounded arithmetic."""
    return np.asarray(2.0 * group + np.clip((at - low) / span, 0.0, 1.0), dtype=np.float64)


class Bands(msgspec.Struct, frozen=True):
    """Boxes sorted by run, band and x of their centre. y and x are the sorted keys, (low, span) of each axis made them;
    order: positions by x; run: of each box; start, size and bands of each run, first: its first band."""

    y: Floats
    x: Floats
    order: Ints
    axes: tuple[tuple[float, float], tuple[float, float]]
    run: Ints
    start: Ints
    size: Ints
    first: Ints
    bands: Ints

    @staticmethod
    def make(run: Ints, size: Ints, boxes: list[Floats]) -> Bands:
        """Sort boxes (x0, y0, x1, y1, area), which stand run by run."""
        centre = [(boxes[0] + boxes[2]) / 2, (boxes[1] + boxes[3]) / 2]
        ends = [np.clip((each.min(initial=0.0), each.max(initial=1.0)), -1e7, 1e7) for each in centre]
        axes = [(float(low), max(float(high - low), 1e-300)) for low, high in ends]
        bands = np.maximum((np.sqrt(size) / 4).astype(np.int64), 1)
        start, first = np.cumsum(size) - size, np.cumsum(bands) - bands
        y = squeezed(centre[1], run, *axes[1])
        by_y = np.argsort(y)
        rank = np.arange(len(run)) - start[run]
        band = np.empty_like(run)
        band[by_y] = first[run] + rank * bands[run] // size[run]
        x = squeezed(centre[0], band, *axes[0])
        order = np.argsort(x)
        return Bands(y[by_y], x[order], order, (axes[0], axes[1]), run, start, size, first, bands)

    def crossed(self, boxes: list[Floats], outer: Ints) -> Ints:
        """How many bands each of `outer` crosses."""
        low, high = self.between(boxes, outer)
        return np.asarray(np.maximum(high - low, 0))

    def between(self, boxes: list[Floats], outer: Ints) -> tuple[Ints, Ints]:
        """The first band that has centres between the upper and lower edge of each, and the one after the last."""
        run = self.run[outer]
        top = np.searchsorted(self.y, squeezed(boxes[1][outer], run, *self.axes[1])) - self.start[run]
        bottom = np.searchsorted(self.y, squeezed(boxes[3][outer], run, *self.axes[1]), side="right")
        last = bottom - self.start[run] - 1
        low = self.first[run] + top * self.bands[run] // self.size[run]
        high = self.first[run] + last * self.bands[run] // self.size[run] + 1
        return low, np.where(last < top, low, high)

    def runs(self, boxes: list[Floats], outer: Ints) -> tuple[Ints, Ints, Ints]:
        """For each of `outer` and each band it crosses: which of `outer`, and the run of `order` between its left and
        right edge as first and count."""
        low, high = self.between(boxes, outer)
        which, beyond = stretched(np.maximum(high - low, 0))
        band = low[which] + beyond
        first = np.searchsorted(self.x, squeezed(boxes[0][outer[which]], band, *self.axes[0]))
        last = np.searchsorted(self.x, squeezed(boxes[2][outer[which]], band, *self.axes[0]), side="right")
        return which, first, last - first


def enough(boxes: list[Floats], outer: Ints, bands: Bands, share: float, times: float, least: int) -> Bools:
    """Which of `outer` hold at least `least` boxes."""
    which, first, count = bands.runs(boxes, outer)
    may = np.bincount(which, weights=count, minlength=len(outer)) > least  # its own centre is among them
    held, done, piece = np.zeros(len(outer), dtype=np.int64), np.zeros(len(which), dtype=np.int64), FIRST_LOOK
    while len(left := np.flatnonzero((may & (held < least))[which] & (done < count))):
        step = np.minimum(count[left] - done[left], piece)
        for block in blocks(step):
            at, beyond = stretched(step[block])
            at = left[block][at]
            a, b = outer[which[at]], bands.order[first[at] + done[at] + beyond]
            inside = holds([side[a] for side in boxes], [side[b] for side in boxes], share, times)
            held += np.bincount(which[at[inside]], minlength=len(outer))
        done[left] += step
        piece *= 8
    return np.asarray(held >= least)


def holds(a: list[Floats], b: list[Floats], share: float, times: float) -> Bools:
    """Whether a is `times` as large as b or more, and has that share of it inside."""
    shared = np.maximum(np.minimum(a[2], b[2]) - np.maximum(a[0], b[0]), 0.0)
    shared *= np.maximum(np.minimum(a[3], b[3]) - np.maximum(a[1], b[1]), 0.0)
    return np.asarray((shared >= share * b[4]) & (a[4] >= times * b[4]))


def stretched(counts: Ints) -> tuple[Ints, Ints]:
    """Each i counts[i] times over, and 0, 1, ... counts[i] - 1 beside it."""
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)


def blocks(counts: Ints) -> Iterator[slice]:
    """Cut into slices whose counts add up to IN_A_BLOCK at most, or that have one entry."""
    after = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(after[start - 1]) if start else 0
        stop = max(int(np.searchsorted(after, before + IN_A_BLOCK, side="right")), start + 1)
        yield slice(start, stop)
        start = stop
