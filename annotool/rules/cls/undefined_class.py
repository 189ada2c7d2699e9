"""CLS001."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.findings import spread
from annotool.rules.base import DatasetRule, Findings, Severity, explained_ids, found, unkept, written_in
from annotool.rules.targets import drops, drops_image, stops
from annotool.schema import NO_ID
from annotool.table import Array, Table

NAMED = ("image", "annotation", "category", "source", "line", "start", "end")
MESSAGES = {
    "id": "category id {written} is not declared ({known})",
    "number": "class {written} is not declared; {known}",
    "text": "class {written!r} is not declared; {known}",
}


class Undeclared(msgspec.Struct, frozen=True):
    """Annotations of no declared class, with what they have instead (`written`) and which of MESSAGES tells it
    (`kind`); the categories; how many of these each source lost; whether data.yaml numbers its names wrongly.
    """

    rows: Table
    categories: Table
    unkept: Array
    renumbered: bool


class UndefinedClass(DatasetRule[Undeclared]):
    """An annotation has a class that is declared nowhere.

    What: a COCO category_id without a category, a YOLO class index at or beyond the number of names, a VOC name that
    the dataset's list of labels lacks. Nothing is said where the cause is told: of a COCO file in which no more ids
    are missing than category records could not be read (SCH002) or repeat an id (SCH005), and of YOLO labels whose
    data.yaml numbers its names from another number than 0 (FMT004).

    Why: training stops with an IndexError, a CUDA assert or a KeyError (ultralytics/yolov5#1538, #7692, #8713;
    detectron2), or the annotation is skipped silently (mmdetection, FiftyOne).

    Bad: `12 0.5 0.5 0.1 0.1` where `names` has 12 entries, 0 to 11.

    Good: `11 0.5 0.5 0.1 0.1`.

    Fix: none: declare the class, or correct it.

    Source: ultralytics/yolov5#1538, #7692, #8713.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; detectron2
    data/datasets/coco.py load_coco_json at 910b796; mmdet 3.3.0 datasets/coco.py
    CocoDataset.parse_data_info; mmdet 3.3.0 datasets/xml_style.py XMLDataset.parse_data_info; pycocotools
    2.0.11 cocoeval.py COCOeval._prepare.
    """

    code = "CLS001"
    slug = "undefined-class"
    severities = (Severity.ERROR,)
    silenced_by = ("SCH001", "SCH002", "FMT002")
    verdict = (
        "1 annotation has a class that is not declared",
        "{n} annotations have a class that is not declared",
    )
    targets = (
        drops_image("ultralytics", "drops the whole image"),
        stops("detectron2", "stops: KeyError"),
        drops("mmdet", "drops the annotation"),
        drops("coco-eval", "never sees it"),
    )

    def partial(self, shard: Dataset) -> Undeclared:
        table, categories = shard.table("annotations"), shard.table("categories")
        category = table["category"]
        hit = category < 0
        if shard.facts.get("declared_categories") and len(categories):
            hit = hit | (categories["source"][category] < 0)
        rows = table.take(np.flatnonzero(hit))
        number = (rows["category"] < 0) & (rows["category_id"] != NO_ID)
        kind = np.where(number, np.where(written_in(shard, rows, ("coco",)), "id", "number"), "text")
        names = np.where(rows["category"] < 0, originals(shard, rows), shard.names_of(rows["category"]))
        written = np.where(number, rows["category_id"].astype(object), names)
        own = Table({name: rows[name] for name in NAMED}).with_columns(kind=kind, written=written)
        return Undeclared(own, categories, unkept(shard, "categories"), wrongly_numbered(shard))

    def merge(self, states: Sequence[Undeclared]) -> Undeclared:
        return Undeclared(
            Table.concat([each.rows for each in states]),
            states[0].categories,
            np.sum([each.unkept for each in states], axis=0),
            any(each.renumbered for each in states),
        )

    def finish(self, state: Undeclared) -> Findings:
        rows, categories = state.rows, state.categories
        declared = len(np.unique(categories["label"][categories["source"] >= 0]))
        said = f"there {'is' if declared == 1 else 'are'} {declared}"
        findings = Findings()
        for kind, message in MESSAGES.items():
            own = rows.take(rows["kind"] == kind)
            known = spread(said, len(own))
            if kind == "id":
                ids = own["written"].astype(np.int64)
                own = own.take(~explained_ids(own["source"], ids, categories, state.unkept))
                of_source = {
                    each: ids_declared(categories, each) for each in np.unique(own["source"]).tolist()
                }
                known = spread([of_source[each] for each in own["source"].tolist()], len(own))
            if kind == "number" and state.renumbered:
                continue
            count = np.full(len(own), declared)
            values = {"written": own["written"], "declared": count, "known": known}
            findings += found(self, message, own, values=values)
        return findings


def ids_declared(categories: Table, source: int) -> str:
    """Say how many category ids a file declares, and from which to which: `6 are, ids 1 to 6`."""
    ids = np.unique(categories["id"][(categories["source"] == source) & (categories["id"] != NO_ID)]).tolist()
    if len(ids) < 2:
        return f"1 is, id {ids[0]}" if ids else "none is"
    return f"{len(ids)} are, ids {ids[0]} to {ids[-1]}"


def wrongly_numbered(data: Dataset) -> bool:
    """Return whether names in data.yaml are numbered without a gap, but not from 0."""
    return any("first" in part.values for part in data.problems.of("FMT004").blocks)


def originals(data: Dataset, rows: Table) -> Array:
    """The text of each row's category id as written (object array); empty where it is not kept."""
    odd = data.table("originals")
    mine = (odd["table"] == "annotations") & (odd["column"] == "category_id")
    raw = dict(zip(odd["row"][mine].tolist(), odd["raw"][mine].tolist(), strict=True))
    keys = rows["annotation"].tolist() if raw else [0] * len(rows)
    return np.array([raw.get(key, "") for key in keys], dtype=object)
