from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from annotool.dataset import Dataset, concat
from annotool.engine import run
from annotool.findings import Findings, Severity
from annotool.rules.base import AnnotationRule, Rule, found
from annotool.rules.targets import Consequence, Effect, below, drops, drops_image, misreads, stops
from annotool.testing import tiny


@dataclass(frozen=True)
class Narrow(AnnotationRule):
    """Narrow."""

    code: ClassVar[str] = "XXX001"
    slug: ClassVar[str] = "narrow"
    severities: ClassVar[tuple[Severity, ...]] = (Severity.INFO,)
    verdict: ClassVar[tuple[str, str]] = ("1 box is narrow", "{n} boxes are narrow")
    targets: ClassVar[tuple[Consequence, ...]] = (
        drops_image("ultralytics", "drops the image", when=below("w", least=5)),
        misreads("ultralytics", "widens it", severity=Severity.WARNING),
        stops("mmdet", "stops", formats=("coco",)),
        drops("albumentations", "drops three", many="three"),
    )

    def check(self, data: Dataset) -> Findings:
        rows = data.table("annotations")
        at = np.flatnonzero(rows["w"] < 50)
        return found(self, "narrow", rows, take=at, values={"w": rows["w"][at], "three": np.full(len(at), 3)})


@dataclass(frozen=True)
class Waiting(Narrow):
    """In preview."""

    code: ClassVar[str] = "XXX002"
    preview: ClassVar[bool] = True


@dataclass(frozen=True)
class Echo(Narrow):
    """Silenced by a rule in preview."""

    code: ClassVar[str] = "XXX003"
    silenced_by: ClassVar[tuple[str, ...]] = ("XXX002",)


RULES: dict[str, Rule] = {rule.code: rule() for rule in (Narrow, Waiting, Echo)}


def part(form: str) -> Dataset:
    boxes = [{"image": image, "box": (0, 0, w, 9)} for image, w in ((0, 2), (0, 3), (1, 20), (1, 90))]
    return tiny(images=2, annotations=boxes, format_name=form)


def ran(data: Dataset, *targets: str) -> Findings:
    return run(data, RULES, {"XXX001"}, {}, targets=targets)


def test_the_first_that_holds_counts_and_images_count_once() -> None:
    findings = ran(part("yolo"), "ultralytics")
    assert findings.column("severity").tolist() == [Severity.ERROR, Severity.ERROR, Severity.WARNING]
    assert findings.column("consequence").tolist() == ["ultralytics drops the image"] * 2 + [
        "ultralytics widens it"
    ]
    assert [(each.effect, each.count, each.says) for each in findings.outcomes] == [
        (Effect.DROPS_IMAGE, 1, "1 image will be dropped by ultralytics"),
        (Effect.MISREADS, 1, "ultralytics will misread: 1 box is narrow"),
    ]


def test_a_finding_that_stands_for_several() -> None:
    (outcome,) = ran(part("yolo"), "albumentations").outcomes
    assert (outcome.count, outcome.rules) == (9, {"XXX001": 9})


def test_mixed_formats_are_judged_by_their_own() -> None:
    data = concat([part("coco"), part("yolo")])
    findings = ran(data, "mmdet", "ultralytics")
    told = findings.column("consequence").tolist()
    assert told == ["mmdet stops"] * 3 + ["ultralytics drops the image"] * 2 + ["ultralytics widens it"]
    says = [each.says for each in findings.outcomes]
    assert says[0] == "training with mmdet will stop: 3 boxes are narrow"
    assert "mmdet does not read yolo: convert it first (it reads coco, voc)" in says
    assert "1 image will be dropped by ultralytics" in says


def test_without_targets_nothing_is_told() -> None:
    findings = ran(part("yolo"))
    assert findings.outcomes == ()
    assert set(findings.column("consequence").tolist()) == {""}
    assert findings.column("severity").tolist() == [Severity.INFO] * 3


def test_a_cause_in_preview_silences_only_when_it_runs() -> None:
    assert run(part("coco"), RULES, {"XXX003"}, {}).counts() == {"XXX003": 3}
    assert run(part("coco"), RULES, {"XXX002", "XXX003"}, {}).counts().get("XXX002") == 3
