"""Every fix, proven on planted faults: the finding is gone, nothing as bad comes up, records not named keep their bytes,
a second run edits nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

import annotool
from annotool.findings import Severity
from annotool.reporting.rows import Row, rows
from annotool.rules import registry
from bench.scorecard import __main__ as scorecard
from bench.scorecard import documents, plans, world
from bench.scorecard.plans import Plan

MENDERS = [plan for plan in plans.PLANS if plan.rule in registry() and registry()[plan.rule].fixes]

# Rules that offer a fix, but not of what is planted here, and why.
NO_FIX_HERE: dict[tuple[str, str], str] = {
    ("SCH001", "cut_json"): "what was cut off is nowhere",
    ("SCH001", "cut_xml"): "what was cut off is nowhere",
    ("SCH002", "no_corner"): "a corner that is not there, or is a word, cannot be known",
    ("IMG008", "same_bytes"): "the labels of the two differ, and which are right is for a person to say",
}


@dataclass(frozen=True)
class Mended:
    """A planted dataset, what was found of the rule before and after, and where the copy is."""

    plan: Plan
    before: list[Row]
    after: list[Row]
    given: Path
    out: Path
    again: int  # edits of a second run

    def of_rule(self, told: list[Row]) -> list[Row]:
        return [row for row in told if row.rule == self.plan.rule and row.fix != "none"]


@pytest.fixture(scope="module")
def truth() -> list[world.Picture]:
    return world.pictures(120)


@pytest.fixture(
    scope="module", params=MENDERS, ids=lambda plan: f"{plan.rule}-{plan.form}-{plan.plant.__name__}"
)
def mended(
    request: pytest.FixtureRequest, truth: list[world.Picture], tmp_path_factory: pytest.TempPathFactory
) -> Mended:
    plan: Plan = request.param
    folder = tmp_path_factory.mktemp("fix")
    given, out = folder / "given", folder / "out"
    rate = scorecard.rates(plan)[1]
    documents.write(scorecard.planted(plan, truth, rate)[0].files(), given)
    before = audited(given, plan)
    annotool.fix(given, out=out, unsafe=True, select=[plan.rule], decode=plan.decode)
    again = annotool.fix(out, unsafe=True, select=[plan.rule], decode=plan.decode)
    return Mended(plan, before, audited(out, plan), given, out, len(again.changes))


def audited(folder: Path, plan: Plan) -> list[Row]:
    data = annotool.read(folder, decode=plan.decode)
    return list(rows(data, annotool.audit(data, preview=True)))


def test_a_fix_is_offered(mended: Mended) -> None:
    offered = bool(mended.of_rule(mended.before))
    assert offered == ((mended.plan.rule, mended.plan.plant.__name__) not in NO_FIX_HERE)


def test_what_was_offered_is_gone(mended: Mended) -> None:
    assert mended.of_rule(mended.after) == []


def test_nothing_as_bad_comes_up(mended: Mended) -> None:
    worst = max(
        (Severity[row.severity.upper()] for row in mended.of_rule(mended.before)), default=Severity.INFO
    )

    def bad(told: list[Row]) -> Counter[tuple[str, str, str]]:
        return Counter(
            (row.rule, row.severity, row.image) for row in told if Severity[row.severity.upper()] >= worst
        )

    assert bad(mended.after) - bad(mended.before) == Counter()


def test_a_second_run_edits_nothing(mended: Mended) -> None:
    assert mended.again == 0


def test_records_not_named_keep_their_bytes(mended: Mended) -> None:
    """COCO and YOLO hold one record a line here; of VOC, whole files are compared."""
    named = mended.of_rule(mended.before)
    whole = {row.file for row in named if not row.line or row.file.endswith((".xml", ".yaml"))}
    if any(not row.file for row in named) or mended.plan.scope in ("dataset", "share"):
        return  # the finding is on the whole dataset: any record may be meant
    lines = {(row.file, row.line) for row in named}
    images = {row.image for row in named if not row.line}
    for path in sorted(mended.given.rglob("*")):
        name = path.relative_to(mended.given).as_posix()
        if path.is_file() and path.suffix in (".json", ".txt", ".xml", ".yaml") and name not in whole:
            copy = mended.out / name
            new = iter(plain(copy.read_bytes()) if copy.exists() else [])
            for number, line in enumerate(plain(path.read_bytes()), 1):
                if (name, number) not in lines and not follows(line, mended.plan, images):
                    assert line in new, f"{name}:{number} changed: {line[:200]!r}"


def follows(line: bytes, plan: Plan, images: set[str]) -> bool:
    """Whether a record goes with an image that was dropped: what dangles from it is meant as well."""
    return plan.scope == "image" and (
        not images or b"image_id" in line or any(each.encode() in line for each in images)
    )


def plain(data: bytes) -> list[bytes]:
    """Lines without the comma that may go when the record after it does."""
    return [line.rstrip(b",") for line in data.split(b"\n")]
