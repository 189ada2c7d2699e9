"""PRD002."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import WARNING, Edits, Findings, Fix, found, mendable
from annotool.rules.prd.base import Compared, PredictionRule, compared, own_categories, partners, records


@dataclass(frozen=True)
class LikelyWrongClass(PredictionRule):
    """A model is sure that a label's object is of another category.

    What: a label whose ObjectLab score of being swapped (1 less the similarity to the nearest prediction of another
    category with a score over .95; low: likely) is at most .2 of the AP of its category. A label that shares its place
    with one of another category (IoU from .95) is scored the lowest by ObjectLab; here it is told where a prediction
    speaks against it. Needs --predictions, of a model that has not learnt these labels.

    Why: a wrong class teaches the model the wrong thing, and makes a right prediction count as two mistakes.

    Bad: "dog", where "cat" is predicted with .97 on the very same place.

    Good: "cat".

    Fix: unsafe: take the predicted category; the score is in the journal.

    Source: ObjectLab, Tkachenko et al. 2023, arXiv 2309.00832 (constants of cleanlab 2.9).
    """

    code = "PRD002"
    slug = "likely-wrong-class"
    severities = (WARNING,)
    fixes = (Fix.UNSAFE,)
    verdict = ("1 label is likely of another class", "{n} labels are likely of another class")

    normalised: bool = False

    def finish(self, state: Compared) -> Findings:
        labels, guesses, agreed = state.judged, state.guesses, state.agreed(self.normalised)
        quality = agreed.swapped(agreed.least)
        rows = np.flatnonzero(state.misnamed(self.normalised))
        rows = rows[np.argsort(quality[rows], kind="stable")]
        guess = agreed.other_guess[rows]
        names = np.array([*state.names, ""], dtype=object)
        return found(
            self,
            "labelled {given!r}, predicted {predicted!r} with {score:.2f}",
            records(labels),
            take=rows,
            fix=Fix.UNSAFE,
            values={
                "given": names[labels["label"][rows]],
                "predicted": names[guesses["label"][guess]],
                "score": guesses["score"][guess],
                "quality": quality[rows],
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        at, guess = partners(data.once(compared), self.normalised, keys, "other_guess")
        new = own_categories(data, guess, data.table("annotations")["source"][at])
        return Edits.make(
            len(keys),
            table="annotations",
            column="category",
            row=at,
            new=new,
            finding=finding,
            safe=False,
            rule=self.code,
        )
