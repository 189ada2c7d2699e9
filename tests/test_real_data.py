"""docs/real-data.md says of each real set what an audit says today: every rule, every grade, every count."""

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import annotool
from annotool.findings import Severity

PAGE = (Path(__file__).resolve().parents[1] / "docs/real-data.md").read_text("utf-8")
COMMAND = re.compile(r"^    annotool audit (?:\.\./shared/data/)(.+)$", re.MULTILINE)
ROW = re.compile(
    r"^\| ([A-Z]{3}\d{3}) \| (error|warning|info) \| (\d+) \| (true|arguable) \| .+ \|$", re.MULTILINE
)


def sections() -> dict[str, str]:
    """The text below each command, up to the next one."""
    _, *parts = COMMAND.split(PAGE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def counted(data: Path, words: list[str]) -> Counter[tuple[str, str]]:
    path, *rest = words
    options: dict[str, Any] = {"decode": "--decode" in rest}
    options |= {"format": rest[rest.index("--format") + 1]} if "--format" in rest else {}
    findings = annotool.audit(annotool.read(data / path, **options))
    counts: Counter[tuple[str, str]] = Counter()
    for part in findings.blocks:
        grades = part.columns["severity"].tolist()
        counts.update((part.rule, Severity(grade).name.lower()) for grade in grades)
    return counts


@pytest.mark.parametrize("command", sections())
def test_the_page_says_what_an_audit_says(real_data: Path, command: str) -> None:
    told = {(rule, grade): int(count) for rule, grade, count, _ in ROW.findall(sections()[command])}
    assert counted(real_data, shlex.split(command)) == told


@pytest.mark.parametrize("name", ["applebbch81", "predictions_toy/toyexample"])
def test_several_datasets_are_listed_to_choose_from(real_data: Path, name: str) -> None:
    with pytest.raises(annotool.AnnotoolError, match=r"holds [23] datasets; choose one"):
        annotool.read(real_data / name)


def test_what_is_no_dataset_is_said(real_data: Path) -> None:
    with pytest.raises(annotool.AnnotoolError, match="no dataset found"):
        annotool.read(real_data / "voc_ap_case")
