from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from annotool.api import lines
from annotool.reporting.told import Told


def test_a_line_is_a_finding_of_the_json_report(told: Told, hostile: Told) -> None:
    for each in (told, hostile):
        whole = json.loads("\n".join(lines(each, "json")))["findings"]
        assert [json.loads(line) for line in lines(each, "jsonl")] == whole


def test_known_and_joined_stand_in_it(compared: Told) -> None:
    joined = {"batch": np.array(["b1", ""], dtype=object)}
    told = replace(compared, data=replace(compared.data, joined=joined))
    fact, _, outside = (json.loads(line) for line in lines(told, "jsonl"))
    assert (fact["known"], outside["known"]) == (True, False)
    assert fact["joined"] == {"batch": ""}
    assert outside["joined"] == {"batch": ""}
    assert json.loads(next(iter(lines(compared, "jsonl"))))["joined"] is None


@pytest.mark.parametrize("form", ["jsonl", "csv", "concise"])
def test_it_streams(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line is there before the findings behind it are looked at."""
    from annotool.findings import Findings, block
    from annotool.reporting import rows
    from annotool.testing import tiny

    blocks = tuple(block("BOX001", "m {n}", 10, values={"n": np.arange(10)}, severity=2, line=at * 10 + np.arange(10))
                   for at in range(4))  # fmt: skip
    seen: list[int] = []
    build = rows.View.rows

    def counting(self: rows.View, part: object) -> list[rows.Row]:
        seen.append(1)
        return build(self, part)  # type: ignore[arg-type]

    monkeypatch.setattr(rows.View, "rows", counting)
    monkeypatch.setattr(rows, "AT_ONCE", 10)
    told = lines(Told(tiny(), Findings(blocks)), form)
    next(told)
    next(told)
    assert len(seen) == 1
    assert sum(1 for _ in told) >= 38
    assert len(seen) == 4
