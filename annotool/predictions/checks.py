"""What is wrong with predictions that could be read: images and categories nobody knows, scores, and repeats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annotool.findings import Findings, Severity
from annotool.formats.base import Problems
from annotool.geometry.groups import first_equal
from annotool.predictions.categories import Kinds
from annotool.predictions.forms import Doubt
from annotool.predictions.images import Matched
from annotool.predictions.results import CODE, References, Results, fault_rows
from annotool.schema import NO_ID
from annotool.table import Array, Table

__all__ = ["class_misfits", "misfits"]

SHOWN = 5  # names in a message


def misfits(results: Results, rows: Table, images: Matched, kinds: Kinds, boxes: Doubt | None) -> Findings:
    """Return the faults of rows joined to a dataset; a cause that holds for all of them is one finding, as what is wrong
    with all `boxes`."""
    problems = Problems()
    pointer = results.facts.get("pointer", "")
    if boxes:
        source, line = int(rows["source"][0]), int(rows["line"][0])
        wrong, severity = boxes
        problems.add(CODE, "boxes {wrong}", source=source, line=line, severity=severity, wrong=wrong)
    unknown(problems, rows, results.images, images.rows, images.wrong, "image", pointer)
    unknown(problems, rows, results.categories, kinds.rows, kinds.wrong, "category", pointer)
    score = rows["score"]
    outside = np.flatnonzero((score < 0) | (score > 1))
    message = "score {score:g} is not between 0 and 1"
    fault_rows(problems, rows, outside, message, pointer=pointer, score=score[outside])
    again = repeats(results)
    message = "the very same result stands at {first} already"
    first = first_places(rows, again, pointer)
    fault_rows(
        problems, rows, np.flatnonzero(again >= 0), message, Severity.WARNING, pointer=pointer, first=first
    )
    return problems.findings()


def class_misfits(
    rows: Table,
    images: Matched,
    results: Results,
    lost: Sequence[str],
    missing: Sequence[str],
    twice: Sequence[str],
) -> Findings:
    """Return what does not fit of scores of whole images: their rows, and the names of classes without a partner, or with
    one that another column before has too."""
    problems = Problems()
    unknown(problems, rows, results.images, images.rows, images.wrong, "image", "")
    first = first_equal(images.rows)
    again = np.flatnonzero((first >= 0) & (images.rows >= 0))
    message = "scores of this image stand in line {first} already, which counts"
    fault_rows(problems, rows, again, message, Severity.WARNING, first=rows["line"][first[again]])
    source = int(rows["source"][0]) if len(rows) else -1
    for name in lost:
        message = "the ground truth has no category {name!r}: its scores are not used"
        problems.add(CODE, message, source=source, line=1, name=name)
    for name in twice:
        message = "{name!r} is a category that another column has too: the first counts"
        problems.add(CODE, message, source=source, line=1, severity=Severity.WARNING, name=name)
    if missing and len(rows):
        message = "no score of {names}: taken as 0"
        more = len(missing) - SHOWN
        told = ", ".join(missing[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        problems.add(
            CODE, message, source=source, line=1, severity=Severity.WARNING, count=len(missing), names=told
        )
    return problems.findings()


def unknown(
    problems: Problems, rows: Table, called: References, found: Array, wrong: str, what: str, pointer: str
) -> None:
    """File what is not known: once for each id or name, at its first row."""
    if wrong:
        source, line = int(rows["source"][0]), int(rows["line"][0])
        message = "{what} ids {wrong}; no prediction is scored"
        problems.add(CODE, message, source=source, line=line, what=what, wrong=wrong)
        return
    lost = np.flatnonzero(found < 0)
    names = called.name_of if called.name_of is not None else np.full(len(found), -1)
    by_name = lost[names[lost] >= 0]
    by_id = lost[(names[lost] < 0) & (called.ids[lost] != NO_ID)]
    code, first, count = np.unique(names[by_name], return_index=True, return_counts=True)
    spelled = np.empty(len(code), dtype=object)
    spelled[:] = [called.names[at] for at in code.tolist()]
    message = "the ground truth has no {what} {name!r}, or several: {count} not scored"
    fault_rows(problems, rows, by_name[first], message, pointer=pointer, what=what, name=spelled, count=count)
    code, first, count = np.unique(called.ids[by_id], return_index=True, return_counts=True)
    message = "the ground truth has no {what} {id}: {count} not scored"
    fault_rows(problems, rows, by_id[first], message, pointer=pointer, what=what, id=code, count=count)


def repeats(results: Results) -> Array:
    """For each row the first one that says the same, -1 where none does."""
    rows = results.rows
    who = results.images.name_of if results.images.name_of is not None else rows["image_id"]
    box = [rows[name] for name in ("x", "y", "w", "h")]
    if np.isnan(rows["x"]).all():
        box = [rows[name] for name in ("xn", "yn", "wn", "hn")]
    first = first_equal(rows["score"], *box, who, rows["image_id"], rows["category_id"], rows["source"])
    shaped = np.flatnonzero((first >= 0) & (rows["seg_start"] >= 0))
    for row in shaped.tolist():  # few: those equal in all else
        if outline(results, row) != outline(results, int(first[row])):
            first[row] = -1
    return first


def outline(results: Results, row: int) -> bytes:
    rows, sources = results.rows, results.sources
    source = int(rows["source"][row])
    at = int(sources["start"][source])
    held = results.buffers[int(sources["buffer"][source])]
    return bytes(held[at + int(rows["seg_start"][row]) : at + int(rows["seg_end"][row])])


def first_places(rows: Table, first: Array, pointer: str) -> Array:
    """Where the first of equal rows stands, in words."""
    heads = first[first >= 0]
    places = np.empty(len(heads), dtype=object)
    column, word = ("index", pointer) if pointer else ("line", "line ")
    places[:] = [f"{word}{number}" for number in rows[column][heads].tolist()]
    return places
