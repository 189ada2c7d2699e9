"""A dataset without some of its images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from annotool.dataset import Dataset
from annotool.table import Array, Table

__all__ = ["without"]


def without(data: Dataset, rows: Array) -> Dataset:
    """Return a dataset without the images at these positions and all that belongs to them, to be written, not audited:
    its problems and predictions are left out. Annotations of no image stay.
    """
    images = data.table("images")
    stays = np.ones(len(images), dtype=bool)
    stays[rows] = False
    new = np.append(np.where(stays, np.cumsum(stays) - 1, -1), -1)  # by old position; the last is for none
    tables = {"images": renumbered(images.take(stays), "image")}
    for name, key in (("annotations", "annotation"), ("splits", "")):
        table = data.table(name)
        at = data.image_rows(table["image"])
        kept = (at < 0) | stays[at]
        moved = table.take(kept).with_columns(image=new[at[kept]])
        tables[name] = renumbered(moved, key) if key else moved
    cut = {name: column[stays] for name, column in data.joined.items()}
    return replace(
        data,
        tables={
            **data.tables,
            **tables,
            "predictions": data.table("predictions").take(np.empty(0, np.int64)),
        },
        problems=type(data.problems)(),
        probed=data.image_headers.take(stays) if data.images_checked != "none" else None,
        measured=data.measured.take(stays) if data.measured is not None else None,
        joined=cut,
        probabilities=None,
    )


def renumbered(table: Table, key: str) -> Table:
    return table.with_columns(**{key: np.arange(len(table), dtype=np.int64)})
