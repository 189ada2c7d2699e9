"""FMT010: files whose boxes are written in another form than the format's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import (
    ERROR,
    DatasetRule,
    Edits,
    Findings,
    Fix,
    found,
    mendable,
    together,
    worded,
    written_in,
)
from annotool.schema import Kind
from annotool.table import Array, Table

SLACK = 1.0  # pixels at the image border that say nothing about the form
YOLO_SLACK = 0.002  # of the image's side: likewise
COCO, VOC, YOLO = 1, 2, 3
FORMS = {  # what a file's boxes seem to be, and how that reads
    "corners": "the four numbers look like x1 y1 x2 y2, not x y w h",
    "fraction corners": "the four numbers look like x1 y1 x2 y2, not centre, width and height",
    "sizes": "xmax and ymax look like a width and a height",
    "fractions": "the numbers look like fractions of the image, not pixels",
}


class State(msgspec.Struct, frozen=True):
    """For each source: its format (COCO, VOC, YOLO or 0), and counts (sources, 4) of boxes judged, of boxes that
    are wrong as the format reads them, right in the other form, and within one pixel of the origin."""

    kind: Array
    counts: Array


@dataclass(frozen=True)
class BoxEncodingSuspect(DatasetRule[State]):
    """The boxes of a file are written in another form than its format has.

    What: at least 20 % of a COCO file's boxes leave the image as x y w h, but at least 99 % fit it as x1 y1
    x2 y2; or so over all YOLO files, for centre, width and height; or the reverse over all VOC files; or all
    boxes of a format in pixels lie between 0 and 1. Files with fewer than 5 boxes of known image size are not
    judged.

    Why: every box is wrong, and most that fit the image by chance are trained on in silence
    (tensorpack/tensorpack#1041, pytorch/vision#2740).

    Bad: `"bbox": [100, 50, 180, 90]` for a box 80 wide and 40 high

    Good: `"bbox": [100, 50, 80, 40]`

    Fix: unsafe: all boxes of the file are turned into the format's form; an area that was w * h goes with
    them. None for fractions in VOC.

    Source: https://github.com/tensorpack/tensorpack/issues/1041; that of YOLO is ours.
    """

    code = "FMT010"
    slug = "box-encoding-suspect"
    severities = (ERROR,)
    fixes = (Fix.UNSAFE,)
    formats = ("coco", "voc", "yolo")
    verdict = ("1 file seems to hold boxes in another form", "{n} files seem to hold boxes in another form")
    wrong: float = 0.2  # of the boxes, as the format reads them
    right: float = 0.99  # of the boxes, in the other form
    least: int = 5  # boxes

    def unable(self, data: Dataset) -> str:
        rows = data.table("annotations")
        unknown = int(
            (np.isnan(data.boxes.width) & (rows["image"] >= 0) & ~written_in(data, rows, ("yolo",))).sum()
        )
        return worded(f"no image sizes: {unknown:,} box[|es] not judged", unknown) if unknown else ""

    def partial(self, shard: Dataset) -> State:
        rows, kind = shard.table("annotations"), kinds(shard)
        own = kind[rows["source"]]
        judged, other, wrong, near = readings(shard, own)
        counts = [
            np.bincount(rows["source"][each & judged], minlength=len(kind))
            for each in (judged, wrong, other, near)
        ]
        return State(kind, np.stack(counts, axis=1))

    def merge(self, states: Sequence[State]) -> State:
        return State(states[0].kind, np.sum([state.counts for state in states], axis=0))

    def finish(self, state: State) -> Findings:
        counts = np.array(state.counts)
        for form in (VOC, YOLO):  # one file has too few boxes to tell
            counts[state.kind == form] = counts[state.kind == form].sum(axis=0)
        boxes, wrong, other, near = counts.T
        enough = (boxes >= self.least) & (state.kind > 0) & (state.counts[:, 0] > 0)
        unit = enough & (near >= self.right * boxes)
        turned = enough & ~unit & (wrong >= self.wrong * boxes) & (other >= self.right * boxes)
        return together(
            self.of_form(form, np.flatnonzero(which), counts, state.kind)
            for form, which in (
                ("corners", turned & (state.kind == COCO)),
                ("fraction corners", turned & (state.kind == YOLO)),
                ("sizes", turned & (state.kind == VOC)),
                ("fractions", unit),
            )
        )

    def of_form(self, form: str, sources: Array, counts: Array, kind: Array) -> Findings:
        boxes, wrong, other, _ = counts[sources].T
        values = {"form": form, "boxes": boxes, "wrong": wrong, "right": other}
        fix = np.where((form != "fractions") | (kind[sources] == COCO), Fix.UNSAFE, Fix.NONE)
        message = (
            FORMS[form] + ": of {boxes:,} boxes {wrong:,} do not fit their image as written, {right:,} would"
        )
        if form == "fractions":
            message = FORMS[form] + " ({boxes:,} boxes)"
        return found(self, message, count=len(sources), source=sources, fix=fix, values=values)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        parts, before = [], 0
        for part in findings.blocks:
            at, sources, _ = mendable(Findings((part,)), "source")
            finding = np.full(len(data.table("sources")) + 1, -1, dtype=np.int64)
            finding[sources] = at + before
            if len(at):
                parts += self.edits(data, str(part.values["form"][0]), finding)
            before += len(part)
        return Edits.concat(parts)

    def edits(self, data: Dataset, form: str, finding: Array) -> list[Edits]:
        rows = data.table("annotations")
        judged = readings(data, kinds(data)[rows["source"]])[0]
        chosen = np.flatnonzero(judged & (finding[rows["source"]] >= 0))
        new = turned(data, form)[chosen]
        before, after = (rows["w"] * rows["h"])[chosen], new[:, 2] * new[:, 3]
        follows = np.abs(rows["area"][chosen] - before) <= 0.01 * np.abs(before)
        follows &= after != rows["area"][chosen]
        common: dict[str, Any] = {"table": "annotations", "safe": False, "rule": self.code}
        keys, whose = rows["annotation"][chosen], finding[rows["source"][chosen]]
        boxes = [tuple(box) for box in new.tolist()]
        return [
            Edits.make(len(keys), column="bbox", row=keys, new=boxes, finding=whose, **common),
            Edits.make(
                int(follows.sum()),
                column="area",
                row=keys[follows],
                new=after[follows],
                finding=whose[follows],
                **common,
            ),
        ]


def kinds(data: Dataset) -> Array:
    """Return for each source COCO, VOC, YOLO or 0, and 0 for source -1."""
    number = {"coco": COCO, "voc": VOC, "yolo": YOLO}
    known = [number.get(name, 0) for name in data.table("sources")["format"].tolist()]
    return np.array([*known, 0], dtype=np.int8)


def readings(data: Dataset, kind: Array) -> tuple[Array, Array, Array, Array]:
    """Return which rows can be judged, which fit the image in the other form, which do not fit it as they are
    read, and which lie within a pixel of the origin (each bool); `kind` is the format of each row."""
    rows = data.table("annotations")
    x, y, w, h = (rows[column] for column in "xywh")
    width, height = data.boxes.width, data.boxes.height
    right, bottom = x + w, y + h
    judged = (
        np.isfinite(right + bottom + width + height) & ~rows["bbox_derived"] & (kind > 0) & (kind != YOLO)
    )
    judged &= (width > 1) & (height > 1)
    out = (right > width + SLACK) | (bottom > height + SLACK)
    corners = (w > x) & (h > y) & (w <= width + SLACK) & (h <= height + SLACK) & (x > -SLACK) & (y > -SLACK)
    sizes = (right > 0) & (bottom > 0) & (x + right <= width + SLACK) & (y + bottom <= height + SLACK)
    coco = kind == COCO
    wrong = np.where(coco, out, out | (w <= 0) | (h <= 0))
    origin = np.where(coco, 0.0, -1.0)  # VOC that counts from 1 was moved by one
    near = (np.minimum(x, y) >= origin) & (np.maximum(right, bottom) <= 1.0)
    other = np.where(coco, corners, sizes)
    if (kind == YOLO).any():
        own, fits, leaves = fractions(rows)
        judged, other = judged | (own & (kind == YOLO)), np.where(kind == YOLO, fits, other)
        wrong, near = np.where(kind == YOLO, leaves, wrong), near & (kind != YOLO)
    return judged, other, wrong, near


def fractions(rows: Table) -> tuple[Array, Array, Array]:
    """Return which rows of YOLO can be judged, which would fit their image if the four numbers were its corners, and
    which leave it as they are read (each bool)."""
    x, y, w, h = (rows[column] for column in ("xn", "yn", "wn", "hn"))
    boxed = (rows["kind"] == Kind.BOX) | (rows["kind"] == Kind.KEYPOINTS)
    own = np.isfinite(x + y + w + h) & boxed
    least, most = -YOLO_SLACK, 1 + YOLO_SLACK
    leaves = (x < least) | (y < least) | (x + w > most) | (y + h > most)
    first, second = x + w / 2, y + h / 2
    fits = (first > least) & (second > least) & (w > first) & (h > second) & (w <= most) & (h <= most)
    return own, fits, leaves


def turned(data: Dataset, form: str) -> Array:
    """Return the boxes of all annotations read in another form: x y w h, pixels (float64, (n, 4))."""
    rows = data.table("annotations")
    x, y, w, h = (rows[column] for column in "xywh")
    if form == "fraction corners":
        x, y, w, h = data.boxes.xywh.T
        first, second = x + w / 2, y + h / 2
        return np.stack([first, second, w - first, h - second], axis=1)
    if form == "corners":
        return np.stack([x, y, w - x, h - y], axis=1)
    if form == "sizes":
        return np.stack([x, y, x + w, y + h], axis=1)
    width, height = data.image_values("width"), data.image_values("height")
    return np.stack([x * width, y * height, w * width, h * height], axis=1)
