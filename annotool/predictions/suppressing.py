"""Non-maximum suppression of a predictions file: what is suppressed goes, every other byte stays."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotool.errors import UsageError
from annotool.formats.base import ReadOptions
from annotool.formats.coco.patch import cuts
from annotool.metrics.nms import nms
from annotool.output import staged, write_file
from annotool.predictions.reading import read_results
from annotool.predictions.results import References, Results
from annotool.schema import NO_ID, Kind
from annotool.table import Array
from annotool.wording import plural

__all__ = ["Suppressed", "suppress"]


@dataclass(frozen=True)
class Suppressed:
    """What was done. read, kept: how many predictions; form: of the file; faults: records that could not be read or have
    no score, and so stay; notes: what else the user should know.
    """

    read: int
    kept: int
    form: str
    faults: int
    notes: tuple[str, ...] = ()


def suppress(path: Path, out: Path, iou: float, class_agnostic: bool) -> Suppressed:
    """Write the predictions at `path` to `out` (a file, or a new folder for label files) without those that a better one
    of their image and category overlaps by more than `iou`. Raises UsageError where there is nothing to do it to.
    """
    if not 0 <= iou <= 1:
        raise UsageError(f"--iou {iou:g}: expected a number from 0 to 1")
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    results = read_results(path, ReadOptions())
    if results.probabilities is not None:
        raise UsageError(f"{path}: scores of whole images ({results.form}); nms is for boxes")
    if len(results.faults) and not len(results.rows):
        raise UsageError(f"{path}: no prediction could be read: {results.faults.blocks[0].text(0)}")
    if len(results.rows) and np.isnan(results.rows["score"]).all():
        raise UsageError(
            f"{path}: none of {plural(len(results.rows), 'row')} has a score; are they predictions?"
        )
    goes = np.flatnonzero(~stays(results, iou, class_agnostic))
    if "files" in results.facts:
        write_folder(path, out, results, goes)
    else:
        write_json(path, out, results, goes)
    rows = results.rows
    told = []
    if shaped := int((rows["bbox_derived"] & (rows["kind"] >= Kind.POLYGON)).sum()):
        told.append(
            f"{plural(shaped, 'outline was compared by the box around it', 'outlines were compared by the boxes around them')}"
        )
    unranked = int(np.isnan(rows["score"]).sum())
    if unranked:
        told.append(f"{unranked:,} without a score {'stays' if unranked == 1 else 'stay'}")
    return Suppressed(len(rows), len(rows) - len(goes), results.form, len(results.faults), tuple(told))


def stays(results: Results, iou: float, class_agnostic: bool) -> Array:
    """Which predictions stay, bool. What has no score, or names no image, neither goes nor suppresses."""
    rows = results.rows
    columns = [*numbers(results.images)]
    known = (columns[0] != NO_ID) | (columns[1] >= 0)
    columns += [] if class_agnostic else [*numbers(results.categories)]
    group = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    written = [
        np.stack([rows[name] for name in names], axis=1)
        for names in (("x", "y", "w", "h"), ("xn", "yn", "wn", "hn"))
    ]
    boxes = np.where(np.isnan(written[0]), written[1], written[0])
    return nms(np.where(known & ~np.isnan(rows["score"]), group, -1), boxes, rows["score"], iou)


def numbers(called: References) -> tuple[Array, Array]:
    """What tells images, or categories, apart: ids, where no name does it, and the first of equal names."""
    if called.name_of is None:
        return called.ids, np.full(len(called.ids), -1)
    first: dict[str, int] = {}
    same = np.array(
        [first.setdefault(name, at) for at, name in enumerate(called.names)] + [-1], dtype=np.int64
    )
    name_of = same[called.name_of]
    return np.where(name_of >= 0, NO_ID, called.ids), name_of


def write_json(path: Path, out: Path, results: Results, goes: Array) -> None:
    """Write the file without these records, each with one comma."""
    if out.exists() and path.samefile(out):
        raise UsageError(f"--out {out}: is the file that is read; choose another")
    if out.is_dir():
        raise UsageError(f"--out {out}: is a folder; name a file")
    text = memoryview(results.buffers[0])
    rows = results.rows
    spans = {
        start: (end, 0)
        for start, end in zip(rows["start"][goes].tolist(), rows["end"][goes].tolist(), strict=True)
    }
    parts, at = [], 0
    for splice in sorted(cuts(text, 0, spans)):
        parts.append(text[at : splice.start])
        at = max(at, splice.end)
    write_file(out, [bytes(each) for each in (*parts, text[at:])])


def write_folder(path: Path, out: Path, results: Results, goes: Array) -> None:
    """Write the folder's label files without these rows, each with its line end; other files as they are."""
    names = results.sources["file"].tolist()
    rows = results.rows
    lost: dict[str, list[int]] = {}
    for row in goes.tolist():
        lost.setdefault(names[int(rows["source"][row])], []).append(row)
    with staged(out, [path]) as work:
        for name in names:
            below = name.partition("/")[2]
            target = work / below
            target.parent.mkdir(parents=True, exist_ok=True)
            if name not in lost:
                shutil.copyfile(path / below, target)
                continue
            text = (path / below).read_bytes()
            for row in reversed(lost[name]):
                start, end = int(rows["start"][row]), int(rows["end"][row])
                first = text.rfind(b"\n", 0, start) + 1
                last = text.find(b"\n", end) + 1 or len(text)
                text = text[:first] + text[last:]
            target.write_bytes(text)
