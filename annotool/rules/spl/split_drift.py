"""SPL005."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from annotool.dataset import Dataset
from annotool.metrics.association import cramers_v, ks_distance
from annotool.metrics.balance import counted, split_codes
from annotool.rules.base import DatasetRule, Findings, Severity, found
from annotool.rules.spl.base import TRAIN
from annotool.table import Array

STEP = 64  # bins for each doubling
LOWEST, HIGHEST = (
    -24,
    40,
)  # powers of two between which areas and ratios lie; what is beyond counts at the edge
BINS = (HIGHEST - LOWEST) * STEP


class Mix(msgspec.Struct, frozen=True):
    """What one split holds: instances by label, and boxes by area and by ratio (w/h), in bins; int64 each."""

    labels: Array
    area: Array
    ratio: Array


class Mixes(msgspec.Struct, frozen=True):
    """The splits of a dataset, and the names of the labels."""

    splits: Mapping[str, Mix]
    names: tuple[str, ...]


@dataclass(frozen=True)
class SplitDrift(DatasetRule[Mixes]):
    """A split is made of other things than train.

    What: against train (or the largest split, if none is called so) the mix of classes differs by Cramer's V over
    `most`, or the logarithm of box area or of width over height by a KS distance over `most`; splits with fewer than
    `instances` annotations are not judged. V is corrected for its bias; areas and ratios are compared in bins of 1.1 %.
    An image in several splits counts in the first. Areas are in pixels, or in shares of the image where sizes are not known.

    Why: what is measured on such a split does not tell how well train was learnt, nor what to expect elsewhere; often
    a split was made by time or place, or one class was forgotten.

    Bad: 30 % of train is "truck", 3 % of val.

    Good: 30 % and 28 %.

    Fix: none: split anew, or know it.

    Source: deepchecks label_drift (.15, Cramer's V and KS); 200 is ours.
    """

    code = "SPL005"
    slug = "split-drift"
    severities = (Severity.WARNING,)
    verdict = ("1 split is unlike the others", "{n} splits are unlike the others")
    silenced_by = ("SCH001",)

    most: float = 0.15
    instances: int = 200

    def unable(self, data: Dataset) -> str:
        return "fewer than two splits" if len(data.split_names) < 2 else ""

    def partial(self, shard: Dataset) -> Mixes:
        if len(shard.split_names) < 2 and not len(shard.table("splits")):
            return Mixes({}, shard.labels)
        rows, images, labels = counted(shard)
        code, names = split_codes(shard)
        split = code[images]
        columns = ((labels, len(shard.labels)), *((column, BINS + 1) for column in binned(shard, rows)))
        tables = [
            np.bincount(split * size + column, minlength=len(names) * size).reshape(len(names), size)
            for column, size in columns
        ]
        splits = {
            name: Mix(tables[0][at], *(each[at, :BINS] for each in tables[1:]))
            for at, name in enumerate(names[:-1])
        }
        return Mixes(splits, shard.labels)

    def merge(self, states: Sequence[Mixes]) -> Mixes:
        splits: dict[str, Mix] = {}
        for state in states:
            for name, own in state.splits.items():
                had = splits.get(name)
                splits[name] = (
                    own
                    if had is None
                    else Mix(had.labels + own.labels, had.area + own.area, had.ratio + own.ratio)
                )
        return Mixes(splits, states[0].names)

    def finish(self, state: Mixes) -> Findings:
        enough = {
            name: own for name, own in sorted(state.splits.items()) if own.labels.sum() >= self.instances
        }
        usual = [name for name in enough if name.lower() in TRAIN]
        base = usual[0] if usual else max(enough, key=lambda name: int(enough[name].labels.sum()), default="")
        findings = Findings()
        for name in enough:
            if name != base:
                findings += self.classes(state, name, base)
                for what in ("area", "ratio"):
                    findings += self.boxes(state, name, base, what)
        return findings

    def classes(self, state: Mixes, name: str, base: str) -> Findings:
        """Tell of another mix of classes."""
        counts = np.stack([state.splits[each].labels for each in (base, name)])
        v = cramers_v(counts)
        if v <= self.most:
            return Findings()
        share = counts / counts.sum(axis=1, keepdims=True)
        label = int(np.abs(share[1] - share[0]).argmax())
        return found(
            self,
            "{split} has another mix of classes than {base}: Cramer's V {v:.2f}, most in {name!r}: {share:.1%} instead of "
            "{base_share:.1%} (told above {most:g})",
            values={
                "split": name,
                "base": base,
                "v": round(v, 4),
                "name": state.names[label],
                "share": round(float(share[1, label]), 4),
                "base_share": round(float(share[0, label]), 4),
                "most": self.most,
            },
        )

    def boxes(self, state: Mixes, name: str, base: str, what: str) -> Findings:
        """Tell of boxes of another size or form."""
        own, other = (getattr(state.splits[each], what) for each in (name, base))
        if min(own.sum(), other.sum()) < self.instances or (d := ks_distance(own, other)) <= self.most:
            return Findings()
        words = {"area": "size", "ratio": "form (width over height)"}
        return found(
            self,
            "{split} has boxes of another {what} than {base}: KS distance {d:.2f}, median {median:.4g} instead of "
            "{base_median:.4g} (told above {most:g})",
            values={
                "split": name,
                "base": base,
                "what": words[what],
                "d": round(d, 4),
                "median": middle(own),
                "base_median": middle(other),
                "most": self.most,
            },
        )


def binned(data: Dataset, rows: Array) -> tuple[Array, Array]:
    """Return the bin of the area and of the ratio of each annotation, int64; BINS where it has no usable box."""
    boxes = data.boxes
    with np.errstate(all="ignore"):
        w, h = np.log2(np.ascontiguousarray(boxes.xywh[:, 2:].T.astype(np.float32)))
        both = [np.where(boxes.usable, (value - LOWEST) * STEP, 0) for value in (w + h, w - h)]
    bins = [np.clip(value, 0, BINS - 1).astype(np.int64) for value in both]
    one, other = (np.where(boxes.usable, value, BINS)[rows] for value in bins)
    return one, other


def middle(counts: Array) -> float:
    """Return the median of a histogram, to about one percent."""
    at = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    return float(f"{2 ** ((at + 0.5) / STEP + LOWEST):.4g}")
