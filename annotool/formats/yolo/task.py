"""Which task the labels are for: what the user says, what kpt_shape says, else what the rows look like."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from annotool.formats.yolo.lines import Lines
from annotool.table import Array

__all__ = ["Task", "infer"]

SAMPLE = 256  # rows looked at to tell keypoints from a polygon
SURE = 0.95  # share of rows that have to hold equally many numbers before they are taken for keypoints
INSIDE = 0.99  # share of keypoints that lie in their box
NAMES = {"detect": "boxes", "segment": "polygons", "obb": "oriented boxes", "pose": "boxes with keypoints"}


class Task(msgspec.Struct, frozen=True):
    """detect, segment, obb or pose; keypoints: number and numbers each, for pose; evidence: where it is from."""

    name: str
    keypoints: tuple[int, int] = (0, 3)
    evidence: str = ""

    @property
    def row_length(self) -> int:
        """Numbers in a row of this task, class included; 0: any odd number from 7 on."""
        count, each = self.keypoints
        return {"detect": 5, "segment": 0, "obb": 9}.get(self.name, 5 + count * each)

    @property
    def expected(self) -> str:
        """The row in words."""
        points = f"class, cx cy w h and {self.keypoints[0]} keypoints of {self.keypoints[1]}"
        words = {"detect": "class cx cy w h", "obb": "class and four corners", "pose": points}
        return (
            f"{self.row_length} ({words[self.name]})"
            if self.row_length
            else "an odd number from 7 on (class x y x y x y ...)"
        )

    def fact(self, lines: Lines) -> dict[str, Any]:
        """What stands in `Dataset.facts`: the task, where it is from, how many rows hold how many numbers."""
        counts, rows = np.unique(lines.count[lines.count > 0], return_counts=True)
        most = np.argsort(-rows, kind="stable")[:8]
        held = {str(counts[at]): int(rows[at]) for at in most.tolist()}
        fact: dict[str, Any] = {"task": self.name, "from": self.evidence, "rows_by_numbers": held}
        return fact | ({"kpt_shape": list(self.keypoints)} if self.name == "pose" else {})


def infer(
    lines: Lines, buffer: bytes, asked: str | None, said: str | None, kpt_shape: tuple[int, int] | None
) -> Task:
    """Return the task, with the evidence for it. asked: by the user; said: by data.yaml."""
    told = asked or said or ("pose" if kpt_shape else None)
    evidence = "the user" if asked else "data.yaml" if said else "kpt_shape in data.yaml"
    if told == "pose":
        shape = kpt_shape or keypoints(lines, buffer, certain=True) or (0, 3)
        return Task("pose", shape, evidence)
    if told is not None:
        return Task(told, evidence=evidence)
    rows = lines.count[lines.count >= 5]
    total = len(rows)
    if not total:
        return Task("detect", evidence="no rows: the usual")
    boxes, corners = int((rows == 5).sum()), int((rows == 9).sum())
    polygons = int(((rows >= 7) & (rows % 2 == 1)).sum())
    if found := keypoints(lines, buffer):
        return Task(
            "pose", found, f"rows of {5 + found[0] * found[1]} numbers whose points lie in their boxes"
        )
    if polygons <= boxes:
        return Task("detect", evidence=f"5 numbers in {boxes:,} of {total:,} rows")
    if corners == polygons:
        return Task("obb", evidence=f"9 numbers in {corners:,} of {total:,} rows and no other outline")
    return Task("segment", evidence=f"7, 9, 11 ... numbers in {polygons:,} of {total:,} rows")


def keypoints(lines: Lines, buffer: bytes, certain: bool = False) -> tuple[int, int] | None:
    """Return number and length of the keypoints when nearly all rows hold equally many numbers and the points lie in
    the boxes. `certain`: it is known that there are some.
    """
    rows = np.flatnonzero(lines.count >= 7)
    if not len(rows):
        return None
    counts, number = np.unique(lines.count[rows], return_counts=True)
    count = int(counts[np.argmax(number)])
    same = rows[lines.count[rows] == count]
    if count < 8 or count == 9 or (len(same) < SURE * (lines.count >= 5).sum() and not certain):
        return None
    if count % 2 and len(same) < 3 and not certain:
        return None  # a polygon or two might look like that
    picked = same[np.linspace(0, len(same) - 1, min(SAMPLE, len(same))).astype(np.int64)]
    blanks = bytes.maketrans(b",;", b"  ")
    numbers = [
        buffer[lines.start[row] : lines.end[row]].translate(blanks).split()[1:] for row in picked.tolist()
    ]
    try:
        values = np.array(numbers, dtype=np.float64).reshape(len(picked), count - 1)
    except ValueError:
        return None  # words, or decimal commas
    for each in (3, 2):
        if (count - 5) % each == 0 and (certain or look_right(values, each)):
            return (count - 5) // each, each
    return None


def look_right(values: Array, each: int) -> bool:
    """Whether numbers after the box (n, 4 + k * each) look like keypoints: flags 0, 1 or 2, points in the box."""
    box, points = values[:, :4], values[:, 4:].reshape(len(values), -1, each)
    if each == 3 and not np.isin(points[:, :, 2], (0, 1, 2)).all():
        return False
    seen = points[:, :, 2] > 0 if each == 3 else (points[:, :, :2] != 0).any(axis=2)
    away = np.abs(points[:, :, :2] - box[:, None, :2])
    inside = (away <= box[:, None, 2:] / 2 + 1e-3).all(axis=2) & (box[:, None, 2:] > 0).all(axis=2)
    return bool(seen.any() and inside[seen].mean() >= INSIDE)
