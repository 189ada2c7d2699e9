"""FMT007: where the corners of a dataset contradict each other, or the base its user gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from annotool.findings import Fix, Severity
from annotool.formats.base import Problems
from annotool.formats.voc.corners import Evidence
from annotool.formats.voc.document import Document, parse
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
        documents = {source: parse(files[source]) for source in dict.fromkeys(zeros["source"].tolist())}
        for row, (xmin, ymin, *_) in enumerate(corners[zero].tolist()):
            document = documents[int(zeros["source"][row])]
            each(problems, zeros, row, evidence, document, xmin=xmin, ymin=ymin)
    elif evidence.mixed:
        once(problems, MIXED, Severity.ERROR, zeros, evidence)


def once(problems: Problems, message: str, severity: Severity, zeros: Table, evidence: Evidence) -> None:
    """File one finding for the dataset, at the first box that starts at 0."""
    source, line = (int(zeros["source"][0]), int(zeros["line"][0])) if len(zeros) else (-1, 0)
    problems.add("FMT007", message, severity=severity, source=source, line=line, **evidence.facts())


def each(
    problems: Problems, zeros: Table, row: int, evidence: Evidence, document: Document, **values: Any
) -> None:
    keys = ("source", "image", "annotation", "category", "line", "start", "end")
    place: dict[str, Any] = {name: int(zeros[name][row]) for name in keys}
    index = int(zeros["index"][row])
    mend = ones_for_zeros(document, index) if place["start"] >= 0 else None
    if mend:
        place.update(start=mend[0], end=mend[1], fix=Fix.UNSAFE, new=mend[2])
    problems.add(
        "FMT007", ZERO, severity=Severity.ERROR, pointer=f"/annotation/object[{index + 1}]",
        ones=evidence.ones, zeros=evidence.zeros, **place, **values,
    )  # fmt: skip


def ones_for_zeros(document: Document, index: int) -> tuple[int, int, str] | None:
    """Return the bytes from the first to the last zero corner of an object, and what they become; None: no such."""
    box = document.root.all("object")[index].first("bndbox") if document.root else None
    corners = [each for tag in ("xmin", "ymin") if box and (each := box.first(tag)) and not each.children]
    zeros = [each for each in corners if not document.text(each).strip().strip("0.")]
    spans = sorted((document.inner(each), each.stop) for each in zeros)
    if not spans:
        return None
    between = document.data[spans[0][1] : spans[-1][0]].decode("utf-8", "replace")
    return spans[0][0], spans[-1][1], f"1{between}1" if len(spans) > 1 else "1"
