from __future__ import annotations

import numpy as np
import pytest

from annotool.findings import Edits, Findings, Op, Severity, block


def some() -> Findings:
    first = block(
        "BOX001", "width is {w}", 3, values={"w": np.array([0.0, -1.0, -2.0])}, annotation=np.arange(3)
    )
    second = block("CLS002", "never used", 1, severity=Severity.WARNING)
    return Findings((first, second))


def test_messages_speak_of_their_values() -> None:
    part = some().blocks[0]
    assert [part.text(row) for row in range(3)] == ["width is 0.0", "width is -1.0", "width is -2.0"]
    assert part.take(np.array([2])).row_values(0) == {"w": -2.0}


def test_columns_run_over_all_blocks() -> None:
    findings = some()
    assert len(findings) == 4
    assert findings.column("rule").tolist() == ["BOX001"] * 3 + ["CLS002"]
    assert findings.column("annotation").tolist() == [0, 1, 2, -1]
    assert findings.counts() == {"BOX001": 3, "CLS002": 1}
    assert len(findings.of("CLS002")) == 1


def test_where_drops_empty_blocks() -> None:
    kept = some().where(lambda part: part.columns["annotation"] == 1)
    assert [len(part) for part in kept.blocks] == [1]


def test_empty_findings_have_columns() -> None:
    assert Findings().column("image").tolist() == []
    assert Findings().column("rule").tolist() == []
    assert len(Findings().frame) == 0


def test_frame_has_a_row_a_finding() -> None:
    frame = some().frame
    assert frame["message"].tolist()[-1] == "never used"
    assert list(frame["rule"]) == ["BOX001"] * 3 + ["CLS002"]


def test_unknown_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="no column"):
        block("BOX001", "x", 1, colour=1)


def test_a_million_findings_stay_in_columns() -> None:
    part = block(
        "BOX001",
        "width is {w}",
        1_000_000,
        values={"w": np.zeros(1_000_000)},
        annotation=np.arange(1_000_000),
    )
    own = {
        id(v.base if v.base is not None else v): v for v in part.columns.columns.values() if v.strides != (0,)
    }
    assert sum(v.nbytes for v in own.values()) <= 16_000_000


def test_edits_stack_and_spread() -> None:
    edits = Edits.concat(
        [
            Edits.make(
                2,
                table="annotations",
                column="area",
                row=np.array([4, 7]),
                new=np.array([1.5, 2.5]),
                rule="SCH003",
            ),
            Edits.make(1, op=Op.DROP, table="annotations", row=9, safe=False, rule="BOX001"),
        ]
    )
    assert edits["row"].tolist() == [4, 7, 9]
    assert edits["new"].tolist() == [1.5, 2.5, None]
    assert edits["op"].tolist() == [Op.SET, Op.SET, Op.DROP]
    assert edits["safe"].tolist() == [True, True, False]
    assert len(Edits.concat([])) == 0


def test_an_edit_may_hold_a_tuple() -> None:
    edits = Edits.make(1, table="annotations", column="bbox", row=0, new=[(1.0, 2.0, 3.0, 4.0)])
    assert edits["new"][0] == (1.0, 2.0, 3.0, 4.0)
