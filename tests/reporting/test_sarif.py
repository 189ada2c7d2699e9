from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import annotool
from annotool.api import lines
from annotool.findings import Findings, block
from annotool.reporting.sarif import EACH, RESULTS
from annotool.reporting.told import Told
from annotool.testing import tiny

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.schema.json").read_text("utf-8"))
CHECK = jsonschema.Draft4Validator(SCHEMA)


def run(told: Told) -> dict[str, Any]:
    """The one run of the report, which must be valid."""
    log = json.loads("\n".join(lines(told, "sarif")))
    CHECK.validate(log)
    (only,) = log["runs"]
    return dict(only)


def test_the_schema_can_say_no() -> None:
    log = json.loads("\n".join(lines(Told(tiny(), Findings()), "sarif")))
    CHECK.validate(log)
    for broken in ({**log, "version": "2.0.0"}, {**log, "runs": [{**log["runs"][0], "tool": {}}]}):
        assert not CHECK.is_valid(broken)


@pytest.mark.parametrize("name", ["coco", "faulty/coco", "faulty/voc", "faulty/yolo", "classes"])
def test_reports_of_the_samples_are_valid(name: str, sample_data: Path) -> None:
    data = annotool.read(sample_data / name)
    findings = annotool.audit(data)
    got = run(Told(data, findings))
    assert len(got["results"]) == len(findings)
    rules = [rule["id"] for rule in got["tool"]["driver"]["rules"]]
    for each in got["results"]:
        assert rules[each["ruleIndex"]] == each["ruleId"]
        place = each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not place.startswith(("/", ".."))


def test_a_result_is_a_finding(told: Told) -> None:
    got = run(told)
    _, name, outside = got["results"]
    assert [each["level"] for each in got["results"]] == ["note", "warning", "error"]
    assert outside["message"]["text"] == "box [bold] leaves by 61.0 px"
    place = outside["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "annotations.json", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 4},
    }
    assert "region" not in name["locations"][0]["physicalLocation"]
    assert "baselineState" not in outside
    prints = [json.loads(line)["fingerprint"] for line in lines(told, "jsonl")]
    assert [each["partialFingerprints"]["annotool/v1"] for each in got["results"]] == prints
    assert len({each["partialFingerprints"]["primaryLocationLineHash"] for each in got["results"]}) == 3
    (note,) = got["invocations"][0]["toolExecutionNotifications"]
    assert "no image files" in note["message"]["text"]


def test_help_is_the_rules_docstring(told: Told) -> None:
    rules = {rule["id"]: rule for rule in run(told)["tool"]["driver"]["rules"]}
    assert rules["BOX002"]["name"] == "OutOfBounds"
    assert rules["BOX002"]["shortDescription"]["text"] == "A box reaches beyond its image."
    assert "Why: albumentations" in rules["BOX002"]["help"]["markdown"]
    assert "| `tolerance` |" in rules["BOX002"]["help"]["markdown"]
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in rules.values())


def test_a_baseline_tells_new_from_unchanged(compared: Told) -> None:
    assert [each["baselineState"] for each in run(compared)["results"]] == ["unchanged", "new", "new"]


def test_many_of_a_rule_in_a_file_are_one_result(many: Callable[..., Told]) -> None:
    assert len(run(many(EACH))["results"]) == EACH
    (only,) = run(many(EACH + 1))["results"]
    assert only["message"]["text"].startswith(f"{EACH + 1} findings of out-of-bounds in this file")
    assert only["properties"]["findings"] == EACH + 1
    again = run(many(EACH + 50))["results"][0]
    assert again["partialFingerprints"] == only["partialFingerprints"]  # the same alert, whatever the count


def test_it_stays_inside_githubs_limits() -> None:
    files = 30_000
    data = tiny(images=files, format_name="yolo", annotations=[])
    rows = np.arange(files)
    name = "n" * 3000
    blocks = [
        block(
            "BOX001", f"{name}{{n}}", files, values={"n": rows}, severity=2, source=rows, image=rows, line=1
        )
    ]
    blocks += [block("BOX003", "warned", files, severity=1, source=rows, image=rows, line=2)]
    blocks += [block("CLS003", "rare", 3, severity=0, source=[0, 1, 2], line=3)]
    blocks += [block("BOX002", "many", 9_000, severity=2, source=5, line=np.arange(9_000) + 1)]
    text = "\n".join(lines(Told(data, Findings(tuple(blocks))), "sarif"))
    got = json.loads(text)
    CHECK.validate({**got, "runs": [{**got["runs"][0], "results": got["runs"][0]["results"][:50]}]})
    results = got["runs"][0]["results"]
    assert RESULTS - 4 <= len(results) <= RESULTS
    assert len(gzip.compress(text.encode())) < 10_000_000
    counted: Counter[str] = Counter()
    for each in results:
        counted[each["ruleId"]] += each.get("properties", {}).get("findings", 1)
    assert counted == {"BOX001": files, "BOX003": files, "CLS003": 3, "BOX002": 9_000}  # none is lost
    levels = Counter(each["level"] for each in results)
    assert levels["error"] > RESULTS - 10  # the worst stay
    assert max(len(each["message"]["text"]) for each in results) <= 1200


def test_names_are_no_links_and_uris_are_quoted(hostile: Told) -> None:
    first = run(hostile)["results"][0]
    assert "](http" not in first["message"]["text"]
    uri = first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(' <>"\\|\n`')
