"""Every json report is what docs/report.schema.json and docs/json.md say, and they say no more than there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import annotool
from annotool.api import Told, lines
from annotool.config import Config

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "sample_data"
SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text("utf-8"))
REPORT = jsonschema.Draft202012Validator(SCHEMA)
FINDING = jsonschema.Draft202012Validator(
    {**SCHEMA, "$id": "line", "$ref": "#/$defs/finding", "required": [], "properties": {}}
)
DATASETS = ["coco", "voc", "yolo", "classes", "faulty/coco", "faulty/voc", "faulty/yolo"]
CASES = sorted(path.name for path in (SAMPLES / "faulty/cases").iterdir() if path.is_dir())


def closed(schema: Any) -> Any:
    """The schema with no room for keys it does not name: what is not documented fails."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    named = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    return {**inner, **({"additionalProperties": False} if named else {})}


CLOSED = jsonschema.Draft202012Validator(closed(SCHEMA))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def told(path: Path, tmp_path: Path, **options: Any) -> Told:
    data = annotool.read(path)
    names = data.table("images")["file_name"].tolist()
    sheet = tmp_path / "images.csv"
    sheet.write_text(
        "file_name,who\n" + "".join(f'"{each}",w{at % 3}\n' for at, each in enumerate(names)), "utf-8"
    )
    data = annotool.read(path, join=sheet) if options else data
    return Told(data, annotool.audit(data), **options)


@pytest.mark.parametrize("name", [*DATASETS, *(f"faulty/cases/{case}" for case in CASES)])
def test_reports_of_all_samples_are_valid(name: str, tmp_path: Path) -> None:
    try:
        report = told(SAMPLES / name, tmp_path)
    except annotool.AnnotoolError as error:
        pytest.fail(f"{name}: {error}")
    CLOSED.validate(json.loads("\n".join(lines(report, "json"))))
    for line in lines(report, "jsonl"):
        FINDING.validate(json.loads(line))


@pytest.mark.parametrize("name", ["faulty/coco", "faulty/voc", "faulty/yolo"])
def test_counts_and_joined_columns_are_valid(name: str, tmp_path: Path) -> None:
    whole = json.loads(
        "\n".join(lines(told(SAMPLES / name, tmp_path, statistics=True, group_by="who"), "json"))
    )
    CLOSED.validate(whole)
    assert {"statistics", "groups"} <= set(whole)


def test_what_a_baseline_adds_is_valid(tmp_path: Path) -> None:
    annotool.baseline(SAMPLES / "faulty/coco", tmp_path / "known.jsonl")
    data = annotool.read(SAMPLES / "coco")
    findings = annotool.audit(data, baseline=tmp_path / "known.jsonl")
    whole = json.loads("\n".join(lines(Told(data, findings), "json")))
    CLOSED.validate(whole)
    assert whole["stale"]
    assert sum(each["count"] for each in whole["stale"]) == whole["summary"]["baseline"]["stale"]


def test_what_targets_and_ignores_add_is_valid() -> None:
    data = annotool.read(SAMPLES / "faulty/coco")
    ignores = {"split": {"train": frozenset(["BOX001", "SCH006"])}}
    findings = annotool.audit(data, config=Config(ignores=ignores), target=["coco-eval", "torchvision"])
    whole = json.loads("\n".join(lines(Told(data, findings), "json")))
    CLOSED.validate(whole)
    assert {each["rule"] for each in whole["ignored"]} == {"BOX001", "SCH006"}
    assert {each["target"] for each in whole["targets"]} == {"coco-eval", "torchvision"}
    assert any(each["consequence"] for each in whole["findings"])


def test_the_schema_can_say_no(tmp_path: Path) -> None:
    whole = json.loads("\n".join(lines(told(SAMPLES / "faulty/coco", tmp_path), "json")))
    for key in SCHEMA["required"]:
        assert not REPORT.is_valid({name: value for name, value in whole.items() if name != key})
    first = whole["findings"][0]
    for name, wrong in (
        ("severity", "bad"),
        ("line", 0),
        ("file", ""),
        ("known", None),
        ("fingerprint", "xyz"),
    ):
        assert not REPORT.is_valid({**whole, "findings": [{**first, name: wrong}]})
        assert not FINDING.is_valid({**first, name: wrong})
    assert REPORT.is_valid({**whole, "new key": 1})  # keys are added: an old schema takes them
    assert not CLOSED.is_valid({**whole, "new key": 1})


def test_the_page_names_every_key() -> None:
    page = (ROOT / "docs/json.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert set(SCHEMA["properties"]) <= named
    assert set(SCHEMA["$defs"]["finding"]["properties"]) <= named
