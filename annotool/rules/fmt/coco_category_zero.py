"""FMT008: the category id that many trainers keep for the background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, DatasetRule, Edits, Findings, Fix, found, mendable, worded
from annotool.rules.fmt.base import Owned, grouping, owned, summed
from annotool.rules.targets import misreads
from annotool.table import Array


class CocoCategoryZero(DatasetRule[Owned]):
    """A real category has the id 0.

    What: a COCO category with id 0 that does not only group others. One finding a dataset: some tools number
    from 0.

    Why: torchvision's detectors take label 0 for the background; Datumaro makes its labels None
    (open-edge-platform/datumaro#156, open-edge-platform/datumaro#974); ultralytics' converter subtracts 1 and
    writes class -1. Other trainers want a 0 (Peterande/D-FINE#89), so ask yours.

    Bad: `"categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}]`

    Good: `"categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]`

    Fix: unsafe: 0 and the ids that follow it without a gap go up by one, in categories and annotations; their
    order stays.

    Source: https://github.com/open-edge-platform/datumaro/issues/974, docs/en/guides/coco-to-yolo.md of
    ultralytics.
    Of the consumers: torchvision 0.29.1 models/detection/roi_heads.py fastrcnn_loss; pytorch/vision
    references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; ultralytics 8.4.190
    data/converter.py convert_coco.
    """

    code = "FMT008"
    slug = "coco-category-zero"
    severities = (WARNING,)
    verdict = ("1 annotation is of a category 0", "{n} annotations are of a category 0")
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    targets = (
        misreads("torchvision", "takes class 0 for the background", many="annotations"),
        misreads(
            "ultralytics", "writes it as class -1 (convert_coco)", formats=("coco",), many="annotations"
        ),
    )

    def partial(self, shard: Dataset) -> Owned:
        return owned(shard)

    def merge(self, states: Sequence[Owned]) -> Owned:
        return summed(states)

    def finish(self, state: Owned) -> Findings:
        zero = np.flatnonzero(zeros(state))
        count = int(state.count[zero].sum())
        values = {
            "name": state.categories["name"][zero[:1]],
            "annotations": count,
            "files": len(zero),
        }
        message = "category {name} has the id 0 ({annotations:,} annotation[|s])"
        message = worded(message, count)
        return found(self, message, state.categories, take=zero[:1], fix=Fix.UNSAFE, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, _, _ = mendable(findings, "category")
        if not len(at):
            return Edits.make(0)
        tables = {"categories": data.table("categories"), "annotations": data.table("annotations")}
        parts = []
        sources = tables["categories"]["source"]
        for source in np.unique(sources[zeros(owned(data))]).tolist():
            last = run_from_zero(tables["categories"]["id"][sources == source])
            for table, column, key in (
                ("categories", "id", "category"),
                ("annotations", "category_id", "annotation"),
            ):
                ids = tables[table][column]
                rows = np.flatnonzero((tables[table]["source"] == source) & (ids >= 0) & (ids <= last))
                parts.append(
                    Edits.make(
                        len(rows),
                        table=table,
                        column=column,
                        row=tables[table][key][rows],
                        new=ids[rows] + 1,
                        finding=at[0],
                        safe=False,
                        rule=self.code,
                    )
                )
        return Edits.concat(parts)


def zeros(state: Owned) -> Array:
    """Return which categories have the id 0 and do not only group others (bool)."""
    real: Array = (state.categories["id"] == 0) & state.coco & ~grouping(state)
    return real


def run_from_zero(ids: Array) -> int:
    """Return the last of the ids 0, 1, 2 ... that follow each other without a gap."""
    known = np.unique(ids[ids >= 0])
    return int(np.flatnonzero(known == np.arange(len(known)))[-1])
