"""The findings as a queue: what pays most comes first, each with what its fix would do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import Edits, Findings, Fix, Op, Severity
from annotool.fingerprint import alike, fingerprints, rows_of
from annotool.fixes.changes import scores as score_of_prediction
from annotool.reviewing.folder import Item
from annotool.reviewing.ids import label_id, sample_id
from annotool.reviewing.samples import Frame, clamped, field_of, label_names
from annotool.rules.base import Rule
from annotool.table import Array

__all__ = ["items", "scores", "worded"]

BASE = np.array([0.1, 0.5, 1.0])  # info, warning, error
EACH_MORE, MOST = (
    0.05,
    0.3,
)  # for other findings on the same record: where several rules agree, somebody erred
SURE = 0.1  # at most, for what a model says: never as much as the next severity
QUALITIES = {  # which value of a rule's findings is a label-error score: 0 to 1, low: likely wrong
    "LBL001": "score", "PRD001": "quality", "PRD002": "quality", "PRD003": "quality", "PRD004": "met",
}  # fmt: skip


def scores(severity: Array, record: Array, fixable: Array, quality: Array | None = None) -> Array:
    """Return what a look at each finding is worth, 0 to 1.45: its severity, what else speaks against its record, how
    sure a model is that the label is wrong, and a little for a fix at hand, which costs one click.

    severity int8; record int64, -1 none; fixable bool; quality of the label, float64 from 0, which a model is sure is
    wrong, to 1; NaN: no model was asked.
    """
    counts = np.zeros(len(record))
    named = record >= 0
    _, place, many = np.unique(record[named], return_inverse=True, return_counts=True)
    counts[named] = many[place.reshape(-1)] - 1
    sure = 0.0 if quality is None else SURE * (1 - np.nan_to_num(quality, nan=1.0))
    worth = BASE[severity] + np.minimum(EACH_MORE * counts, MOST) + 0.05 * fixable + sure
    return np.asarray(np.round(worth, 3), dtype=np.float64)


def qualities(findings: Findings) -> Array:
    """Return the label-error score of each finding, float64, 0 to 1, low: likely wrong; NaN where it has none."""
    told = [np.empty(0)]
    for part in findings.blocks:
        own = part.values.get(QUALITIES.get(part.rule, ""), np.nan)
        told.append(np.broadcast_to(np.asarray(own, dtype=np.float64), len(part)))
    return np.asarray(np.clip(np.concatenate(told), 0, 1))


def items(
    data: Dataset, findings: Findings, rules: Mapping[str, Rule], shown: Frame, marks: Array, asked: Array
) -> list[Item]:
    """Return the findings that are `asked` as the queue of a review, the best first; fingerprints are those among all.
    Those of images that are not shown have no
    sample, for they can be decided in the table alone."""
    prints, many = fingerprints(data, findings)[asked], alike(data, findings)[asked].tolist()
    ends = iter(np.split(asked, np.cumsum([len(part) for part in findings.blocks])[:-1]))
    findings = findings.where(lambda _: next(ends))
    annotation, image = findings.column("annotation"), findings.column("image")
    rows, named = rows_of(data, annotation)
    severity, fix = findings.column("severity"), findings.column("fix")
    quality = qualities(findings)
    score = scores(severity, np.where(named, rows, -1), fix > Fix.NONE, quality)
    rule = findings.column("rule")
    order = np.lexsort((np.arange(len(score)), rows, image, np.nan_to_num(quality), rule, -score))
    told = [part.text(at) for part in findings.blocks for at in range(len(part))]
    codes = findings.column("rule").tolist()
    mends = proposals(data, findings, rules, shown)
    names, files = data.names_of(findings.column("category")), data.table("images")["file_name"]
    visible = dict(zip(shown.images.tolist(), shown.size.tolist(), strict=True))
    fields = dict(zip(shown.rows.tolist(), zip(field_of(data, shown), label_names(data, shown), strict=True), strict=True))  # fmt: skip
    sources, lines = data.table("sources")["file"], findings.column("line")
    source = findings.column("source")
    predicted = score_of_prediction(findings).tolist()
    seats = dict(zip(shown.rows.tolist(), seen_at(shown), strict=True))
    queue = []
    for number, at in enumerate(order.tolist()):
        row, on = int(rows[at]), bool(named[at])
        mend, place = mends.get(at, ("", None))
        seen = int(image[at]) in visible
        field, name = fields[row] if on and row in fields else ("", "")
        whole = field.startswith("image_label")
        queue.append(
            Item(
                number=number, fingerprint=prints[at], rule=codes[at],
                slug=rules[codes[at]].slug if codes[at] in rules else codes[at],
                severity=Severity(int(severity[at])).name.lower(), score=float(score[at]), message=told[at],
                file=str(files[int(image[at])]) if image[at] >= 0 else "",
                sample=sample_id(int(image[at])) if seen else "",
                label=label_id(field, row) if field else "", field=field, box=str(marks[row]) if on else "",
                category=str(names[at]), fix=Fix(int(fix[at])).name.lower(), proposal=mend, place=place,
                shown=place if not on else seats.get(row) if field and not whole else None, size=visible.get(int(image[at])), name=name,
                where=(str(sources[source[at]]) + (f":{lines[at]}" if lines[at] else "")) if source[at] >= 0 else "",
                predicted=predicted[at], alike=many[at],
            )
        )  # fmt: skip
    return queue


def seen_at(shown: Frame) -> list[tuple[float, float, float, float]]:
    """Where the App shows each box of a frame, fractions."""
    boxes = np.where(shown.drawn[:, None], shown.shown, clamped(shown.shown))
    return [(x, y, w, h) for x, y, w, h in boxes.tolist()]


Proposal = tuple[str, tuple[float, float, float, float] | None]


def proposals(
    data: Dataset, findings: Findings, rules: Mapping[str, Rule], shown: Frame
) -> dict[int, Proposal]:
    """What the fix of each finding would do, in words, and the box it would make, in fractions; by position."""
    found: dict[int, Proposal] = {}
    first = 0
    at_row = dict(zip(shown.rows.tolist(), shown.of.tolist(), strict=True))
    for part in findings.blocks:
        rule = rules.get(part.rule)
        if rule is not None and rule.fixes and (part.columns["fix"] > Fix.NONE).any():
            keep = np.flatnonzero(part.columns["fix"] > Fix.NONE)
            edits = rule.fix(data, Findings((part.take(keep),)))
            for at, mine in grouped(edits).items():
                found[first + int(keep[at])] = said(data, edits.take(np.array(mine)), shown, at_row)
        first += len(part)
    return found


def grouped(edits: Edits) -> dict[int, list[int]]:
    by: dict[int, list[int]] = {}
    for at, finding in enumerate(edits["finding"].tolist()):
        by.setdefault(finding, []).append(at)
    return by


def said(data: Dataset, edits: Edits, shown: Frame, at_row: Mapping[int, int]) -> Proposal:
    words: list[str] = []
    place = None
    names = ("op", "table", "column", "row", "new")
    for op, table, column, row, new in zip(*(edits[name].tolist() for name in names), strict=True):
        words.append(worded(data, op, table, column, new))
        if (table, column) == ("annotations", "bbox") and row in at_row:
            place = fractions(new, shown.size[at_row[row]])
        if op == Op.ADD and (image := int(np.searchsorted(shown.images, row))) in range(len(shown.images)):
            place = fractions(new.box, shown.size[image]) if shown.images[image] == row else None
    return "; ".join(dict.fromkeys(words)), place


def fractions(box: Sequence[float], size: Array) -> tuple[float, float, float, float] | None:
    side = np.array(box, dtype=np.float64) / np.tile(size, 2)
    x, y, w, h = side.tolist()
    return (x, y, w, h) if np.isfinite(side).all() else None


def worded(data: Dataset, op: int, table: str, column: str, new: Any) -> str:
    """Return one edit in words."""
    one = {"annotations": "box", "images": "image record", "categories": "class", "sources": "file"}.get(
        table, table
    )
    if op == Op.DROP:
        return f"delete the {one}"
    if op == Op.BYTES:
        return f"write {short(new)}" if new else "delete the text"
    if op == Op.CREATE:
        return f"add the file {column}"
    if op == Op.ADD:
        box = " ".join(f"{side:.6g}" for side in new.box)
        return f"add a box of {data.names_of(np.array([new.category]))[0]} at {box}"
    if column == "path":
        return f"rename the image file to {os.path.basename(new)}"
    if column == "category":
        return f"relabel to {data.names_of(np.array([new]))[0]}"
    if column == "rings":
        return "delete outline " + ", ".join(str(ring) for ring in new)
    if column == "bbox":
        return "set the box to " + " ".join(f"{side:.6g}" for side in new)
    return f"set {column} to {short(new)}"


def short(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else re.sub(r"\s+", " ", str(value))
    return text if len(text) <= 40 else f"{text[:37]}..."
