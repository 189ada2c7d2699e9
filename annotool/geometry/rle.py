"""Run-length masks as COCO writes them: `counts` is (runs,) int64, runs of zeros and ones in turn, zeros first,
down the columns; `size` is (height, width) in pixels.

The compressed spelling puts six bits in a character from '0' on: five of the value, lowest first, and one that
says more follow; the fifth bit of the last character is the sign. From the fourth run on the difference to the
run two before is written. Source: common/maskApi.c of cocodataset/cocoapi, with which we agree to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST = 12  # characters a run: 60 bits

MOST_PIXELS = 1 << 31  # a mask that claims more is a lie, and decoding it would take all memory


def counts_from_string(text: str | bytes) -> Ints:
    """Runs of a compressed mask. Raises ValueError where the text is not one."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    bits = np.frombuffer(raw, np.uint8).astype(np.int64) - 48
    wrong = np.flatnonzero((bits < 0) | (bits > 63))
    if len(wrong):
        raise ValueError(f"character {int(wrong[0]) + 1} of the counts is none of a compressed mask")
    if not len(bits):
        return np.empty(0, np.int64)
    if bits[-1] & 32:
        raise ValueError("the counts end in the middle of a run")
    last = np.flatnonzero(bits & 32 == 0)
    starts = np.append(0, last[:-1] + 1)
    length = last - starts + 1
    if length.max() > LONGEST:
        raise ValueError(f"a run of {int(length.max())} characters in the counts")
    shift = 5 * (np.arange(len(bits)) - np.repeat(starts, length))
    runs = np.add.reduceat((bits & 31) << shift, starts)
    runs -= np.where(bits[last] & 16, np.left_shift(np.int64(1), 5 * length), 0)
    for offset in (1, 2):
        runs[offset::2] = np.cumsum(runs[offset::2])
    return runs


def string_from_counts(counts: ArrayLike) -> str:
    """The compressed spelling of the runs. Raises ValueError where a run is negative or 2^32 or more."""
    runs = np.asarray(counts, dtype=np.int64)
    if len(runs) and (runs.min() < 0 or runs.max() >= 2**32):
        raise ValueError("a run of a mask must be at least 0 and below 2^32")
    steps = runs.copy()
    steps[3:] -= runs[1:-2]
    rest = steps[:, None] >> 5 * np.arange(8)
    bits = rest[:, :-1] & 31
    ends = rest[:, 1:] == np.where(bits & 16, -1, 0)
    stop = ends.argmax(axis=1)[:, None]
    place = np.arange(7)
    characters = (bits | np.where(place < stop, 32, 0)) + 48
    return str(characters[place <= stop].astype(np.uint8).tobytes(), "ascii")


def area(counts: ArrayLike) -> int:
    """Pixels of the mask."""
    return int(np.asarray(counts, dtype=np.int64)[1::2].sum())


def extent(counts: ArrayLike, size: Sequence[int]) -> Floats:
    """Smallest box around the mask: (4,) float64 x, y, w, h; all 0 for an empty mask."""
    start, stop = _ones(counts)
    if not len(start):
        return np.zeros(4)
    height = int(size[0])
    x0, x1 = int(start[0]) // height, (int(stop[-1]) - 1) // height + 1
    wraps = start // height != (stop - 1) // height
    y0 = 0 if wraps.any() else int((start % height).min())
    y1 = height if wraps.any() else int(((stop - 1) % height).max()) + 1
    return np.array([x0, y0, x1 - x0, y1 - y0], dtype=np.float64)


def summary(masks: Sequence[tuple[Ints, tuple[int, int]] | None]) -> dict[str, NDArray[Any]]:
    """Columns of (counts, (height, width)), one entry a mask; None is one that cannot be read.

    readable bool; height, width int64 (0: none below 2^31); runs, total int64 (pixels that the runs cover); sound bool
    (a size, no negative run, total is height * width); area, x0 y0 x1 y1 float64 px (extent), NaN where not sound, 0 and
    NaN where empty.
    """
    none = np.empty(0, np.int64)
    held = [none if mask is None else np.asarray(mask[0], dtype=np.int64) for mask in masks]
    sizes = [(0, 0) if mask is None else mask[1] for mask in masks]
    limited = [size if all(0 < side < MOST_PIXELS for side in size) else (0, 0) for size in sizes]
    height, width = np.array(limited, dtype=np.int64).reshape(-1, 2).T
    runs = np.array([len(each) for each in held], dtype=np.int64)
    counts = np.concatenate([none, *held])
    of = np.repeat(np.arange(len(masks)), runs)
    wild = np.bincount(of[(counts < 0) | (counts > MOST_PIXELS)], minlength=len(masks)) > 0
    counts = np.where(wild[of], 0, counts)
    ends = np.append(0, np.cumsum(counts))
    first = np.append(0, np.cumsum(runs))
    total = ends[first[1:]] - ends[first[:-1]]
    sound = ~wild & (height > 0) & (height * width <= MOST_PIXELS) & (total == height * width)
    ones = (np.arange(len(counts)) - first[of]) % 2 == 1
    ones &= (counts > 0) & sound[of]
    of, start, stop = of[ones], (ends[:-1] - ends[first[of]])[ones], (ends[1:] - ends[first[of]])[ones]
    area = np.bincount(of, weights=stop - start, minlength=len(masks))
    x0, y0, x1, y1 = _extents(of, start, stop, height, len(masks))
    return {
        "readable": np.array([mask is not None for mask in masks], dtype=bool),
        "height": height,
        "width": width,
        "runs": runs,
        "total": total,
        "sound": sound,
        "area": np.where(sound, area, np.nan),
        "x0": x0,
        "y0": y0,
        "x1": x1,
        "y1": y1,
    }


def _extents(of: Ints, start: Ints, stop: Ints, height: Ints, masks: int) -> Floats:
    """Extents (4, masks) x0 y0 x1 y1 of runs of ones from pixel `start` to `stop` of the mask `of`; NaN for none."""
    result = np.full((4, masks), np.nan)
    if len(of):
        tall = height[of]
        left, right = start // tall, (stop - 1) // tall
        whole = left != right  # a run over the end of a column covers a last and a first row
        top = np.where(whole, 0, start % tall)
        bottom = np.where(whole, tall, (stop - 1) % tall + 1)
        cuts = np.flatnonzero(np.append(True, of[1:] != of[:-1]))
        some = of[cuts]
        result[0, some], result[1, some] = np.minimum.reduceat(left, cuts), np.minimum.reduceat(top, cuts)
        result[2, some] = np.maximum.reduceat(right, cuts) + 1
        result[3, some] = np.maximum.reduceat(bottom, cuts)
    return result


def polygons(counts: ArrayLike, size: Sequence[int]) -> tuple[list[Floats], int]:
    """Outer rings of the mask along its pixel borders, exact, and how many holes they hide.

    Each ring is flat float64 x0, y0, x1, y1 ..., open, corners only, and touches itself nowhere: parts that meet
    at a corner are apart, and so are holes.
    """
    outer, holes = outlines(counts, size)
    return outer, len(holes)


def outlines(counts: ArrayLike, size: Sequence[int]) -> tuple[list[Floats], list[Floats]]:
    """Outer rings of the mask, as `polygons` has them, and the rings of its holes, alike."""
    pixels, left = _columns_with_ones(counts, int(size[0]))
    corners, following = _corners(pixels)
    outer: list[Floats] = []
    holes: list[Floats] = []
    for ring in _traced(corners, following):
        x, y = min(ring)
        filled = pixels[x + 1, y + 1]  # what lies right of and below the first corner lies inside the ring
        (outer if filled else holes).append(np.add(ring, (left, 0), dtype=np.float64).ravel())
    return outer, holes


def why_invalid(counts: Any, size: Any) -> str:
    """Why the value of `counts` and `size` of a COCO segmentation is no mask, "" where it is one."""
    if not (
        isinstance(size, list | tuple) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)
    ):
        return f"size: expected [height, width], got {size!r:.40}"
    if size[0] * size[1] > MOST_PIXELS:
        return f"size: {size[0]} x {size[1]} is larger than any image"
    if isinstance(counts, str | bytes):
        try:
            runs = counts_from_string(counts)
        except ValueError as error:
            return str(error)
    elif isinstance(counts, list | tuple) and all(type(n) is int for n in counts):
        runs = np.array(counts, dtype=object)
    else:
        return f"counts: expected a string or a list of integers, got {counts!r:.40}"
    if (runs < 0).any():
        return f"counts: run {int(np.argmax(runs < 0)) + 1} is negative"
    if (total := int(runs.sum())) != size[0] * size[1]:
        return f"counts cover {total} pixels, size {size[0]} x {size[1]} has {size[0] * size[1]}"
    return ""


def _ones(counts: ArrayLike) -> tuple[Ints, Ints]:
    """First pixel, and the one after the last, of each run of ones that has a pixel; down the columns."""
    runs = np.asarray(counts, dtype=np.int64)
    stop = np.cumsum(runs)[1::2]
    length = runs[1::2]
    return (stop - length)[length > 0], stop[length > 0]


def _columns_with_ones(counts: ArrayLike, height: int) -> tuple[NDArray[np.bool_], int]:
    """The columns of the mask from its first one to its last: (columns + 2, height + 2) bool, a border of zeros
    around them; and the number of columns left out before.
    """
    start, stop = _ones(counts)
    if not len(start):
        return np.zeros((2, 2), dtype=bool), 0
    left, right = int(start[0]) // height, (int(stop[-1]) - 1) // height + 1
    steps = np.zeros((right - left) * height + 1, np.int8)
    steps[start - left * height] += 1
    steps[stop - left * height] -= 1
    pixels = np.cumsum(steps[:-1], dtype=np.int8).reshape(right - left, height)
    return np.pad(pixels.astype(bool), 1), left


def _corners(pixels: NDArray[np.bool_]) -> tuple[Ints, list[int]]:
    """Corners (n, 2) x, y of the border between zeros and ones, sorted, and the next of each along its row.

    In sorted order corners 2k and 2k + 1 are the ends of a vertical edge; sorted by row they pair up into
    horizontal edges. Where two ones meet only at a corner it stands twice, once for each.
    """
    a, b, c, d = pixels[:-1, :-1], pixels[:-1, 1:], pixels[1:, :-1], pixels[1:, 1:]
    twice = (a == d) & (b == c) & (a != b)
    x, y = np.nonzero((a ^ b ^ c ^ d) | twice)
    again = twice[x, y]
    falling = np.repeat(a[x, y], 1 + again)  # the ones are upper left and lower right
    corners = np.repeat(np.column_stack((x, y)), 1 + again, axis=0)
    copy = np.append(False, (corners[1:] == corners[:-1]).all(axis=1))[: len(corners)]
    by_row = np.lexsort((np.where(falling, copy, ~copy), corners[:, 0], corners[:, 1]))
    following = np.empty(len(corners), np.int64)
    following[by_row[0::2]] = by_row[1::2]
    following[by_row[1::2]] = by_row[0::2]
    return corners, following.tolist()


def _traced(corners: Ints, following: list[int]) -> Iterator[list[tuple[int, int]]]:
    """The rings through the corners, cut into loops where one meets itself."""
    points = [(x, y) for x, y in corners.tolist()]
    seen = [False] * len(points)
    for start in range(0, len(points), 2):
        ring: list[tuple[int, int]] = []
        place: dict[tuple[int, int], int] = {}
        at = start
        while not seen[at]:
            for corner in (at, at ^ 1):
                seen[corner] = True
                point = points[corner]
                if point in place:
                    loop = ring[place[point] :]
                    del ring[place[point] :]
                    for passed in loop:
                        del place[passed]
                    yield loop
                place[point] = len(ring)
                ring.append(point)
            at = following[at ^ 1]
        if ring:
            yield ring
