"""PRD001."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.findings import NewBox
from annotool.rules.base import WARNING, Edits, Findings, Fix, Op, found, mendable
from annotool.rules.prd.base import (
    Compared,
    PredictionRule,
    boxes_inside,
    own_categories,
    records,
)
from annotool.schema import Kind
from annotool.table import Array

SAME = 0.5  # IoU of two predictions of one object


@dataclass(frozen=True)
class LikelyMissingBox(PredictionRule):
    """A model is sure of an object where nothing is labelled.

    What: a prediction with a score of at least .95 that overlaps no label of its image, and whose ObjectLab score of
    being overlooked (low: likely) is at most .2 of the AP of its category. Needs --predictions, of a model that has not
    learnt these labels. Findings come with their score, the likeliest first in json; with `normalised` distances are
    taken as in an image with a diagonal of 800 px.

    Why: a detector that finds a real, unlabelled object is punished for it in training and in evaluation.

    Bad: a car, predicted with .98, without a label.

    Good: labelled.

    Fix: unsafe, where labels are boxes in a file that can take one more (COCO, VOC, YOLO's detection): add the predicted
    box, as far as it lies in the image; of predictions that overlap by more than an IoU of .5 the one with the highest
    score. The score is in the journal.

    Source: ObjectLab, Tkachenko et al. 2023, arXiv 2309.00832 (constants of cleanlab 2.9).
    """

    code = "PRD001"
    slug = "likely-missing-box"
    severities = (WARNING,)
    fixes = (Fix.UNSAFE,)
    verdict = ("1 object is likely not labelled", "{n} objects are likely not labelled")

    normalised: bool = False

    def finish(self, state: Compared) -> Findings:
        guesses, agreed = state.guesses, state.agreed(self.normalised)
        quality = agreed.overlooked(guesses["score"], agreed.least)
        rows = np.flatnonzero(quality <= state.most(guesses["label"]))
        rows = rows[np.argsort(quality[rows], kind="stable")]
        box = {side: np.round(guesses[side][rows], 2) for side in "xywh"}
        names = np.array([*state.names, ""], dtype=object)[guesses["label"][rows]]
        none = np.full(len(rows), -1, dtype=np.int64)
        return found(
            self,
            "nothing is labelled where {predicted!r} is predicted with {score:.2f}, at {x:g} {y:g} {w:g} {h:g}",
            records(guesses),
            take=rows,
            annotation=none,
            fix=np.where(addable(state, rows), Fix.UNSAFE, Fix.NONE),
            values={
                "predicted": names,
                "score": guesses["score"][rows],
                **box,
                "quality": quality[rows],
                "prediction": guesses["annotation"][rows],
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, images, _ = mendable(findings, "image")
        keys = [np.empty(0, dtype=np.int64), *(part.values["prediction"] for part in findings.blocks)]
        guess = np.searchsorted(data.table("predictions")["annotation"], np.concatenate(keys)[finding])
        row = data.image_rows(images)
        categories = own_categories(data, guess, data.table("images")["source"][row]).tolist()
        new = [NewBox(*each) for each in zip(categories, boxes_inside(data, guess), strict=True)]
        return Edits.make(
            len(new), op=Op.ADD, table="images", column="bbox", row=row, new=new,
            finding=finding, safe=False, rule=self.code,
        )  # fmt: skip


def addable(state: Compared, rows: Array) -> Array:
    """Which of these predictions can become labels, bool: in a file of boxes alone, and of several predictions of one
    object the one with the highest score."""
    from annotool.metrics.nms import nms

    guesses, labels = state.guesses.take(rows), state.labels
    home = state.home[guesses["image"]]
    outlined = labels["source"][labels["kind"] > Kind.BOX]
    boxes = np.stack([guesses[side] for side in "xywh"], axis=1)
    best = nms(guesses["image"], boxes, guesses["score"], SAME)
    return np.asarray((home >= 0) & ~np.isin(home, outlined) & best)
