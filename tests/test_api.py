from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import annotool
from annotool import api
from annotool.config import Config
from annotool.errors import UsageError
from annotool.findings import Findings, Severity, block
from annotool.testing import tiny

SAMPLES = Path(__file__).parents[1] / "sample_data"


def test_audit_takes_a_dataset_or_a_path() -> None:
    data = annotool.read(SAMPLES / "faulty" / "coco")
    assert annotool.audit(data).counts() == annotool.audit(SAMPLES / "faulty" / "coco").counts()
    assert {code[:3] for code in annotool.audit(data, select=["BOX"]).counts()} == {"BOX"}
    assert annotool.audit(data, config=Config(ignore=("ALL",))).counts() == {}


def test_report_has_four_forms() -> None:
    data = annotool.read(str(SAMPLES / "faulty" / "voc"))
    findings = annotool.audit(data)
    for form in ("text", "concise", "paths", "json"):
        assert annotool.report(data, findings, form).strip()
    with pytest.raises(UsageError, match="no output format"):
        annotool.report(data, findings, "pdf")


def test_a_control_character_in_a_name_leaves_json_valid() -> None:
    data = tiny(annotations=[{"category": 2}], categories=("a\x7fb", "a\x1bb", "c"))
    findings = annotool.audit(data, select=["CLS002"])
    told = annotool.report(data, findings, "json")
    assert [each["category"] for each in json.loads(told)["findings"]] == ["a\x7fb", "a\x1bb"]
    assert "\x7f" not in told + annotool.report(data, findings, "concise")


def test_fix_undo_and_apply(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(SAMPLES / "faulty" / "yolo", mine)
    before = {file: file.read_bytes() for file in mine.rglob("*.*")}
    seen = annotool.fix(mine, ignore=["BAL"])
    assert len(seen.changes)
    assert {file: file.read_bytes() for file in mine.rglob("*.*")} == before, (
        "nothing is written unless asked"
    )
    annotool.fix(mine, out=tmp_path / "out")
    assert {file: file.read_bytes() for file in mine.rglob("*.*")} == before
    again = annotool.apply(tmp_path / "out" / "fixes.jsonl", mine, tmp_path / "again")
    assert again == tmp_path / "again" / "fixes.jsonl"
    for file in (tmp_path / "out").rglob("*.txt"):
        assert (tmp_path / "again" / file.relative_to(tmp_path / "out")).read_bytes() == file.read_bytes()
    annotool.fix(mine, in_place=True)
    assert {file: file.read_bytes() for file in before} != before
    annotool.undo(mine / "fixes.jsonl")
    assert {file: file.read_bytes() for file in before} == before


def test_fix_wants_one_place_to_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose one"):
        annotool.fix(SAMPLES / "coco", out=tmp_path / "a", in_place=True)
    with pytest.raises(UsageError, match="apart from it"):
        annotool.fix(SAMPLES / "coco", out=SAMPLES / "coco" / "mended")


@pytest.mark.parametrize(
    ("severity", "fails"),
    [(0, {"info"}), (1, {"info", "warning"}), (2, {"info", "warning", "error"})],
)
def test_what_makes_a_run_fail(severity: int, fails: set[str]) -> None:
    findings = Findings((block("BOX001", "m", 1, severity=Severity(severity)),))
    assert {word for word in ("error", "warning", "info", "never") if api.fails(findings, word)} == fails
    with pytest.raises(UsageError):
        api.fails(findings, "always")


def test_rules_and_formats_are_listed_and_explained() -> None:
    assert [rule.code for rule in annotool.list_rules()] == sorted(
        rule.code for rule in annotool.list_rules()
    )
    assert annotool.explain_rule("out-of-bounds") == annotool.explain_rule("BOX002")
    assert {each.name for each in annotool.list_formats()} >= {"coco", "voc", "yolo", "imagefolder"}
    with pytest.raises(UsageError, match="did you mean"):
        annotool.explain_rule("BOX0O2")


def test_sizes_are_written_for_every_image(tmp_path: Path) -> None:
    count = annotool.sizes(SAMPLES / "yolo", tmp_path / "sizes.csv")
    lines = (tmp_path / "sizes.csv").read_text().splitlines()
    assert lines[0] == "file_name,width,height"
    assert len(lines) == count + 1 == len(annotool.read(SAMPLES / "yolo").images) + 1


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError):
        annotool.nothing  # noqa: B018
    assert set(dir(annotool)) == set(annotool.__all__)
