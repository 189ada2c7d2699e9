"""What fix mends of the planted faults is gone, the rest still stands; what it did not mend keeps its bytes; all of it can
be undone and done again."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import annotool
from annotool.reporting.rows import rows

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"

Finding = tuple[str, str, str]

# What no fix is offered for and still goes, with the record that an unsafe fix of another finding drops.
GONE_WITH_A_RECORD: dict[str, list[Finding]] = {
    "faulty/cases/CLS004": [("BAL001", "info", "none"), ("BAL002", "info", "none")],
    "faulty/coco": [("SCH002", "error", "none"), ("BOX003", "info", "none"), ("BAL002", "info", "none")],
    "faulty/voc": [("BOX003", "info", "none"), ("BAL002", "info", "none")],
    "faulty/yolo": [("FMT002", "error", "none"), ("FMT002", "error", "none"), ("BOX003", "info", "none")],
}

# What is new once all is mended: a box that left its image, cut to it, is still larger than others of its category.
COMES_WITH_A_FIX: dict[str, list[Finding]] = {"faulty/voc": [("BOX007", "info", "none")]}

# A picture that leaves a split which is a folder is not copied; the journal holds labels, so undo brings back its labels alone.
LEFT_OUT = {"faulty/yolo": {"images/train/fruit_001.jpg"}}

# Files that a safe fix adds.
ADDED = {"faulty/voc": {"labels.txt"}, "faulty/cases/CLS007": {"labels.txt"}}

# Faults that only the pixels show.
DECODED = [f"faulty/cases/{code}" for code in ("IMG009", "IMG010", "IMG011")]
# Faults that only a model's predictions show.
PREDICTED: dict[str, dict[str, Any]] = {
    f"faulty/cases/{code}/data": {"predictions": SAMPLES / f"faulty/cases/{code}/predictions"}
    for code in ("LBL001", "PRD001")
}


def planted() -> dict[str, list[dict[str, str]]]:
    """The lines of expected_findings.csv for each faulty dataset."""
    datasets: dict[str, list[dict[str, str]]] = {}
    with (SAMPLES / "faulty/expected_findings.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            datasets.setdefault(line["dataset"], []).append(line)
    return datasets


PLANTED = planted()


@dataclass(frozen=True)
class Mended:
    """A faulty dataset, which fixes were asked for, and the folder they were written to."""

    name: str
    fixes: tuple[str, ...]
    given: Path
    out: Path
    before: dict[str, bytes]

    @property
    def unsafe(self) -> bool:
        return "unsafe" in self.fixes


@pytest.fixture(scope="module", params=[(name, unsafe) for name in PLANTED for unsafe in (False, True)],
                ids=lambda p: f"{p[0]}-{'unsafe' if p[1] else 'safe'}")  # fmt: skip
def mended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mended]:
    name, unsafe = request.param
    given, out = SAMPLES / name, tmp_path_factory.mktemp("fix") / "out"
    before = files(given)
    annotool.fix(given, out=out, unsafe=unsafe, **PREDICTED.get(name, {}))
    yield Mended(name, ("safe", "unsafe") if unsafe else ("safe",), given, out, before)
    assert files(given) == before, "the input is as it was"


def files(folder: Path) -> dict[str, bytes]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "fixes.jsonl"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def audited(folder: Path, name: str) -> Counter[Finding]:
    data = annotool.read(folder, decode=name in DECODED, **PREDICTED.get(name, {}))
    return Counter((row.rule, row.severity, row.fix) for row in rows(data, annotool.audit(data)))


def test_an_audit_finds_what_was_not_mended_and_nothing_else(mended: Mended) -> None:
    left = [line for line in PLANTED[mended.name] if line["fix"] not in mended.fixes]
    wanted = Counter((line["rule"], line["severity"], line["fix"]) for line in left)
    if mended.unsafe:
        wanted.subtract(GONE_WITH_A_RECORD.get(mended.name, []))
        wanted.update(COMES_WITH_A_FIX.get(mended.name, []))
    assert audited(mended.out, mended.name) == +wanted


def test_a_second_fix_edits_nothing(mended: Mended) -> None:
    again = annotool.fix(mended.out, unsafe=mended.unsafe, **PREDICTED.get(mended.name, {}))
    assert not len(again.changes)


@pytest.mark.parametrize("name", PLANTED)
def test_safe_fixes_touch_the_records_that_were_named_and_no_other(name: str, tmp_path: Path) -> None:
    """The COCO and YOLO samples hold one record a line; of VOC, the files that change are compared, and how much."""
    before, named = files(SAMPLES / name), dict[str, set[int]]()
    for line in PLANTED[name]:
        if line["fix"] == "safe" and line["file"]:
            named.setdefault(line["file"], set()).add(int(line["line"] or 0))
    annotool.fix(SAMPLES / name, out=tmp_path / "out", **PREDICTED.get(name, {}))
    after = files(tmp_path / "out")
    assert after.keys() - before.keys() == ADDED.get(name, set()) and before.keys() <= after.keys()
    assert {file for file in before if after[file] != before[file]} == named.keys()
    for file, lines in named.items():
        old, new = records(before[file]), records(after[file])
        if file.endswith(".xml"):
            assert len(set(old) - set(new)) <= 2 and len(set(new) - set(old)) <= 2, file
        elif 0 not in lines:  # 0: the whole file is named
            kept = iter(new)
            others = [text for at, text in enumerate(old, 1) if at not in lines]
            assert all(text in kept for text in others), file  # in this order: `in` moves the iterator on


def records(data: bytes) -> list[bytes]:
    """Lines without the comma that may go when the record after it does."""
    return [line.rstrip(b",") for line in data.split(b"\n")]


def test_apply_does_it_again(mended: Mended, tmp_path: Path) -> None:
    annotool.apply(mended.out / "fixes.jsonl", mended.given, tmp_path / "again")
    assert files(tmp_path / "again") == files(mended.out)


def test_undo_gives_back_every_byte(mended: Mended, tmp_path: Path) -> None:
    annotool.fix(mended.given, out=tmp_path / "out", unsafe=mended.unsafe, **PREDICTED.get(mended.name, {}))
    annotool.undo(tmp_path / "out" / "fixes.jsonl")
    after = files(tmp_path / "out")
    assert after == {name: data for name, data in mended.before.items() if name in after}
    left_out = LEFT_OUT.get(mended.name, set()) if mended.unsafe else set()
    assert mended.before.keys() - after.keys() == left_out
