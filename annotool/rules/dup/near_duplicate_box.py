"""DUP002."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import Edits, Findings, Fix, ImageRule, Op, Severity, mendable
from annotool.rules.dup.base import classes, equal_boxes, geometry_texts, pairs_at, partnered, rounded
from annotool.table import Array


@dataclass(frozen=True)
class NearDuplicateBox(ImageRule):
    """Two boxes of one class lie nearly on top of each other.

    What: same image, same class, IoU of the boxes at least `iou`, not equal (that is DUP001), neither a crowd region.
    The finding is on the later one, or on the one of lower score where both have scores.

    Why: the object counts twice: in the loss, in the class balance, and as a certain miss in evaluation, since
    non-maximum suppression never returns two such boxes. Often a second pass or a merge of two annotators' work.

    Bad: `[10, 10, 100, 50]` and `[11, 10, 100, 50]`, both "cat".

    Good: one of them.

    Fix: unsafe. The finding's box is removed, unless its partner is removed at the same time.

    Source: hotcoco healthcheck (IoU .95), FiftyOne find_duplicates (.999), Encord Active (.6); `iou` = .9 is between.
    """

    code = "DUP002"
    slug = "near-duplicate-box"
    severities = (Severity.WARNING,)
    verdict = (
        "1 box is nearly that of another annotation",
        "{n} boxes are nearly those of other annotations",
    )
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002", "SCH004", "SCH006", "FMT002", "FMT003", "FMT010", "DUP001")

    iou: float = 0.9

    def check(self, data: Dataset) -> Findings:
        rows, partners, iou = self.duplicates(data)
        fix = np.where(np.isin(partners, rows), Fix.NONE, Fix.UNSAFE)
        values = {"iou": np.round(iou, 4), "least": np.full(len(rows), self.iou)}
        message = "nearly the box of {partner}, of the same class (IoU {iou:.2f}, from {least:g} on)"
        return partnered(self, data, message, rows, partners, values, fix=fix)

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        return Edits.make(
            len(keys), op=Op.DROP, table="annotations", row=keys, finding=finding, safe=False, rule=self.code
        )

    def duplicates(self, data: Dataset) -> tuple[Array, Array, Array]:
        """Positions of the boxes to be questioned, each once, a partner that stays (the nearest such), and IoU."""
        near, over = pairs_at(data, self.iou), equal_boxes(data)
        first, second = np.append(near.first, over.first), np.append(near.second, over.second)
        same = (classes(data, first) == classes(data, second)).all(axis=1)
        first, second, iou = first[same], second[same], np.append(near.iou, over.iou)[same]
        equal = (rounded(data, first) == rounded(data, second)).all(axis=1)
        equal[equal] = geometry_texts(data, first[equal]) == geometry_texts(data, second[equal])
        first, second, iou = first[~equal], second[~equal], iou[~equal]
        score = data.table("annotations")["score"]
        loses = score[first] < score[second]
        loser, winner = np.where(loses, first, second), np.where(loses, second, first)
        order = np.lexsort((winner, -iou, np.isin(winner, loser), loser))
        loser, winner, iou = loser[order], winner[order], iou[order]
        new = np.append(True, loser[1:] != loser[:-1])[: len(loser)]
        return loser[new], winner[new], iou[new]
