"""BAL005."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.association import cramers_v
from annotool.metrics.balance import counted, shown_in
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.table import Array

PREFIX = re.compile(r"[^\W\d_]*")  # the letters a file name begins with
MOST_VALUES = 50  # more of them name single images, and predict everything


class Seen(msgspec.Struct, frozen=True):
    """How often each label is shown in images of each value of each property, and the label names."""

    counts: Mapping[tuple[str, str], Array]
    names: tuple[str, ...]


@dataclass(frozen=True)
class PropertyLabelCorrelation(DatasetRule[Seen]):
    """What an image is, and not what it shows, tells its class.

    What: the size of the image, its form (width over height, to a tenth), or the letters its file name begins with go
    with the classes it shows: Cramer's V, corrected for its bias, above `most`, over at least `images` images and classes.
    Properties with more than 50 values are not judged, nor is brightness.

    Why: a model takes the shortcut: if all scratches come from the camera that gives 1280 x 720, any such image has a
    scratch. File names are no pixels, but tell that classes come from different sources.

    Bad: every "defect" at 1280 x 720, every "good" at 640 x 480.

    Good: both from both cameras.

    Fix: none: mix the sources, or scale and crop alike.

    Source: deepchecks property_label_correlation (its predictive power score .3); V above .5 is ours, not yet tried on
    enough sets, so the rule is a preview.
    """

    code = "BAL005"
    slug = "property-label-correlation"
    severities = (Severity.INFO,)
    verdict = ("1 property gives classes away", "{n} properties give classes away")
    preview = True

    most: float = 0.5
    images: int = 200

    def unable(self, data: Dataset) -> str:
        return "" if len(data.table("annotations")) else "no annotations"

    def partial(self, shard: Dataset) -> Seen:
        k = len(shard.labels)
        _, image, label = counted(shard)
        image, label = shown_in(image, label, k)
        counts: dict[tuple[str, str], Array] = {}
        for name, values in properties(shard).items():
            words, code = np.unique(values, return_inverse=True)
            table = np.bincount(code[image] * k + label, minlength=len(words) * k).reshape(len(words), k)
            if len(words) <= len(values) / 2 or len(words) <= MOST_VALUES:
                counts |= {(name, word): row for word, row in zip(words.tolist(), table, strict=True)}
        return Seen(counts, shard.labels)

    def merge(self, states: Sequence[Seen]) -> Seen:
        counts: dict[tuple[str, str], Array] = {}
        for state in states:
            for key, own in state.counts.items():
                counts[key] = counts[key] + own if key in counts else own
        return Seen(counts, states[0].names)

    def finish(self, state: Seen) -> Findings:
        findings = Findings()
        for name in sorted({name for name, _ in state.counts}):
            rows = {word: own for (of, word), own in state.counts.items() if of == name and own.any()}
            if not 1 < len(rows) <= MOST_VALUES:
                continue
            table = np.stack([rows[word] for word in sorted(rows)])
            v = cramers_v(table)
            if v <= self.most or table.sum() < self.images:
                continue
            at = int(table.sum(axis=1).argmax())
            label = int(table[at].argmax())
            findings += found(
                self,
                "{property} tells the class: Cramer's V {v:.2f}; of images of {value!r}, {share:.0%} show {label!r} (told above "
                "{most:g})",
                values={
                    "property": name,
                    "v": round(v, 4),
                    "value": sorted(rows)[at],
                    "share": round(float(table[at, label] / table[at].sum()), 4),
                    "label": state.names[label],
                    "most": self.most,
                },
            )
        return findings


def properties(data: Dataset) -> dict[str, Array]:
    """Return properties of each image as texts."""
    images = data.table("images")
    names = [name.replace("\\", "/").rpartition("/")[2] for name in images["file_name"].tolist()]
    prefix = [match[0].casefold() if (match := PREFIX.match(name)) else "" for name in names]
    found = {"the beginning of the file name": np.array(prefix, dtype=str)}
    width, height = images["width"], images["height"]
    known = (width > 0) & (height > 0)
    if known.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            form, at = np.unique(np.where(known, np.round(width / height, 1), 0.0), return_inverse=True)
        found["the form of the image"] = np.array([f"{each:g}" for each in form.tolist()], dtype=str)[at]
        sizes = [*zip(np.where(known, width, 0).tolist(), np.where(known, height, 0).tolist(), strict=True)]
        spelled = {(w, h): f"{w:g} x {h:g}" for w, h in {*sizes}}  # far fewer than images
        found["the size of the image"] = np.array([spelled[each] for each in sizes], dtype=str)
    return found
