"""FMT004: faults of data.yaml."""

from __future__ import annotations

import numpy as np

from annotool.findings import Block
from annotool.rules.base import ERROR, WARNING, Fix, ReaderRule
from annotool.rules.targets import stops, worded_as
from annotool.table import Array


class YoloYamlInvalid(ReaderRule):
    """The data.yaml does not say what a trainer needs, or says it twice and differently.

    What: no names; nc other than the number of names; names given by number with numbers missing; no train or
    val (or spelled otherwise); a path that is not there. A path that belongs to another machine but whose
    last parts are found beside the yaml is a warning.

    Why: ultralytics stops, or goes on with what is left: a wrong nc is ignored by one version and fatal to
    another (ultralytics/ultralytics#951), names {0: cat, 5: dog} make every class above 1 invalid, and
    Datumaro drops the numbers of names and so swaps classes.

    Bad: `nc: 4` above `names: [apple, banana, orange]`

    Good: `nc: 3` above `names: [apple, banana, orange]`

    Fix: safe: nc is added or corrected, a path is turned to the place beside the yaml. The order of classes
    is never touched.

    Source: https://docs.ultralytics.com/datasets/detect/ ;
    https://github.com/ultralytics/ultralytics/issues/951
    Of the consumers: ultralytics 8.4.190 data/utils.py check_det_dataset; nn/autobackend.py
    check_class_names.
    """

    code = "FMT004"
    slug = "yolo-yaml-invalid"
    severities = (ERROR, WARNING)
    fixes = (Fix.SAFE,)
    formats = ("yolo",)
    silenced_by = ("SCH001",)
    verdict = ("1 fault in data.yaml", "{n} faults in data.yaml")
    targets = (
        stops(
            "ultralytics",
            "stops",
            when=worded_as(
                "no {key}: ultralytics",
                "names: expected",
                "names: keys are",
                "names: key {key!r}",
                "nc is",
                "path {path}",
                "{path} does not exist here",
                "kpt_shape",
            ),
        ),
    )

    def condemns(self, part: Block) -> Array:
        """Only names that are numbered from another number than 0 make all classes unknown."""
        return np.full(len(part), "first" in part.values)
