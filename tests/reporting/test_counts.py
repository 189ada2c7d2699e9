from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.text import Text

import annotool
from annotool.api import lines
from annotool.errors import UsageError
from annotool.findings import Findings, block
from annotool.reporting.counts import groups, statistics, tally
from annotool.reporting.rows import rows
from annotool.reporting.told import Told
from annotool.testing import tiny


@pytest.fixture(scope="module", params=["coco", "voc", "yolo"])
def audited(request: pytest.FixtureRequest, sample_data: Path) -> Told:
    data = annotool.read(sample_data / "faulty" / request.param)
    who = np.array([("ann", "bob", "")[at % 3] for at in range(len(data.table("images")))], dtype=object)
    return Told(replace(data, joined={"annotator": who}), annotool.audit(data))


def test_statistics_count_what_the_rows_say(audited: Told) -> None:
    counted = Counter(
        (row.rule, row.split, row.category or None) for row in rows(audited.data, audited.findings)
    )
    assert {(each.rule, each.split, each.category): each.findings for each in statistics(audited)} == counted


def test_a_tally_counts_what_the_rows_say(audited: Told) -> None:
    counted = Counter(
        (row.rule, row.severity, row.split or "", row.category, row.joined.get("annotator", ""))
        for row in rows(audited.data, audited.findings)
    )
    found = {(*row[:4], row[5]): row[4] for row in tally(audited, ["annotator"])}
    assert found == counted
    assert sum(int(str(row[4])) for row in tally(audited, ())) == len(audited.findings)


def test_groups_count_what_the_rows_say(audited: Told) -> None:
    named = [row for row in rows(audited.data, audited.findings) if row.image]
    counted = Counter(row.joined["annotator"] for row in named)
    found = groups(audited, "annotator")
    assert {each.value: each.findings for each in found.values} == counted
    assert found.elsewhere == len(audited.findings) - len(named)
    owners = audited.data.image_rows(audited.data.table("annotations")["image"])
    who = audited.data.joined["annotator"]
    for each in found.values:
        annotations = int((who[owners[owners >= 0]] == each.value).sum())
        assert each.annotations == annotations
        assert each.per_thousand == round(1000 * each.findings / annotations, 3)
        assert sum(each.by_rule.values()) == pytest.approx(each.per_thousand, abs=0.01 * len(each.by_rule))  # type: ignore[arg-type]
    rates = [each.per_thousand or 0 for each in found.values]
    assert rates == sorted(rates, reverse=True)


def test_only_what_is_new_is_counted(compared: Told) -> None:
    assert sorted(each.rule for each in statistics(compared)) == ["BOX002", "CLS003"]


def test_a_column_that_was_not_joined() -> None:
    from annotool.findings import Findings
    from annotool.testing import tiny

    with pytest.raises(UsageError, match="--group-by who: no such joined column"):
        groups(Told(tiny(), Findings()), "who")


def test_text_json_and_markdown_show_them(audited: Told) -> None:
    told = replace(audited, statistics=True, group_by="annotator")
    whole = json.loads("\n".join(lines(told, "json")))
    assert sum(each["findings"] for each in whole["statistics"]) == len(told.findings)
    assert {each["value"] for each in whole["groups"]["values"]} == {"ann", "bob", ""}
    text = "\n".join(Text.from_markup(line, emoji=False).plain for line in lines(told, "text"))
    first = statistics(told)[0]
    assert f"{first.rule:<7} {first.split or '-'}" in text
    assert "per 1,000" in text
    assert "### By `annotator`" in "\n".join(lines(told, "markdown"))


def test_nothing_found_counts_nothing() -> None:
    from annotool.findings import Findings
    from annotool.testing import tiny

    told = Told(
        tiny(joined={"who": np.array(["ann"], dtype=object)}), Findings(), statistics=True, group_by="who"
    )
    assert statistics(told) == []
    (only,) = groups(told, "who").values
    assert (only.value, only.findings, only.per_thousand) == ("ann", 0, None)
    assert "ann" in "\n".join(lines(told, "text"))


def test_a_category_without_a_name_is_none() -> None:
    data = tiny(categories=[{"name": ""}])
    found = Findings((block("CLS005", "a class has no name", 1, severity=1, category=0),))
    assert [each.category for each in statistics(Told(data, found))] == [None]
