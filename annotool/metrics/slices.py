"""The same numbers for parts of a dataset: by size, by how often a category is seen, by split, by what an audit found.

| slice | parts |
|---|---|
| size | small, medium, large, as COCO has them |
| frequency | categories seen in at most 10 images of this dataset (rare), at most 100 (common), more (frequent), as LVIS has them |
| split | images of each split, where there are several |
| finding | images with and without a finding, then images with each rule's |
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Findings
from annotool.metrics.coco_ap import Curves, Judged, curves, summary
from annotool.metrics.parts import membership
from annotool.metrics.scene import Scene
from annotool.table import Array, Table

__all__ = ["finding_parts", "slice_table", "split_parts"]

RARE, COMMON = 10, 100
Row = tuple[str, str, int, int, float, float, float]
COLUMNS = ("slice", "part", "images", "objects", "AP", "AP50", "AR100")


def slice_table(sides: Scene, judged: Judged, whole: Curves, parts: Mapping[tuple[str, str], Array]) -> Table:
    """One row a part: slice, part, images, objects, AP, AP50, AR100. `parts` are bool masks by position in `images`."""
    rows = [*by_size(sides, judged, whole), *by_frequency(sides, judged, whole)]
    for (slice_name, part), mask in parts.items():
        inside = mask[sides.images]
        own = summary(curves(sides, judged, inside))
        objects = int((judged.counts[:, 0] & inside[sides.truths["image"]]).sum())
        rows.append((slice_name, part, int(inside.sum()), objects, own["AP"], own["AP50"], own["AR100"]))
    kinds = ("O", "O", "i8", "i8", "f8", "f8", "f8")
    columns = zip(*rows, strict=True)
    return Table(
        {
            name: np.array(values, dtype=kind)
            for name, kind, values in zip(COLUMNS, kinds, columns, strict=True)
        }
    )


def by_size(sides: Scene, judged: Judged, whole: Curves) -> list[Row]:
    rows: list[Row] = []
    for at, size in enumerate(("small", "medium", "large"), 1):
        sized = [at] * 4
        own = summary(Curves(whole.precision[..., sized], whole.score[..., sized], whole.recall[:, :, sized]))
        mine = judged.counts[:, at]
        images = len(np.unique(sides.truths["image"][mine]))
        rows.append(("size", size, images, int(mine.sum()), own["AP"], own["AP50"], own["AR100"]))
    return rows


def by_frequency(sides: Scene, judged: Judged, whole: Curves) -> list[Row]:
    truths, k = sides.truths, len(sides.names)
    own = judged.counts[:, 0]
    shown = np.unique(truths["label"][own] * (len(sides.images) + 1) + truths["image"][own])
    label = shown // (len(sides.images) + 1)
    seen = np.bincount(label, minlength=k)
    objects = np.bincount(truths["label"][own], minlength=k)
    rows: list[Row] = []
    masks = {"rare": seen <= RARE, "common": (seen > RARE) & (seen <= COMMON), "frequent": seen > COMMON}
    for part, mask in masks.items():
        part_of = Curves(whole.precision[:, :, mask], whole.score[:, :, mask], whole.recall[:, mask])
        numbers = summary(part_of)
        images = len(np.unique(shown[mask[label]] % (len(sides.images) + 1)))
        rows.append(
            (
                "frequency",
                part,
                images,
                int(objects[mask].sum()),
                numbers["AP"],
                numbers["AP50"],
                numbers["AR100"],
            )
        )
    return rows


def split_parts(data: Dataset) -> dict[tuple[str, str], Array]:
    """The images of each split, where there are two or more."""
    members = membership(data)
    return {("split", name): mask for name, mask in members.items() if name and len(members) > 2}


def finding_parts(data: Dataset, findings: Findings) -> dict[tuple[str, str], Array]:
    """The images with and without a finding, and those of each rule; a finding on no image is in none."""
    n = len(data.table("images"))
    found: dict[str, Array] = {}
    some = np.zeros(n, dtype=bool)
    for block in findings.blocks:
        rows = data.image_rows(block.columns["image"])
        mask = found.setdefault(block.rule, np.zeros(n, dtype=bool))
        mask[rows[rows >= 0]] = True
        some |= mask
    both = {("finding", "without any"): ~some, ("finding", "with any"): some}
    return {**both, **{("finding", code): mask for code, mask in sorted(found.items()) if mask.any()}}
