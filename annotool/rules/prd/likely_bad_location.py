"""PRD003."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, Edits, Findings, Fix, found, mendable
from annotool.rules.prd.base import Compared, PredictionRule, boxes_inside, compared, partners, records
from annotool.schema import Kind


@dataclass(frozen=True)
class LikelyBadLocation(PredictionRule):
    """A model puts the box of a label's object elsewhere.

    What: a label that predictions of its category with a score over .5 overlap, but none of them much: its ObjectLab score
    of place (.9 IoU + .1 exp(-.1 d) of the best one; d: between the centres, px) is at most .2 of the AP of its category.
    Needs --predictions, of a model that has not learnt these labels.

    Why: a box that is off teaches the model to be off, and counts as a miss and a false prediction at once.

    Bad: a box around the left half of a car and the road, the prediction around the whole car; IoU .1.

    Good: the box around the car.

    Fix: unsafe, for a record that is a box and no outline, and is not of another class (PRD002: then it is in its place):
    take the box of the prediction, as far as it lies in the image; its score is in the journal.

    Source: ObjectLab, Tkachenko et al. 2023, arXiv 2309.00832 (constants of cleanlab 2.9).
    """

    code = "PRD003"
    slug = "likely-bad-location"
    severities = (WARNING,)
    fixes = (Fix.UNSAFE,)
    verdict = ("1 box is likely in the wrong place", "{n} boxes are likely in the wrong place")

    normalised: bool = False

    def finish(self, state: Compared) -> Findings:
        labels, guesses, agreed = state.judged, state.guesses, state.agreed(self.normalised)
        quality = agreed.located()
        rows = np.flatnonzero((quality <= state.most(labels["label"])) & (agreed.own_guess >= 0))
        rows = rows[np.argsort(quality[rows], kind="stable")]
        guess = agreed.own_guess[rows]
        mends = (labels["kind"][rows] == Kind.BOX) & ~state.misnamed(self.normalised)[rows]
        return found(
            self,
            "the box has little in common with the prediction of its category ({score:.2f}) that overlaps it, at "
            "{x:g} {y:g} {w:g} {h:g}",
            records(labels),
            take=rows,
            fix=np.where(mends, Fix.UNSAFE, Fix.NONE),
            values={
                "score": guesses["score"][guess],
                **{side: np.round(guesses[side][guess], 2) for side in "xywh"},
                "quality": quality[rows],
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        at, guess = partners(data.once(compared), self.normalised, keys, "own_guess")
        return Edits.make(
            len(keys), table="annotations", column="bbox", row=at, new=boxes_inside(data, guess),
            finding=finding, safe=False, rule=self.code,
        )  # fmt: skip
