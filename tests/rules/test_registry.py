"""The rules stand under codes and slugs that are never given to another."""

import subprocess
import sys
from pathlib import Path

import pytest

import annotool.rules
from annotool.rules import registry
from annotool.rules.base import ReaderRule, Rule
from annotool.testing import check_class

READERS = {"SCH001", "SCH002", "SCH004", "FMT002", "FMT004", "FMT005", "FMT007", "PRD005"}
FOLDER = Path(annotool.rules.__file__).parent


def own() -> dict[str, type[Rule]]:
    return {code: rule for code, rule in registry().items() if rule.__module__.startswith("annotool.rules.")}


def test_codes_are_sorted_and_slugs_differ() -> None:
    assert len(own()) > 75
    assert list(registry()) == sorted(registry())
    assert len({rule.slug for rule in registry().values()}) == len(registry())


@pytest.mark.parametrize("code", own())
def test_each_stands_in_its_file_with_its_documentation(code: str) -> None:
    rule = own()[code]
    check_class(rule)
    assert (FOLDER / code[:3].lower() / f"{rule.slug.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("code", own())
def test_each_has_its_tests(code: str) -> None:
    tests = Path(__file__).parent / code[:3].lower() / f"test_{own()[code].slug.replace('-', '_')}.py"
    assert tests.is_file(), f"{code} has no {tests}"
    assert "check_rule" in tests.read_text("utf-8")


def test_reader_rules_are_those_that_readers_file() -> None:
    assert {code for code, rule in own().items() if issubclass(rule, ReaderRule)} == READERS


def test_causes_are_rules_and_no_rule_explains_its_cause() -> None:
    causes = {code: set(rule.silenced_by) for code, rule in own().items()}
    assert {cause for each in causes.values() for cause in each} <= set(own())
    assert all(set(rule.told_by) <= causes[code] for code, rule in own().items())

    def above(code: str, seen: frozenset[str]) -> None:
        assert code not in seen, f"{code} silences itself by way of {sorted(seen)}"
        for cause in causes[code]:
            above(cause, seen | {code})

    for code in causes:
        above(code, frozenset())


def test_formats_and_grades_are_known_ones() -> None:
    for code, rule in own().items():
        assert set(rule.formats) <= {"coco", "voc", "yolo", "imagefolder"}, code
        assert len(set(rule.severities)) == len(rule.severities), code
        assert all(rule.verdict), f"{code} has no words for the verdict"
        assert not any("{" in said.format(n="3") for said in rule.verdict), code


def test_the_registry_imports_nothing_heavy() -> None:
    """`annotool rule CODE` answers at once: no rule module loads pandas, shapely or an image library."""
    code = "import sys; from annotool.rules import registry; registry(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    heavy = {"pandas", "shapely", "pycocotools", "PIL", "lxml", "dask", "rich", "yaml"}
    assert not heavy & set(done.stdout.split())
