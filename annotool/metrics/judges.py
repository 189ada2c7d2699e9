"""pycocotools itself, fed from a scene: who does not want to take our word for its numbers lets it say them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from annotool.metrics.coco_ap import Curves
from annotool.metrics.masks import Mask
from annotool.metrics.scene import Scene
from annotool.table import Array, Table

__all__ = ["pycocotools_curves"]


def pycocotools_curves(sides: Scene, masks: tuple[Sequence[Mask], Sequence[Mask]] | None = None) -> Curves:
    """Return what COCOeval works out; of boxes, or of the masks of truths and guesses."""
    with redirect_stdout(io.StringIO()):
        from pycocotools.cocoeval import COCOeval

        outlines = masks or ([], [])
        run = COCOeval(
            in_memory(sides, sides.truths, sides.boxes("truths"), outlines[0]),
            in_memory(sides, sides.guesses, sides.boxes("guesses"), outlines[1]),
            "bbox" if masks is None else "segm",
        )
        run.evaluate()
        run.accumulate()
    held = run.eval
    return Curves(held["precision"][..., 2], held["scores"][..., 2], held["recall"])


def in_memory(sides: Scene, table: Table, boxes: Array, outlines: Sequence[Mask]) -> Any:
    """A COCO of one table, with an id a row; a truth that COCOeval never counts as found has the id 0."""
    from pycocotools.coco import COCO

    n = len(table)
    lost = table["lost"] if "lost" in table else np.zeros(n, dtype=bool)
    numbers = np.where(lost, 0, np.arange(n) + 1)
    columns = {
        "id": numbers,
        "image_id": table["image"],
        "category_id": table["label"],
        "area": table["area"],
        "score": table["score"] if "score" in table else np.zeros(n),
        "iscrowd": table["crowd"].astype(int) if "crowd" in table else np.zeros(n, dtype=int),
        "bbox": boxes,
    }
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    for record, mask in zip(records, outlines, strict=False):
        record["segmentation"] = mask
    held = COCO()
    held.dataset = {
        "images": [
            {"id": at, "height": 0, "width": 0} for at in range(len(sides.images))
        ],  # masks bring theirs
        "categories": [{"id": at, "name": name} for at, name in enumerate(sides.names)],
        "annotations": records,
    }
    held.createIndex()
    return held
