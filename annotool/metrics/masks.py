"""Masks of truths and guesses as pycocotools encodes them, and how much they overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.rle import MOST_PIXELS, string_from_counts, summary
from annotool.metrics.scene import Scene, swapped
from annotool.schema import Kind
from annotool.table import Array, Table

__all__ = ["Mask", "encoded", "mask_overlap", "with_mask_areas"]

Mask = dict[str, Any]
"""size [height, width] and counts, the compressed text as bytes."""

AT_ONCE = 255  # masks: of more, mask.area of pycocotools 2.0 fails with numpy 2
FAR = 1e6  # pixels: what reaches farther is a fault, and drawing it would take all memory


def encoded(data: Dataset, sides: Scene) -> tuple[list[Mask], list[Mask]]:
    """Return the masks of all truths and all guesses. What has no outline is its box, as COCO.loadRes makes it; what
    cannot be drawn (rings of one or two points, runs that do not fill the mask, an image of unknown size) is empty."""
    sizes = np.stack([data.table("images")[c][sides.images] for c in ("height", "width")], axis=1)
    return (
        drawn(data, sides.truths, sides.boxes("truths"), sizes),
        drawn(swapped(data), sides.guesses, sides.boxes("guesses"), sizes),
    )


def drawn(data: Dataset, table: Table, boxes: Array, sizes: Array) -> list[Mask]:
    from pycocotools import mask as api

    known = (sizes >= 1).all(axis=1) & (sizes <= FAR).all(axis=1) & (sizes.prod(axis=1) <= MOST_PIXELS)
    height, width = np.where(known[:, None], sizes, 0).astype(np.int64)[table["image"]].T
    shapes = outlines(data, table["row"])
    masks: list[Mask] = []
    for row, box, h, w in zip(table["row"].tolist(), boxes, height.tolist(), width.tolist(), strict=True):
        shape = shapes.get(row)
        if isinstance(shape, dict):
            masks.append(shape)
            continue
        x0, y0, x1, y1 = box[0], box[1], box[0] + box[2], box[1] + box[3]
        rings = shape or [np.array([x0, y0, x0, y1, x1, y1, x1, y0])]
        whole = [ring for ring in rings if len(ring) >= 6 and (np.abs(ring) <= FAR).all()] if h else []
        parts = api.frPyObjects(whole, h, w) if whole else [empty(max(h, 1), max(w, 1))]
        masks.append(parts[0] if len(parts) == 1 else api.merge(parts))
    return masks


def empty(height: int, width: int) -> Mask:
    return {"size": [height, width], "counts": string_from_counts([height * width]).encode()}


def outlines(data: Dataset, rows: Array) -> dict[int, Mask | list[Array]]:
    """The mask, or the rings, of each of these annotations that has some, by position."""
    wanted = np.zeros(len(data.table("annotations")), dtype=bool)
    wanted[rows] = True
    found: dict[int, Mask | list[Array]] = {}
    for block, decoder in data.decoded(Kind.POLYGON):
        block = block[wanted[block]]
        if not len(block):
            continue
        runs = decoder.rle(data, block) if decoder.rle is not None else [None] * len(block)
        sound = summary(runs)["sound"].tolist()
        for row, mask, good in zip(block.tolist(), runs, sound, strict=True):
            if good and mask is not None:
                found[row] = {"size": list(mask[1]), "counts": string_from_counts(mask[0]).encode()}
            elif mask is not None:
                found[row] = empty(1, 1)
        rest = np.array([row for row in block.tolist() if row not in found], dtype=np.int64)
        if len(rest):
            rings = decoder.rings(data, rest)
            parts = np.split(rings.xy, rings.offsets[1:-1]) if len(rings.row) else []
            for row, ring in zip(rings.row.tolist(), parts, strict=True):
                held = found.setdefault(row, [])
                assert isinstance(held, list)
                held.append(ring)
    return found


def mask_overlap(
    guesses: Sequence[Mask], truths: Sequence[Mask], image: Array, crowd: Array
) -> Callable[[Array, Array], Array]:
    """Return the `iou` of masks for matching.overlaps; image int64 (guesses,), crowd bool (truths,)."""
    from pycocotools import mask as api

    def iou(guess: Array, truth: Array) -> Array:  # every guess with every truth of its image, guess by guess
        found = np.zeros(len(guess))
        own = image[guess]
        cuts = np.flatnonzero(np.append(True, own[1:] != own[:-1])[: len(own)])
        for low, high in zip(cuts.tolist(), [*cuts[1:].tolist(), len(own)], strict=True):
            some = np.unique(guess[low:high]).tolist()
            mine = truth[low : low + (high - low) // len(some)].tolist()
            share = api.iou([guesses[at] for at in some], [truths[at] for at in mine], crowd[mine].tolist())
            found[low:high] = share.ravel()
        return found

    return iou


def with_mask_areas(data: Dataset, sides: Scene, masks: Sequence[Mask]) -> Scene:
    """The scene with the guesses' area that of the mask where no box was written, as COCO.loadRes has it."""
    from pycocotools import mask as api

    derived = data.table("predictions")["bbox_derived"][sides.guesses["row"]]
    area = np.array(sides.guesses["area"])
    these = np.flatnonzero(derived).tolist()
    for low in range(0, len(these), AT_ONCE):
        rows = these[low : low + AT_ONCE]
        area[rows] = api.area([masks[row] for row in rows])
    return replace(sides, guesses=sides.guesses.with_columns(area=area))
