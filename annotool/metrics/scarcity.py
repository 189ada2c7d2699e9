"""Which categories have too little to learn from, by thresholds that people decide by.

| measure | below | what it is worth |
|---|---|---|
| annotations | 10 | too few to measure anything on |
| annotations | 100 | few: repeat, weigh, or collect |
| annotations | 1000 | less than many guides ask for |
| share | .01 | of the split's annotations: drowned by the others |
"""

from __future__ import annotations

import numpy as np

from annotool.table import Table

__all__ = ["FEW", "LIMITS", "SHARE", "scarce"]

FEW = (10, 100, 1000)  # annotations
SHARE = 0.01
LIMITS = (*(("annotations", few) for few in FEW), ("share", SHARE))


def scarce(categories: Table) -> Table:
    """Return one row a split, threshold and category below it, of a balance's categories.

    Columns split, measure (annotations or share), below, category, value. A category of 3 annotations is below 10, 100
    and 1000: it has three rows. Categories without annotations count; of a split without any there is no share.
    """
    split = categories["split"].astype(str)
    some = np.isin(split, split[categories["instances"] > 0])
    parts = []
    for measure, below in LIMITS:
        values = categories["instances" if measure == "annotations" else "share"]
        mine = (values < below) & (some | (measure == "annotations"))
        held = categories.take(mine)
        parts.append(
            Table(
                {
                    "split": held["split"],
                    "measure": np.array([measure] * len(held), dtype=object),
                    "below": np.full(len(held), below, dtype=np.float64),
                    "category": held["category"],
                    "value": values[mine].astype(np.float64),
                }
            )
        )
    return Table.concat(parts)
