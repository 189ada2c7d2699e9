"""FMT007: where the corners of a dataset contradict each other, or the base its user gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.formats.voc.corners import Evidence
from annotool.formats.voc.document import parse
from annotool.table import Array, Table

__all__ = ["file_contradictions"]

DISAGREES = (
    "voc_base is {base}, but the boxes look {inferred}: {zeros} start at 0, {ones} at 1, "
    "{at_width} end at the width or height"
)
TOO_FEW = (
    "{zeros} of {boxes} boxes start at 0, which counting from 1 knows not; only {edge_touching} touch an edge, too few "
    "to tell: read as {base}; set voc_base if that is wrong"
)
MIXED = "two ways of counting: {zeros} boxes start at 0, {ones} at 1, {twos} at 2; all are read as {base}"
ZERO = "xmin {xmin:g}, ymin {ymin:g}: this dataset counts from 1 ({ones} boxes start at 1, {zeros} at 0)"


def file_contradictions(
    evidence: Evidence, corners: Array, annotations: Table, files: Sequence[bytes], problems: Problems
) -> None:
    """File what contradicts the base. corners: as written, one row an annotation; files: the sources' bytes."""
    zero = np.flatnonzero((corners[:, :2] == 0).any(axis=1))
    zeros = annotations.take(zero)
    if evidence.decided == "option" and evidence.inferred not in ("", evidence.base):
        once(problems, DISAGREES, Severity.ERROR, zeros, evidence)
    elif not len(zero) or evidence.decided == "marker":
        return
    elif evidence.decided == "assumed":
        once(problems, TOO_FEW, Severity.WARNING, zeros, evidence)
    elif evidence.base == "1-inclusive":
        for row, (xmin, ymin, *_) in enumerate(corners[zero].tolist()):
            each(problems, zeros, row, evidence, files, xmin=xmin, ymin=ymin)
    elif evidence.mixed:
        once(problems, MIXED, Severity.ERROR, zeros, evidence)


def once(problems: Problems, message: str, severity: Severity, zeros: Table, evidence: Evidence) -> None:
    """File one finding for the dataset, at the first box that starts at 0."""
    source, line = (int(zeros["source"][0]), int(zeros["line"][0])) if len(zeros) else (-1, 0)
    problems.add("FMT007", message, severity=severity, source=source, line=line, **evidence.facts())


def each(
    problems: Problems, zeros: Table, row: int, evidence: Evidence, files: Sequence[bytes], **values: Any
) -> None:
    keys = ("source", "image", "annotation", "category", "line", "start", "end")
    place: dict[str, Any] = {name: int(zeros[name][row]) for name in keys}
    index = int(zeros["index"][row])
    mend = ones_for_zeros(files[place["source"]], index) if place["start"] >= 0 else None
    if mend:
        place.update(start=mend[0], end=mend[1], fix=Fix.UNSAFE, new=mend[2])
    problems.add(
        "FMT007", ZERO, severity=Severity.ERROR, pointer=f"/annotation/object[{index + 1}]",
        ones=evidence.ones, zeros=evidence.zeros, **place, **values,
    )  # fmt: skip


def ones_for_zeros(data: bytes, index: int) -> tuple[int, int, str] | None:
    """Return the bytes from the first to the last zero corner of an object, and what they become; None: no such."""
    document = parse(data)
    boxes = document.root.all("object")[index].first("bndbox") if document.root else None
    corners = [box for tag in ("xmin", "ymin") if boxes and (box := boxes.first(tag)) and not box.children]
    spans = sorted(
        (document.inner(each), each.stop) for each in corners if each.text.strip().strip("0.") == ""
    )
    if not spans:
        return None
    start, end = spans[0][0], spans[-1][1]
    between = data[spans[0][1] : spans[-1][0]] if len(spans) > 1 else b""
    return start, end, "1" + between.decode("utf-8", "replace") + "1" * (len(spans) > 1)
