"""FMT001: boxes and polygons in one YOLO dataset."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    ERROR,
    WARNING,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    Op,
    found,
    mendable,
    worded,
    written_in,
)
from annotool.rules.targets import drops_image, misreads, of_image
from annotool.schema import Kind
from annotool.table import Array, Table

NAMED = ("annotation", "image", "category", "source", "line", "start", "end", "kind")


class State(msgspec.Struct, frozen=True):
    """Rows that are boxes, rows that are outlines, files wholly of each, the rows of files that hold both; of a pose
    dataset the rows without keypoints, and how many fields a row should have (0: no pose)."""

    boxes: int
    outlines: int
    box_files: int
    outline_files: int
    mixed: Table
    bare: Table
    fields: int


class YoloMixedRows(DatasetRule[State]):
    """YOLO rows of boxes and of polygons stand together.

    What: rows of 5 fields beside rows of 7 and more in one file: those of the kind that is rarer in the
    dataset are named. Files of boxes beside files of polygons are one warning a dataset. In a pose
    dataset (kpt_shape in data.yaml) each row of 5 fields, which has no keypoints, is named.

    Why: where a file holds one polygon, ultralytics drops the image; before it did (8.4.190 does), it read the
    boxes as polygons too: 4 numbers became 2 points, a wrong box that nothing reported
    (ultralytics/ultralytics#25657). Where files differ it keeps all boxes and throws all polygons of the
    dataset away, with one line in the log
    (ultralytics/ultralytics#24992, ultralytics/ultralytics#1008, ultralytics/ultralytics#897). For the task pose it
    drops each image with a row of another length.

    Bad: `0 0.5 0.5 0.2 0.2` and `0 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3` in one file

    Good: `0 0.5 0.5 0.2 0.2` and `0 0.2 0.2 0.2 0.2`

    Fix: unsafe: among boxes a polygon becomes its box, among polygons a box becomes its four corners. None
    for whole files.

    Source: verify_image_label of ultralytics/data/utils.py;
    https://github.com/ultralytics/ultralytics/pull/25657
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; data/dataset.py
    YOLODataset.verify_labels.
    """

    code = "FMT001"
    slug = "yolo-mixed-rows"
    severities = (ERROR, WARNING)
    fixes = (Fix.UNSAFE,)
    formats = ("yolo",)
    silenced_by = ("SCH004", "FMT002")
    verdict = (
        "1 YOLO row is of another kind than the rest",
        "{n} YOLO rows are of another kind than the rest",
    )
    targets = (
        drops_image("ultralytics", "drops the whole image", when=of_image),
        misreads("ultralytics", "uses the boxes only; for the task segment it stops"),
    )

    def partial(self, shard: Dataset) -> State:
        rows = shard.table("annotations")
        yolo = written_in(shard, rows, self.formats)
        box = (rows["kind"] == Kind.BOX) & yolo
        outline = ((rows["kind"] == Kind.POLYGON) | (rows["kind"] == Kind.OBB)) & yolo
        files = len(shard.table("sources"))
        has_box = np.bincount(rows["source"][box], minlength=files) > 0
        has_outline = np.bincount(rows["source"][outline], minlength=files) > 0
        both = np.append(has_box & has_outline, False)
        mixed = Table({name: rows[name] for name in NAMED}).take((box | outline) & both[rows["source"]])
        shape = dict(shard.facts.get("task", {})).get("kpt_shape")
        fields = 5 + int(shape[0]) * int(shape[1]) if shape else 0
        bare = box & (rows["kpt_start"] < 0) & (fields > 0)
        alone = int((has_box & ~has_outline).sum()), int((has_outline & ~has_box).sum())
        return State(int(box.sum()), int(outline.sum()), *alone, mixed,
                     Table({name: rows[name] for name in NAMED}).take(bare), fields)  # fmt: skip

    def merge(self, states: Sequence[State]) -> State:
        return State(
            sum(state.boxes for state in states),
            sum(state.outlines for state in states),
            sum(state.box_files for state in states),
            sum(state.outline_files for state in states),
            Table.concat([state.mixed for state in states]),
            Table.concat([state.bare for state in states]),
            states[0].fields,
        )

    def finish(self, state: State) -> Findings:
        if state.fields:
            message = "a row of 5 fields in a pose dataset: expected {fields}, with keypoints (0 0 0 where there are none)"
            return found(self, message, state.bare, values={"fields": state.fields})
        counts = {"boxes": state.boxes, "outlines": state.outlines}
        odd = (state.mixed["kind"] == Kind.BOX) != (state.boxes > state.outlines)
        rare, rest = ("polygon", "boxes") if state.boxes > state.outlines else ("box", "polygons")
        every = worded("{boxes:,} box[|es]", state.boxes), worded("{outlines:,} polygon[|s]", state.outlines)
        message = f"a {{rare}} in a file with {{rest}} ({', '.join(every)} in the dataset)"
        values = {"rare": rare, "rest": rest, **counts}
        findings = found(self, message, state.mixed, take=odd, fix=Fix.UNSAFE, values=values)
        if state.box_files and state.outline_files:
            files = {"box_files": state.box_files, "outline_files": state.outline_files}
            message = "{box_files:,} file[ holds|s hold] boxes only, {outline_files:,} polygons only"
            message = worded(message, state.box_files)
            findings += found(self, message, severity=WARNING, values=counts | files)
        return findings

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        at, keys, _ = mendable(findings)
        rows = data.table("annotations").take(keys)
        return Edits.make(
            len(at),
            op=Op.BYTES,
            table="sources",
            row=rows["source"],
            start=rows["start"],
            end=rows["end"],
            new=[text(*row) for row in spelled(rows)],
            finding=at,
            safe=False,
            rule=self.code,
        )


def spelled(rows: Table) -> list[tuple[int, bool, int, list[float]]]:
    """Return for each row its class index, whether it is a box, decimals to write, and x y w h in
    fractions."""
    xywh = np.stack([rows[column] for column in ("xn", "yn", "wn", "hn")], axis=1)
    decimals = np.maximum(rows["decimals"], 6)
    box = rows["kind"] == Kind.BOX
    columns: list[Array] = [rows["category_id"], box, decimals, xywh]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def text(index: int, box: bool, decimals: int, xywh: list[float]) -> str:
    """Return the row of the other kind: a box as its four corners, an outline as its box."""
    x, y, w, h = xywh
    numbers = [x, y, x + w, y, x + w, y + h, x, y + h] if box else [x + w / 2, y + h / 2, w, h]
    # Half a width has one decimal more than a width.
    return " ".join([str(index), *(f"{number:.{decimals + 1}f}" for number in numbers)])
