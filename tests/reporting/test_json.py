from __future__ import annotations

import json

from annotool.findings import Findings
from annotool.reporting.json import lines
from annotool.reporting.told import Told
from annotool.testing import tiny


def test_one_object_with_every_finding(told: Told) -> None:
    got = json.loads("\n".join(lines(told)))
    assert list(got) == [
        "annotool",
        "config",
        "inputs",
        "images_checked",
        "dataset",
        "skipped",
        "summary",
        "findings",
    ]
    assert got["summary"] == {
        "error": 1,
        "warning": 1,
        "info": 1,
        "by_rule": {"BAL001": 1, "BOX002": 1, "CLS003": 1},
    }
    assert got["dataset"]["splits"] == {"train": 1, "val": 1}
    assert got["skipped"] == [{"rule": "IMG001", "why": "no image files"}]
    fact, _, outside = got["findings"]
    assert outside["values"] == {"by": 61.0}
    assert outside["fix"] == "unsafe"
    assert fact["file"] is fact["line"] is fact["image"] is fact["split"] is None
    assert len({each["fingerprint"] for each in got["findings"]}) == 3


def test_the_same_bytes_each_time(told: Told) -> None:
    assert list(lines(told)) == list(lines(told))


def test_no_findings_is_valid_json() -> None:
    assert json.loads("\n".join(lines(Told(tiny(), Findings()))))["findings"] == []
