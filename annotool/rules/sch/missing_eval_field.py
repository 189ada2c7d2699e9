"""SCH003: annotations that COCO's evaluation cannot take."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import rle
from annotool.rules.base import (
    ERROR,
    WARNING,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    found,
    mendable,
    together,
    written_in,
)
from annotool.rules.sch.base import columns
from annotool.rules.targets import stops, value_is
from annotool.schema import Kind
from annotool.table import Array, Table

NAMED = ("annotation", "image", "category", "source", "line", "start", "end")


class State(msgspec.Struct, frozen=True):
    """Rows of each source, and the rows that lack a field: NAMED, and whether it can be made."""

    rows: Array
    lacking: dict[str, Table]


class MissingEvalField(DatasetRule[State]):
    """A COCO annotation has no area or no iscrowd.

    What: an annotation with a geometry but without `area` or `iscrowd`. Where no annotation of a file has the
    key, that is one warning a file; where some have it, an error each. LVIS has no iscrowd, and needs none.

    Why: pycocotools reads both without asking: KeyError in the middle of an evaluation
    (cocodataset/cocoapi#374, open-mmlab/mmdetection#804, PaddlePaddle/PaddleDetection#2832).

    Bad: `{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 20]}`

    Good: `{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 20], "area": 800, "iscrowd": 0}`

    Fix: safe: area becomes that of the mask, of the polygons added up, or else w * h; iscrowd becomes 0. None
    for the area of a box without area.

    Source: pycocotools/cocoeval.py reads gt["area"] and gt["iscrowd"];
    https://github.com/cocodataset/cocoapi/issues/374
    Of the consumers: pycocotools 2.0.11 cocoeval.py COCOeval.evaluateImg; pytorch/vision
    references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info.
    """

    code = "SCH003"
    slug = "missing-eval-field"
    severities = (ERROR, WARNING)
    fixes = (Fix.SAFE,)
    formats = ("coco",)
    silenced_by = ("SCH002", "SCH004")
    verdict = ("1 annotation lacks area or iscrowd", "{n} annotations lack area or iscrowd")
    targets = (
        stops("torchvision", "stops: KeyError", many="annotations"),
        stops("mmdet", "stops: KeyError", when=value_is("field", "area"), many="annotations"),
        stops("coco-eval", "stops: KeyError", many="annotations"),
    )

    def partial(self, shard: Dataset) -> State:
        rows = shard.table("annotations")
        judged = written_in(shard, rows, self.formats) & (rows["kind"] > Kind.IMAGE)
        told = shard.problems.of("SCH002", "SCH004").column("annotation")
        if len(told):  # of a NaN or a null they speak; one finding of the whole file would say it again
            judged &= ~np.isin(rows["annotation"], told)
        lacking = {}
        for field, absent in absences(shard).items():
            lacks = absent & judged
            own = columns(rows, NAMED).with_columns(can=mend(rows, field))
            lacking[field] = own if lacks.all() else own.take(lacks)  # a key absent everywhere costs no copy
        count = np.bincount(rows["source"][judged], minlength=len(shard.table("sources")))
        return State(count, lacking)

    def merge(self, states: Sequence[State]) -> State:
        lacking = {f: Table.concat([state.lacking[f] for state in states]) for f in states[0].lacking}
        return State(np.sum([state.rows for state in states], axis=0), lacking)

    def finish(self, state: State) -> Findings:
        return together(self.of_field(state, field) for field in state.lacking)

    def of_field(self, state: State, field: str) -> Findings:
        rows = state.lacking[field]
        count = np.bincount(rows["source"], minlength=len(state.rows))
        whole = (count == state.rows) & (count > 0)
        sources = np.flatnonzero(whole)
        can = np.bincount(rows["source"][rows["can"]], minlength=len(state.rows))[sources] > 0
        one = found(
            self,
            "no annotation has {field} (of {annotations:,})",
            count=len(sources),
            severity=WARNING,
            source=sources,
            fix=np.where(can, Fix.SAFE, Fix.NONE),
            values={"field": field, "annotations": count[sources]},
        )
        some = rows.take(~whole[rows["source"]])
        fix = np.where(some["can"], Fix.SAFE, Fix.NONE)
        each = found(
            self, "{field} is absent, others in the file have it", some, fix=fix, values={"field": field}
        )
        return one + each

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        parts, before = [], 0
        for part in findings.blocks:
            field = str(part.values["field"][0])
            at, annotations, _ = mendable(Findings((part,)))
            _, sources, _ = mendable(Findings((part,)), "source")
            if (annotations < 0).any():
                annotations, at = self.in_files(data, field, sources, at)
            parts.append(
                Edits.make(
                    len(at),
                    table="annotations",
                    column=field,
                    row=annotations,
                    new=areas(data, annotations) if field == "area" else 0,
                    finding=at + before,
                    rule=self.code,
                )
            )
            before += len(part)
        return Edits.concat(parts)

    def in_files(self, data: Dataset, field: str, sources: Array, findings: Array) -> tuple[Array, Array]:
        """Return the annotations of these files that lack the field, and the finding that speaks of each."""
        rows = data.table("annotations")
        finding = np.full(len(data.table("sources")) + 1, -1, dtype=np.int64)
        finding[sources] = findings
        lacks = absences(data)[field] & mend(rows, field) & (rows["kind"] > Kind.IMAGE)
        chosen = np.flatnonzero(lacks & (finding[rows["source"]] >= 0))
        return rows["annotation"][chosen], finding[rows["source"][chosen]]


def absences(data: Dataset) -> dict[str, Array]:
    """Return, for each field that is needed, which annotations lack it."""
    rows = data.table("annotations")
    absent = {"area": np.isnan(rows["area"])}
    return absent if data.facts.get("lvis") else {**absent, "iscrowd": rows["iscrowd"] < 0}


def mend(rows: Table, field: str) -> Array:
    """Return whether the field can be made of what a row has."""
    if field == "iscrowd":
        return np.ones(len(rows), dtype=bool)
    possible: Array = (rows["w"] > 0) & (rows["h"] > 0) & np.isfinite(rows["w"] * rows["h"])
    return possible


def areas(data: Dataset, annotations: Array) -> Array:
    """Return each annotation's area: of its mask, of its polygons added up, or else w * h (float64, px^2)."""
    rows = data.table("annotations")
    known = rows["w"] * rows["h"]
    rings = data.rings
    drawn = np.bincount(rings["row"], weights=np.abs(rings["area"]), minlength=len(rows))
    known = np.where(np.isfinite(drawn) & (drawn > 0), drawn, known)
    masks = annotations[rows["kind"][annotations] == Kind.RLE]
    for name, decoder in data.decoders.items():
        formats = data.table("sources")["format"][rows["source"][masks]]
        own = masks[formats == name]
        if decoder.rle and len(own):
            decoded = [rle.area(mask[0]) if mask else 0 for mask in decoder.rle(data, own)]
            known[own] = np.where(np.array(decoded) > 0, decoded, known[own])
    return np.asarray(known[annotations])
