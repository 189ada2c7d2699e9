"""The rules stand under codes and slugs that are never given to another."""

import subprocess
import sys
from pathlib import Path

import pytest

import annotool.rules
from annotool.rules import registry
from annotool.rules.base import ReaderRule, Rule
from annotool.testing import check_class

SLUGS = {
    "SCH001": "unparsable-file",
    "SCH002": "missing-or-invalid-field",
    "SCH003": "missing-eval-field",
    "SCH004": "non-finite-number",
    "SCH005": "duplicate-id",
    "SCH006": "duplicate-annotation-id",
    "SCH007": "dangling-image-ref",
    "SCH008": "annotation-id-zero",
    "SCH009": "invalid-declared-size",
    "SCH010": "missing-image-file",
    "SCH011": "orphan-label-file",
    "SCH012": "missing-label-file",
    "SCH013": "non-portable-path",
    "SCH014": "stale-label-cache",
    "FMT001": "yolo-mixed-rows",
    "FMT002": "yolo-malformed-row",
    "FMT003": "yolo-not-normalized",
    "FMT004": "yolo-yaml-invalid",
    "FMT005": "yolo-label-path-unmappable",
    "FMT006": "voc-filename-mismatch",
    "FMT007": "voc-coordinate-base",
    "FMT008": "coco-category-zero",
    "FMT009": "coco-phantom-category",
    "FMT010": "box-encoding-suspect",
    "FMT011": "iscrowd-misuse",
    "FMT012": "lossy-export",
    "IMG001": "unreadable-image",
    "IMG002": "truncated-image",
    "IMG003": "size-mismatch",
    "IMG004": "exif-orientation",
    "IMG005": "format-mismatch",
    "IMG006": "image-too-small",
    "IMG007": "inconsistent-mode",
    "IMG008": "exact-duplicate-image",
    "IMG009": "near-duplicate-image",
    "IMG010": "poor-exposure",
    "IMG011": "blurry-or-blank",
    "IMG012": "odd-shape",
    "BOX001": "non-positive-size",
    "BOX002": "out-of-bounds",
    "BOX003": "tiny-box",
    "BOX005": "area-mismatch",
    "BOX006": "bbox-mask-mismatch",
    "SEG001": "too-few-points",
    "SEG002": "self-intersection",
    "SEG003": "polygon-out-of-bounds",
    "SEG004": "zero-area-polygon",
    "SEG005": "sliver-part",
    "SEG006": "rle-invalid",
    "SEG007": "box-shaped-mask",
    "CLS001": "undefined-class",
    "CLS002": "unused-class",
    "CLS003": "confusable-class-names",
    "CLS004": "typo-class-name",
    "CLS005": "malformed-class-name",
    "CLS006": "class-map-differs",
    "CLS007": "unpinned-class-order",
    "DUP001": "exact-duplicate-annotation",
    "DUP002": "near-duplicate-box",
    "DUP003": "conflicting-class-overlap",
    "SPL001": "exact-leak",
    "SPL002": "near-leak",
    "SPL003": "group-leak",
    "SPL004": "class-missing-in-split",
    "SPL005": "split-drift",
    "BAL001": "class-imbalance",
    "BAL002": "rare-class",
    "BAL003": "empty-image-share",
    "BAL004": "count-outlier",
    "BAL005": "property-label-correlation",
}
READERS = {"SCH001", "SCH002", "SCH004", "FMT002", "FMT004", "FMT005", "FMT007"}
FOLDER = Path(annotool.rules.__file__).parent


def own() -> dict[str, type[Rule]]:
    return {code: rule for code, rule in registry().items() if rule.__module__.startswith("annotool.rules.")}


def test_the_rules_are_those_of_the_catalogue() -> None:
    assert {code: rule.slug for code, rule in own().items()} == SLUGS
    assert list(registry()) == sorted(registry())


@pytest.mark.parametrize("code", SLUGS)
def test_each_stands_in_its_file_with_its_documentation(code: str) -> None:
    rule = own()[code]
    check_class(rule)
    assert (FOLDER / code[:3].lower() / f"{SLUGS[code].replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("code", SLUGS)
def test_each_has_its_tests(code: str) -> None:
    tests = Path(__file__).parent / code[:3].lower() / f"test_{SLUGS[code].replace('-', '_')}.py"
    assert tests.is_file(), f"{code} has no {tests}"
    assert "check_rule" in tests.read_text("utf-8")


def test_reader_rules_are_those_that_readers_file() -> None:
    assert {code for code, rule in own().items() if issubclass(rule, ReaderRule)} == READERS


def test_causes_are_rules_and_no_rule_explains_its_cause() -> None:
    causes = {code: set(rule.silenced_by) for code, rule in own().items()}
    assert {cause for each in causes.values() for cause in each} <= set(SLUGS)

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
        assert not any("{" in said.format(n="3") for said in rule.verdict), code


def test_the_registry_imports_nothing_heavy() -> None:
    """`annotool rule CODE` answers at once: no rule module loads pandas, shapely or an image library."""
    code = "import sys; from annotool.rules import registry; registry(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    heavy = {"pandas", "shapely", "pycocotools", "PIL", "lxml", "dask", "rich", "yaml"}
    assert not heavy & set(done.stdout.split())
