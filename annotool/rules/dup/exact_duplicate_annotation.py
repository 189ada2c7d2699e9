"""DUP001."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.geometry import groups
from annotool.rules.base import Edits, Findings, Fix, ImageRule, Op, Severity, mendable, together
from annotool.rules.dup.base import classes, crowd, geometry_texts, near_equal, partnered, rounded
from annotool.rules.targets import drops
from annotool.schema import Kind
from annotool.table import Array


class ExactDuplicateAnnotation(ImageRule):
    """An object is annotated twice: same image, same class, same geometry.

    What: boxes equal after rounding to 0.01 px, of one class in one image, whose segmentations and keypoints are
    spelled alike; or the same label of one image, twice. The second and later ones are the findings.

    Why: ultralytics removes them silently and reorders the rows (ultralytics/yolov5#5210); everyone else counts the
    object twice: in the loss, in the class balance, and as a miss in evaluation.

    Bad: the line `0 0.5 0.5 0.2 0.2` twice in one file.

    Good: the line once.

    Fix: removal of the later ones; safe only where the records are equal in all but the id.

    Source: ultralytics/yolov5#5210; the rounding is ours.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label.
    """

    code = "DUP001"
    slug = "exact-duplicate-annotation"
    severities = (Severity.WARNING,)
    verdict = ("1 annotation is written twice", "{n} annotations are written twice")
    fixes = (Fix.SAFE, Fix.UNSAFE)
    silenced_by = ("SCH002", "SCH004", "SCH006", "FMT002", "FMT003", "FMT010")
    targets = (drops("ultralytics", "keeps one of equal rows", severity=Severity.WARNING),)

    def check(self, data: Dataset) -> Findings:
        rows, firsts = duplicates(data)
        same = same_records(data, rows, firsts)
        fix = np.where(same, Fix.SAFE, Fix.UNSAFE)
        whole = data.table("annotations")["kind"][rows] == Kind.IMAGE
        return together(
            partnered(self, data, message, rows[own], firsts[own], {"same_record": same[own]}, fix=fix[own])
            for own, message in (
                (~whole, "same class and geometry as {partner}"),
                (whole, "the same label of the image as {partner}"),
            )
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, safe = mendable(findings)
        return Edits.make(
            len(keys), op=Op.DROP, table="annotations", row=keys, finding=finding, safe=safe, rule=self.code
        )


def duplicates(data: Dataset) -> tuple[Array, Array]:
    """Positions of annotations that repeat an earlier one, and of that earlier one."""
    table = data.table("annotations")
    rows = near_equal(data)
    lengths = [table[f"{name}_end"][rows] - table[f"{name}_start"][rows] for name in ("seg", "kpt")]
    first = groups.first_equal(
        table["image"][rows],
        *rounded(data, rows).T,
        *classes(data, rows).T,
        crowd(data)[rows],
        *lengths,
    )
    # Equal so far; the few that are have their texts compared.
    near = np.flatnonzero(first >= 0)
    several = np.unique(np.concatenate([near, first[near]]))
    head = np.where(first[several] >= 0, first[several], several)
    same = groups.first_equal(head, geometry_texts(data, rows[several]))
    again = same >= 0
    labels, earlier = repeated_labels(data)
    return np.append(rows[several[again]], labels), np.append(rows[several[same[again]]], earlier)


def repeated_labels(data: Dataset) -> tuple[Array, Array]:
    """The same of labels of whole images."""
    table = data.table("annotations")
    rows = np.flatnonzero((table["kind"] == Kind.IMAGE) & (table["image"] >= 0))
    first = groups.first_equal(table["image"][rows], *classes(data, rows).T)
    again = first >= 0
    return rows[again], rows[first[again]]


def same_records(data: Dataset, rows: Array, partners: Array) -> Array:
    """Whether each pair of records is equal in all but the id, bool (n,); False where there is no text to compare."""
    pairs = zip(records(data, rows), records(data, partners), strict=True)
    return np.array([bool(a) and (a == b or without_id(a) == without_id(b)) for a, b in pairs], dtype=bool)


def records(data: Dataset, rows: Array) -> list[bytes]:
    """The text of each record; empty where it has none."""
    table = data.table("annotations")
    source, start, end = (table[name][rows] for name in ("source", "start", "end"))
    files = {each: data.source_bytes(each) for each in np.unique(source[start >= 0]).tolist()}
    spans = zip(source.tolist(), start.tolist(), end.tolist(), strict=True)
    return [bytes(files[file][first:last]) if first >= 0 else b"" for file, first, last in spans]


def without_id(record: bytes) -> Any:
    """A record's content: a JSON object's keys but `id`, else its words."""
    if not record.lstrip().startswith(b"{"):
        return record.split()
    try:
        held = msgspec.json.decode(record)
    except msgspec.DecodeError:
        return record
    return {key: value for key, value in held.items() if key != "id"}
