"""PRD004."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import INFO, Findings, found
from annotool.rules.prd.base import Compared, PredictionRule, compared, records

NEAR = 0.1  # IoU


class LikelySpuriousBox(PredictionRule):
    """A model sees nothing at all where an object is labelled.

    What: a label that no prediction with a score of at least .05, of whatever category, overlaps with IoU of .1 or more.
    Needs --predictions down to a score of .05, of a model that has not learnt these labels. Crowds are not judged.

    Why: a label on nothing, or on what no one could see, teaches the model to invent; or the object is one the model has
    yet to learn.

    Bad: a box left behind where the object moved on.

    Good: no box.

    Fix: none: look at it.

    Source: threshold .05 and IoU .1 as in arXiv 2211.13993 (CLOD) and TIDE's background threshold.
    """

    code = "PRD004"
    slug = "likely-spurious-box"
    severities = (INFO,)
    verdict = ("1 label is on nothing a model sees", "{n} labels are on nothing a model sees")

    def unable(self, data: Dataset) -> str:
        if said := super().unable(data):
            return said
        from annotool.metrics.objectlab import SEEN

        least = data.once(compared).guesses["score"].min(initial=1.0)
        return (
            f"predictions begin at a score of {least:.2f}; those from {SEEN:g} are needed"
            if least > 2 * SEEN
            else ""
        )

    def finish(self, state: Compared) -> Findings:
        from annotool.metrics.objectlab import SEEN

        labels, agreed = state.judged, state.by_pixel
        if state.guesses["score"].min(initial=1.0) > 2 * SEEN:
            return Findings()
        rows = np.flatnonzero((agreed.met < NEAR) & ~labels["crowd"])
        rows = rows[np.argsort(agreed.met[rows], kind="stable")]
        return found(
            self,
            "no prediction from {seen:g} on lies here (largest IoU {met:.2f})",
            records(labels),
            take=rows,
            values={"seen": SEEN, "met": agreed.met[rows]},
        )
