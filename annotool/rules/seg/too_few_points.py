"""SEG001."""

from __future__ import annotations

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import AnnotationRule, Edits, Findings, Fix, Op, Severity, found, mendable
from annotool.rules.targets import (
    below,
    both,
    drops,
    drops_image,
    misreads,
    ringless,
    stops,
    value_is,
    worded_as,
)
from annotool.table import Array


class TooFewPoints(AnnotationRule):
    """A ring of a polygon has fewer than three points, or an odd count of numbers.

    What: a ring with less than 6 numbers, or with an x that has no y. Each ring is a finding.

    Why: pycocotools reads a ring of exactly 4 numbers as a box and fills it (cocodataset/cocoapi#139, #369);
    detectron2 drops the ring, and the annotation when none is left; Datumaro raises.

    Bad: `"segmentation": [[10, 10, 20, 20]]`.

    Good: `"segmentation": [[10, 10, 20, 10, 20, 20]]`.

    Fix: unsafe. The ring is removed, and the annotation with it when no ring is left.

    Source: cocodataset/cocoapi#139, #369; open-mmlab/mmdetection#7776; tensorpack/tensorpack#1041; detectron2 data/datasets/coco.py.
    Of the consumers: ultralytics 8.4.190 data/utils.py verify_image_label; pycocotools 2.0.11 _mask.pyx
    frPyObjects; pytorch/vision references/detection/coco_utils.py ConvertCocoPolysToMask at aaca9bd;
    detectron2 data/datasets/coco.py load_coco_json at 910b796; mmdet 3.3.0 datasets/transforms/loading.py
    LoadAnnotations._process_masks.
    """

    code = "SEG001"
    slug = "too-few-points"
    severities = (Severity.ERROR,)
    fixes = (Fix.UNSAFE,)
    silenced_by = ("SCH002", "SCH004", "FMT002")
    verdict = ("1 ring of a polygon has too few points", "{n} rings of polygons have too few points")
    targets = (
        drops_image("ultralytics", "drops the whole image", when=worded_as("ring {ring} has an odd")),
        stops(
            "torchvision",
            "stops: the first ring is no polygon",
            when=both(value_is("ring", 0), below("numbers", least=5)),
        ),
        drops("detectron2", "drops the annotation: no ring is left", when=ringless),
        misreads("detectron2", "leaves the ring out", severity=Severity.WARNING),
        drops("mmdet", "drops the annotation where masks are trained: no ring is left", when=ringless),
        misreads("mmdet", "leaves the ring out", severity=Severity.WARNING),
        stops(
            "coco-eval",
            "stops where masks are evaluated: the first ring is no polygon",
            when=both(value_is("ring", 0), below("numbers", least=5)),
        ),
    )

    def check(self, data: Dataset) -> Findings:
        rings = data.rings.take(faulty(data.rings["numbers"]))
        odd = rings["numbers"] % 2 == 1
        few = "ring {ring} has {numbers} numbers; a polygon needs three points, which are 6"
        uneven = "ring {ring} has an odd count of numbers ({numbers}): an x without a y"
        findings = Findings()
        for chosen, message in ((~odd, few), (odd, uneven)):
            values = {"ring": rings["ring"][chosen], "numbers": rings["numbers"][chosen]}
            findings += found(self, message, data.table("annotations"), take=rings["row"][chosen], fix=Fix.UNSAFE,
                              values=values)  # fmt: skip
        return findings

    def fix(self, data: Dataset, findings: Findings) -> Edits:
        """Drop the named rings; all edits of one annotation are the same cell with the same value."""
        finding, keys, _ = mendable(findings)
        ring = np.concatenate([np.empty(0, np.int64), *(part.values["ring"] for part in findings.blocks)])
        ring = ring[finding]
        named: dict[int, set[int]] = {}
        for key, number in zip(keys.tolist(), ring.tolist(), strict=True):
            named.setdefault(key, set()).add(int(number))
        every = np.bincount(data.rings["row"], minlength=len(data.table("annotations")))
        none_left = np.array([len(named[key]) == every[key] for key in keys.tolist()], dtype=bool)
        dropped = Edits.make(
            int(none_left.sum()),
            op=Op.DROP,
            table="annotations",
            row=keys[none_left],
            finding=finding[none_left],
            safe=False,
            rule=self.code,
        )
        kept = keys[~none_left]
        cut = Edits.make(
            len(kept),
            table="annotations",
            column="rings",
            row=kept,
            new=[tuple(sorted(named[key])) for key in kept.tolist()],
            finding=finding[~none_left],
            safe=False,
            rule=self.code,
        )
        return Edits.concat([dropped, cut])


def faulty(numbers: Array) -> Array:
    """Whether a ring of so many numbers is none, bool (n,)."""
    return np.asarray((numbers < 6) | (numbers % 2 == 1))
