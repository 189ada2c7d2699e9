"""FMT009: categories that only group others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, DatasetRule, Edits, Findings, Fix, Op, found, mendable
from annotool.rules.fmt.base import Owned, grouping, owned, summed
from annotool.rules.targets import misreads


class CocoPhantomCategory(DatasetRule[Owned]):
    """A category only groups others and owns no annotation.

    What: a COCO category that others name as their supercategory and that no annotation has, as Roboflow
    writes one with id 0. Converting to YOLO leaves it out of the class numbers, and says so.

    Why: a trainer that counts categories builds a head with one class too many (roboflow/rf-detr#1303), and
    all class numbers move by one against an export that leaves it out (roboflow/roboflow-100-benchmark#45).

    Bad: `[{"id": 0, "name": "pets", "supercategory": "none"}, {"id": 1, "name": "cat", "supercategory":
    "pets"}]`

    Good: `[{"id": 1, "name": "cat", "supercategory": "pets"}]`

    Fix: unsafe: the category goes, in every file that has it.

    Source: https://github.com/roboflow/rf-detr/issues/1303
    Of the consumers: detectron2 data/datasets/coco.py load_coco_json at 910b796 (thing_classes).
    """

    code = "FMT009"
    slug = "coco-phantom-category"
    severities = (WARNING,)
    verdict = ("1 category only groups others", "{n} categories only group others")
    fixes = (Fix.UNSAFE,)
    formats = ("coco",)
    targets = (misreads("detectron2", "learns an output for it", severity=WARNING),)

    def partial(self, shard: Dataset) -> Owned:
        return owned(shard)

    def merge(self, states: Sequence[Owned]) -> Owned:
        return summed(states)

    def finish(self, state: Owned) -> Findings:
        phantom = np.flatnonzero(grouping(state))
        labels, first = np.unique(state.categories["label"][phantom], return_index=True)
        files = np.bincount(state.categories["label"][phantom], minlength=1)[labels]
        rows = phantom[np.sort(first)]
        values = {"name": state.categories["name"][rows], "files": files[np.argsort(first)]}
        message = "category {name} only groups others and owns no annotation"
        return found(self, message, state.categories, take=rows, fix=Fix.UNSAFE, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings, "category")
        table = data.table("categories")
        finding = np.full(int(table["label"].max(initial=-1)) + 1, -1, dtype=np.int64)
        finding[table["label"][keys]] = at
        rows = np.flatnonzero(grouping(owned(data)) & (finding[table["label"]] >= 0))
        return Edits.make(
            len(rows),
            op=Op.DROP,
            table="categories",
            row=table["category"][rows],
            finding=finding[table["label"][rows]],
            safe=False,
            rule=self.code,
        )
