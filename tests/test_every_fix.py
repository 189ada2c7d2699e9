"""Every fix, proven on planted faults: the finding is gone, nothing as bad comes up, records not named keep their bytes,
a second run edits nothing; in place gives the bytes of the copy, and undo those of before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import annotool
from annotool.findings import Severity
from annotool.fixes import output
from annotool.fixes.inplace import write_in_place
from annotool.reporting.rows import Row, rows
from annotool.rules import registry
from bench.scorecard import __main__ as scorecard
from bench.scorecard import documents, plans, world
from bench.scorecard.plans import Plan

MENDERS = [plan for plan in plans.PLANS if registry()[plan.rule].fixes]

# Rules that offer a fix, but not of what is planted here, and why. "yolo" is all its kinds.
NO_FIX_HERE: dict[tuple[str, str, str], str] = {
    ("SCH001", "cut_json", "coco"): "what was cut off is nowhere",
    ("SCH001", "cut_xml", "voc"): "what was cut off is nowhere",
    ("SCH001", "no_text", "yolo"): "zeros hold nothing, and of UTF-16 the reader keeps nothing to write",
    ("SCH002", "no_corner", "voc"): "a corner that is not there, or is a word, cannot be known",
    ("IMG008", "same_bytes", ""): "the labels of the two differ, and which are right is for a person to say",
    ("BOX002", "out_obb", "yolo obb"): "a turned box that is cut at the border is none any more",
    ("CLS003", "spelled_otherwise", "yolo"): "the list is numbered by place: every later class would change",
    ("CLS003", "declared_twice", ""): "of two classes with one name nobody can say which row means which",
    ("FMT001", "box_among_poses", "yolo pose"): "where the keypoints are, nobody wrote",
    **{("FMT003", "pixels", f"yolo {kind}"): "boxes only are divided" for kind in ("segment", "pose", "obb")},
}

# What comes up by a fix as it has to, and why.
COMES_UP = {
    ("CLS004", "yolo"): "CLS002",  # the misspelt name stays on the list, for the numbers of the others
}


def listed(plan: Plan, forms: Iterable[str]) -> bool:
    return any(plan.form.startswith(form) for form in forms)


Files = dict[str, bytes]
LABELS = (".json", ".txt", ".xml", ".yaml")


@dataclass(frozen=True)
class Mended:
    """A planted dataset, and what was found in it before and after; and its files, without journals, by name."""

    plan: Plan
    before: list[Row]
    after: list[Row]
    again: int  # edits of a second run
    deletions: frozenset[str]  # images that the copy is without
    renamed: bool  # whether images have other names in the copy
    given: Files
    out: Files  # the mended copy
    in_place: Files
    undone: Files  # the copy after undo
    undone_in_place: Files

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
    held, before = files(given), audited(given, plan)
    options: dict[str, Any] = {"unsafe": True, "select": [plan.rule], "decode": plan.decode}
    made = annotool.fix(given, **options)
    copied = output.write(made, out)
    again, after, mended = annotool.fix(out, **options), audited(out, plan), files(out)
    annotool.undo(copied)
    # A proposal is proven once for both, but where in place it may not be the same.
    alike = not (made.deletions or made.renamed)
    own = write_in_place(made) if alike else annotool.fix(given, in_place=True, **options).journal
    in_place = files(given)
    if own is not None:
        annotool.undo(own)
    return Mended(
        plan,
        before,
        after,
        len(again.changes),
        made.deletions,
        bool(made.renamed),
        held,
        mended,
        in_place,
        files(out),
        files(given),
    )


def files(folder: Path) -> Files:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "fixes.jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def audited(folder: Path, plan: Plan) -> list[Row]:
    data = annotool.read(folder, decode=plan.decode)
    return list(rows(data, annotool.audit(data, preview=True)))


def test_a_fix_is_offered(mended: Mended) -> None:
    offered = bool(mended.of_rule(mended.before))
    here = (mended.plan.rule, mended.plan.plant.__name__)
    assert offered != listed(mended.plan, [form for *fault, form in NO_FIX_HERE if tuple(fault) == here])


def test_what_was_offered_is_gone(mended: Mended) -> None:
    assert mended.of_rule(mended.after) == []


def test_nothing_as_bad_comes_up(mended: Mended) -> None:
    worst = max(
        (Severity[row.severity.upper()] for row in mended.of_rule(mended.before)), default=Severity.INFO
    )

    meant = {
        code
        for (rule, form), code in COMES_UP.items()
        if rule == mended.plan.rule and listed(mended.plan, [form])
    }

    def bad(told: list[Row]) -> Counter[tuple[str, str, str]]:
        return Counter(
            (row.rule, row.severity, row.image)
            for row in told
            if Severity[row.severity.upper()] >= worst and row.rule not in meant
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
    for name, held in mended.given.items():
        if name.endswith(LABELS) and name not in whole:
            new = iter(plain(mended.out.get(name, b"")))
            for number, line in enumerate(plain(held), 1):
                if (name, number) not in lines and not follows(line, mended.plan, images):
                    assert line in new, f"{name}:{number} changed: {line[:200]!r}"


def test_in_place_gives_the_bytes_of_the_copy(mended: Mended) -> None:
    if mended.renamed:
        assert mended.in_place == mended.given, "no image is renamed in place, nor what names it"
    elif mended.deletions:
        left = {Path(each).name for each in mended.deletions}
        assert left <= {Path(name).name for name in mended.in_place}, "no image is deleted in place"
    else:
        gone = {name for name in mended.given if name.endswith(LABELS) and name not in mended.out}
        not_read = mended.given.items() - mended.out.items()
        kept = {name: held for name, held in not_read if name not in mended.out and name not in gone}
        assert mended.in_place == mended.out | kept


def test_undo_gives_back_every_byte(mended: Mended) -> None:
    assert mended.undone_in_place == mended.given
    left_out = {name for name in mended.given if any(each.endswith(f"/{name}") for each in mended.deletions)}
    assert len(left_out) == len(mended.deletions)
    copied = mended.out.keys() | {name for name in mended.given if name.endswith(LABELS) or mended.renamed}
    assert mended.undone == {
        name: held for name, held in mended.given.items() if name in copied and name not in left_out
    }


def follows(line: bytes, plan: Plan, images: set[str]) -> bool:
    """Whether a record goes with an image that was dropped: what dangles from it is meant as well."""
    return plan.scope == "image" and (
        not images or b"image_id" in line or any(each.encode() in line for each in images)
    )


def plain(data: bytes) -> list[bytes]:
    """Lines without the comma that may go when the record after it does."""
    return [line.rstrip(b",") for line in data.split(b"\n")]
