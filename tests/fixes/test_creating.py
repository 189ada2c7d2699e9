"""Files that a fix adds: written, shown, journalled, taken away again; never in place of another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from annotool.dataset import Dataset
from annotool.errors import AnnotoolError, JournalError
from annotool.findings import Findings, Severity
from annotool.fixes import diff, inplace, output
from annotool.rules.base import found
from tests.fixes import toy

RULES = (*toy.RULES, toy.Unlisted())
LISTED = b"apple\npear\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    root.mkdir()
    (root / "a.png").touch()
    (root / "a.toy").write_bytes(
        b"image 1 a.png 100 100\nbox 1 1 0 10 10 20 20 400\nbox,2,1,1,10,10,30,30,900\n"
    )
    return root


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_it_is_made_when_nothing_else_is_left_to_mend(given: Path) -> None:
    """The row with commas is the only one of its class: read before it is mended, the list would lack it."""
    made = toy.proposal(given, rules=RULES)
    assert made.overlay[given / toy.LIST] == LISTED
    assert made.changes["rule"].tolist() == ["TOY002", "TOY500"] and made.changes["round"].tolist() == [1, 2]
    assert not len(made.after) and made.complete and not made.taken_back
    assert not (given / toy.LIST).exists()


def test_a_copy_has_it_and_undo_takes_it_away(given: Path, tmp_path: Path) -> None:
    before, out = tree(given), tmp_path / "out"
    journal = output.write(toy.proposal(given, rules=RULES), out)
    assert (out / toy.LIST).read_bytes() == LISTED
    header = json.loads(journal.read_bytes().splitlines()[0])
    assert [each["before"] is None for each in header["files"]] == [False, True]
    output.apply(journal, toy.read(given), tmp_path / "anew")
    assert tree(tmp_path / "anew") == tree(out)
    assert not toy.proposal(out, rules=RULES).overlay, "a second run edits nothing"
    assert sorted(inplace.undo(journal)) == ["a.toy", toy.LIST]
    journal.unlink()
    assert tree(out) == before


def test_apply_refuses_where_there_is_such_a_file(given: Path, tmp_path: Path) -> None:
    journal = output.write(toy.proposal(given, rules=RULES), tmp_path / "out")
    (given / toy.LIST).write_bytes(b"mine")
    with pytest.raises(JournalError, match=r"classes\.txt: is not the file .* expected no such file"):
        output.apply(journal, toy.read(given), tmp_path / "anew")
    assert not (tmp_path / "anew").exists()


def test_in_place_and_back(given: Path) -> None:
    before = tree(given)
    journal = inplace.write_in_place(toy.proposal(given, rules=RULES))
    assert journal and (given / toy.LIST).read_bytes() == LISTED
    inplace.undo(journal)
    assert inplace.undo(journal) == ()
    journal.unlink()
    assert tree(given) == before


def test_undo_refuses_when_it_was_changed_since(given: Path) -> None:
    journal = inplace.write_in_place(toy.proposal(given, rules=RULES))
    assert journal
    (given / toy.LIST).write_bytes(LISTED + b"plum\n")
    before = tree(given)
    with pytest.raises(JournalError, match=r"classes\.txt: is not the file .* nothing was changed"):
        inplace.undo(journal)
    assert tree(given) == before


@pytest.mark.parametrize("link", [False, True])
def test_one_that_came_up_meanwhile_is_not_replaced(given: Path, link: bool) -> None:
    made = toy.proposal(given, rules=RULES)
    if link:
        (given / toy.LIST).symlink_to("nowhere")
    else:
        (given / toy.LIST).write_bytes(b"mine")
    with pytest.raises(
        AnnotoolError, match=r"classes\.txt: came up while annotool worked; nothing was changed"
    ):
        inplace.write_in_place(made)
    assert b"," in (given / "a.toy").read_bytes()


class Blind(toy.Unlisted):
    """Finds no list even where there is one."""

    def check(self, data: Dataset) -> Findings:
        return found(self, "no list", count=1, fix=self.fixes[0])


def test_what_is_on_the_disk_is_never_replaced(given: Path) -> None:
    (given / toy.LIST).write_bytes(b"mine")
    made = toy.proposal(given, rules=[*toy.RULES, Blind()])
    assert set(made.overlay) == {given / "a.toy"} and made.complete


def test_one_that_does_not_help_is_not_made(given: Path) -> None:
    made = toy.proposal(given, rules=[*toy.RULES, Blind()])
    assert set(made.overlay) == {given / "a.toy"} and made.taken_back == {"TOY500": 1}


@dataclass(frozen=True)
class Picky(toy.Comma):
    """Does not like class lists, or pears where there is one."""

    names_record: bool = False
    code = "TOY777"
    slug = "picky"
    severities = (Severity.INFO,)

    def check(self, data: Dataset) -> Findings:
        if toy.LIST not in data.table("sources")["file"].tolist():
            return Findings()
        rows = data.table("annotations")
        return (
            found(self, "a pear", rows, take=rows["category"] == 1)
            if self.names_record
            else found(self, "a list")
        )


@pytest.mark.parametrize("names_record", [False, True])
def test_one_that_brings_up_something_as_bad_is_not_made(given: Path, names_record: bool) -> None:
    made = toy.proposal(given, rules=[*RULES, Picky(names_record)])
    assert set(made.overlay) == {given / "a.toy"} and made.taken_back == {"TOY500": 1}


def test_the_diff_shows_it_line_by_line(given: Path) -> None:
    made = toy.proposal(given, rules=RULES)
    slugs = {rule.code: rule.slug for rule in RULES}
    assert list(diff.lines(made.changes, slugs, given))[3:] == [
        "@@ classes.txt TOY500 unlisted (a new file)", "+apple", "+pear"
    ]  # fmt: skip
