"""LBL002."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import Findings, ImageRule, Severity, found
from annotool.rules.lbl.base import label_rows, none_are_labelled


class MultiLabelInSingle(ImageRule):
    """An image has several labels where exactly one is expected.

    What: an image with more than one label in a dataset of one label an image. It is one when at least 95 % of the
    labelled images have one label, or when `--labels single` says so. One finding an image, on its second label.

    Why: class folders and a softmax take one label: the image goes twice into training, each time as another class, or
    the later row replaces the earlier without a word.

    Bad: `a.jpg,cat` and `a.jpg,dog` among a thousand rows of one label each.

    Good: one of the two; or `--labels multi`, where images may show both.

    Fix: none: only a look at the image tells which is right.

    Source: Datumaro, validators.py (MultiLabelAnnotations); the share of 95 % is ours.
    """

    code = "LBL002"
    slug = "multi-label-in-single"
    severities = (Severity.ERROR,)
    verdict = (
        "1 image has several labels, where one is expected",
        "{n} images have several labels, where one is expected",
    )
    silenced_by = ("SCH001", "SCH002")

    def unable(self, data: Dataset) -> str:
        return none_are_labelled(data)

    def check(self, data: Dataset) -> Findings:
        if data.facts.get("labels", {}).get("kind") != "single":
            return Findings()
        rows, image, label = label_rows(data)
        start = np.append(True, image[1:] != image[:-1])[: len(image)]
        first = np.flatnonzero(start)
        count = np.diff(np.append(first, len(image)))
        several = first[count > 1]
        names = [
            [data.labels[each] for each in label[at : at + own].tolist()]
            for at, own in zip(several.tolist(), count[count > 1].tolist(), strict=True)
        ]
        return found(
            self,
            "{file_name} has {count} labels ({shown}); a single-label dataset has one an image",
            data.table("annotations"),
            take=rows[several + 1],
            values={
                "file_name": data.image_values("file_name")[rows[several]],
                "count": count[count > 1],
                "shown": [", ".join(own[:5]) for own in names],
                "labels": names,
            },
        )
