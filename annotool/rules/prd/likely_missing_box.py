"""PRD001."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.rules.base import WARNING, Findings, found
from annotool.rules.prd.base import Compared, PredictionRule, records


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

    Fix: none yet; look at it.

    Source: ObjectLab, Tkachenko et al. 2023, arXiv 2309.00832 (constants of cleanlab 2.9).
    """

    code = "PRD001"
    slug = "likely-missing-box"
    severities = (WARNING,)
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
            values={"predicted": names, "score": guesses["score"][rows], **box, "quality": quality[rows]},
        )
