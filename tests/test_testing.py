"""The contract tests must themselves fail where a rule breaks the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from annotool import testing
from annotool.findings import Edits, Findings, Fix, Op, Severity
from annotool.rules.base import AnnotationRule, DatasetRule, found
from annotool.schema import Kind
from annotool.testing import check_rule, tiny


@dataclass(frozen=True)
class WideBox(AnnotationRule):
    """Box wider than allowed.

    What: w > most.
    Why: only a test.
    Bad: w = 200.
    Good: w = 100.
    Fix: unsafe: the annotation goes.
    Source: none.
    """

    code = "TST001"
    slug = "test-testing"  # the name of this file
    severities = (Severity.WARNING,)
    fixes = (Fix.UNSAFE,)
    most: float = 150.0

    def check(self, data: Any) -> Findings:
        rows = data.table("annotations")
        wide = np.flatnonzero(rows["w"] > self.most)
        values = {"w": rows["w"][wide], "most": self.most}
        return found(self, "{w:g} > {most:g}", rows, take=wide, fix=Fix.UNSAFE, values=values)

    def fix(self, data: Any, findings: Findings) -> Edits:
        rows = findings.column("annotation")
        at = np.arange(len(rows))
        return Edits.make(
            len(rows), op=Op.DROP, table="annotations", row=rows, finding=at, safe=False, rule=self.code
        )


WIDE = tiny(2, [{"image": 1, "box": (0, 0, 200, 10)}, {"w": 10, "h": 10, "x": 0, "y": 0}])


def test_a_good_rule_passes() -> None:
    check_rule(WideBox, valid=[tiny(3, [{}]), tiny()], invalid=[(WIDE, [0])])
    check_rule(WideBox(most=5), invalid=[(WIDE, [1, 0])])
    check_rule(WideBox, invalid=[(WIDE, [{"severity": -1, "values": {"w": 200.0}, "message": "200 > 150"}])])


def test_an_option_that_is_none_fails() -> None:
    class Undecorated(WideBox):
        """Options of a class that is no dataclass of its own are plain class variables."""

        least: float = 1.0

    Undecorated.__doc__ = WideBox.__doc__
    with pytest.raises(AssertionError, match=r"\['least'\] are options only under"):
        check_rule(Undecorated, valid=[tiny()])


def test_wrong_expectations_fail() -> None:
    with pytest.raises(AssertionError, match="valid data"):
        check_rule(WideBox, valid=[WIDE])
    with pytest.raises(AssertionError, match="expected 1 findings, got 0"):
        check_rule(WideBox, invalid=[(tiny(), [0])])
    with pytest.raises(AssertionError, match="expected 1, got 0"):
        check_rule(WideBox, invalid=[(WIDE, [1])])


def test_an_undocumented_rule_fails() -> None:
    class Bare(WideBox):
        """One line."""

    with pytest.raises(AssertionError, match="sections"):
        check_rule(Bare)


def test_a_fix_that_mends_nothing_fails() -> None:
    class Idle(WideBox):
        __doc__ = WideBox.__doc__

        def fix(self, data: Any, findings: Findings) -> Edits:
            return Edits.make(0)

    with pytest.raises(AssertionError, match="mendable are"):
        check_rule(Idle, invalid=[(WIDE, [0])])

    class Half(WideBox):
        __doc__ = WideBox.__doc__

        def fix(self, data: Any, findings: Findings) -> Edits:
            return Edits.make(
                1, table="annotations", column="w", row=0, new=[199.0], finding=0, rule=self.code, safe=False
            )

    with pytest.raises(AssertionError, match="still finds"):
        check_rule(Half, invalid=[(WIDE, [0])])


def test_a_dataset_rule_that_cannot_be_cut_fails() -> None:
    class First(DatasetRule[int]):
        __doc__ = WideBox.__doc__
        code, slug, severities = "TST002", "test-testing", (Severity.INFO,)

        def partial(self, shard: Any) -> int:
            return len(shard.table("annotations"))

        def merge(self, states: Sequence[int]) -> int:
            return states[0]

        def finish(self, state: int) -> Findings:
            return found(self, "{n} annotations", values={"n": state})

    first = dataclass(frozen=True)(First)
    with pytest.raises(AssertionError, match="shards"):
        check_rule(first, invalid=[(tiny(2, [{}, {"image": 1}]), [-1])])


def test_tiny_is_a_real_dataset() -> None:
    data = tiny(
        [{}, {"width": np.nan}],
        [
            {"polygon": [[0, 0, 10, 0, 10, 10], [20, 20, 30, 20, 30, 30]]},
            {"rle": {"counts": [0, 4, 8], "size": [3, 4]}},
            {"keypoints": [1, 2, 2], "category": -1, "category_id": 9},
            {"image": -1, "source": 0},
        ],
        splits={"train": [0], "val": [1]},
    )
    notes = data.table("annotations")
    assert notes["kind"].tolist() == [Kind.POLYGON, Kind.RLE, Kind.KEYPOINTS, Kind.BOX]
    assert data.rings["area"].tolist() == [50.0, 50.0]
    decoder = data.decoders["coco"]
    assert decoder.rle
    assert decoder.keypoints
    counts = decoder.rle(data, np.array([1]))[0]
    assert counts
    assert counts[0].tolist() == [0, 4, 8]
    assert decoder.keypoints(data, np.array([2])).each()[0].tolist() == [[1, 2, 2]]
    record = bytes(data.source_bytes(0)[notes["start"][2] : notes["end"][2]])
    assert record.startswith(b'{"source": 0')
    assert record.endswith(b"}")
    assert data.split_names == ("train", "val")


def test_tiny_yolo_has_a_file_an_image_and_fractions() -> None:
    data = tiny(2, [{"image": 1, "fractions": (0.5, 0.5, 0.25, 0.5)}], format_name="yolo")
    assert data.table("sources")["file"].tolist() == ["labels/0.txt", "labels/1.txt"]
    notes = data.table("annotations")
    assert [notes[c][0] for c in "xywh"] == [320, 240, 160, 240]
    assert notes["source"].tolist() == [1]
    assert data.table("categories")["id"].tolist() == [0, 1]


def test_edited_drops_and_renumbers() -> None:
    data = tiny(3, [{}, {"image": 2}], splits={"train": [0, 2]})
    gone = Edits.make(1, op=Op.DROP, table="images", row=[0])
    after = testing.edited(data, gone)
    assert after.table("images")["id"].tolist() == [2, 3]
    assert after.table("annotations")["image"].tolist() == [-1, 1]
    assert after.table("splits")["image"].tolist() == [1]
