"""SCH006: annotations of one file with the same id."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.dataset import Dataset
from annotool.geometry.groups import first_equal
from annotool.rules.base import ERROR, DatasetRule, Edits, Findings, Fix, found, mendable, written_in
from annotool.rules.sch.base import columns, free_ids
from annotool.rules.targets import misreads, stops
from annotool.schema import NO_ID
from annotool.table import Table

NAMED = ("annotation", "image", "category", "source", "id", "line", "start", "end", "index")


class DuplicateAnnotationId(DatasetRule[Table]):
    """An annotation id is used twice in one file.

    What: the second and later annotations of a file with an id that another one has. Other files may use it
    again.

    Why: pycocotools keeps one of them; the loss rises slowly and nothing says why
    (open-mmlab/mmdetection#4782), detectron2 and mmdetection stop with an assertion
    (open-mmlab/mmdetection#4897). CVAT once wrote 0 for all (cvat-ai/cvat#2155).

    Bad: `[{"id": 7, "image_id": 1}, {"id": 7, "image_id": 2}]`

    Good: `[{"id": 7, "image_id": 1}, {"id": 8, "image_id": 2}]`

    Fix: safe: the later record gets the largest id of the file + 1; all others keep theirs.

    Source: https://github.com/open-mmlab/mmdetection/issues/4782
    Of the consumers: detectron2 data/datasets/coco.py load_coco_json at 910b796; mmdet 3.3.0
    datasets/coco.py CocoDataset.load_data_list; pycocotools 2.0.11 coco.py COCO.loadAnns; torchvision
    0.29.1 datasets/coco.py CocoDetection.
    """

    code = "SCH006"
    slug = "duplicate-annotation-id"
    severities = (ERROR,)
    fixes = (Fix.SAFE,)
    formats = ("coco",)
    verdict = ("1 annotation id is used again", "{n} annotation ids are used again")
    targets = (
        misreads("torchvision", "takes the last annotation of an id for all of them"),
        stops("detectron2", "stops: it asserts that ids are unique"),
        stops("mmdet", "stops: it asserts that ids are unique"),
        misreads("coco-eval", "takes the last annotation of an id for all of them"),
    )

    def partial(self, shard: Dataset) -> Table:
        rows = shard.table("annotations")
        judged = written_in(shard, rows, self.formats) & (rows["id"] != NO_ID)
        own = columns(rows, NAMED)
        return own if judged.all() else own.take(judged)

    def merge(self, states: Sequence[Table]) -> Table:
        return Table.concat(list(states))

    def finish(self, state: Table) -> Findings:
        first = first_equal(state["source"], state["id"])
        twice = np.flatnonzero(first >= 0)
        values = {"id": state["id"][twice], "first": state["index"][first[twice]]}
        message = "annotation id {id} was used before, by /annotations/{first}"
        return found(self, message, state, take=twice, fix=Fix.SAFE, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, annotations, _ = mendable(findings)
        ids, sources = data.table("annotations")["id"], data.table("annotations")["source"]
        parts = []
        for source in np.unique(sources[annotations]).tolist():
            own = np.flatnonzero(sources[annotations] == source)
            new = free_ids(ids[sources == source], len(own))
            parts.append(
                Edits.make(
                    len(own),
                    table="annotations",
                    column="id",
                    row=annotations[own],
                    new=new,
                    finding=at[own],
                    rule=self.code,
                )
            )
        return Edits.concat(parts)
