"""LBL001."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.confident_learning import flagged, self_confidence
from annotool.rules.base import COLUMNS, DatasetRule, Edits, Findings, Fix, Severity, found, mendable
from annotool.rules.lbl.base import label_rows, none_are_labelled
from annotool.table import Array, Table


class Guessed(msgspec.Struct, frozen=True):
    """The single labels of images that were predicted: COLUMNS of their annotations and `label`; probabilities float64
    (labels, K); the names of the labels."""

    labels: Table
    probabilities: Array
    names: tuple[str, ...]


class LikelyMislabeledImage(DatasetRule[Guessed]):
    """A model's probabilities speak against an image's label.

    What: in a dataset of one label an image, by confident learning: of the images labelled A, as many as are likely B by
    the noise rate that the probabilities show, those with the largest margin of B over A. Needs --predictions with a
    probability for each class, of a model that has not learnt these labels. The score is the probability of the given
    label; the lowest come first.

    Why: every benchmark that was looked at has some percent of wrong labels; they cost accuracy, and more so ranking.

    Bad: `a.jpg,cat`, where a model says dog .97, cat .01.

    Good: `a.jpg,dog`.

    Fix: unsafe: take the label of the highest probability; in class folders, with `--out` only, the image moves to the folder
    of that class.

    Source: Northcutt, Jiang, Chuang 2021, arXiv 1911.00068, prune by noise rate; as in cleanlab 2.9.
    """

    code = "LBL001"
    slug = "likely-mislabeled-image"
    severities = (Severity.WARNING,)
    fixes = (Fix.UNSAFE,)
    verdict = ("1 image is likely mislabelled", "{n} images are likely mislabelled")
    silenced_by = ("SCH001", "SCH002", "LBL002")

    def unable(self, data: Dataset) -> str:
        if said := none_are_labelled(data):
            return said
        if data.probabilities is None:
            return "needs --predictions with probabilities of the classes"
        return "images have several labels" if data.facts.get("labels", {}).get("kind") == "multi" else ""

    def partial(self, shard: Dataset) -> Guessed:
        single = shard.probabilities is not None and shard.facts.get("labels", {}).get("kind") != "multi"
        rows, image, label = label_rows(shard)
        held = np.empty((0, len(shard.labels))) if shard.probabilities is None else shard.probabilities
        alone = np.bincount(image, minlength=len(shard.table("images")))[image] == 1
        usable = np.flatnonzero(alone & single)
        usable = usable[np.isfinite(held[image[usable]]).all(axis=1)] if len(usable) else usable
        table = shard.table("annotations")
        columns = {name: table[name][rows[usable]] for name in COLUMNS} | {"label": label[usable]}
        return Guessed(Table(columns), held[image[usable]].astype(np.float64), shard.labels)

    def merge(self, states: Sequence[Guessed]) -> Guessed:
        return Guessed(
            Table.concat([each.labels for each in states]),
            np.concatenate([each.probabilities for each in states]),
            states[0].names,
        )

    def finish(self, state: Guessed) -> Findings:
        label = state.labels["label"]
        if not len(label):
            return Findings()
        rows = np.flatnonzero(flagged(label, state.probabilities))
        score = self_confidence(label, state.probabilities)
        rows = rows[np.argsort(score[rows], kind="stable")]
        names = np.array([*state.names, ""], dtype=object)
        best = state.probabilities[rows].argmax(axis=1)
        return found(
            self,
            "labelled {given!r} ({score:.2f}), likely {predicted!r} ({best:.2f})",
            state.labels,
            take=rows,
            fix=Fix.UNSAFE,
            values={
                "given": names[label[rows]],
                "score": score[rows],
                "predicted": names[best],
                "best": state.probabilities[rows, best],
            },
        )

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        finding, keys, _ = mendable(findings)
        if data.probabilities is None:
            return Edits.make(0)
        table, categories = data.table("annotations"), data.table("categories")
        rows = keys - int(table["annotation"][0]) if len(table) else keys
        best = data.probabilities[data.image_rows(table["image"][rows])].argmax(axis=1)
        same = categories["label"] == best[:, None]
        own = same & (categories["source"] == categories["source"][table["category"][rows]][:, None])
        new = np.where(own.any(axis=1), own.argmax(axis=1), same.argmax(axis=1))
        return Edits.make(
            len(keys),
            table="annotations",
            column="category",
            row=rows,
            new=new,
            finding=finding,
            safe=False,
            rule=self.code,
        )
