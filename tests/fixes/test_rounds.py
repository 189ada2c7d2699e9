from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotool.findings import Edits, Findings, Fix
from annotool.fixes.inplace import undo, write_in_place
from annotool.fixes.rounds import ROUNDS, Proposal
from annotool.rules.base import Rule, found
from tests.fixes import toy

CLEAN = "image 1 a.png 100 100\nbox 1 1 0 10 10 20 20 400\n"
SICK = (
    "image 1 a.png 100 100\n"
    "image 2 gone.png 100 100\n"
    "image 3 empty.png 100 100\n"
    "box 1 1 0 90 10 10.5 20 210\r\n"  # over by .5: a safe clip
    "box 2 1 0 90 10 20 20 400\n"  # over by 10: an unsafe one
    "box 3 1 1 10 10 0 20 0\n"  # no width
    "box 4 2 0 10 10 20 20 77\n"  # its image is gone, its area wrong
    "box,5,1,0,10,10,30,30,900\n"  # not a row until mended
    "box 6 1 0 10 10 60 20 1200\n"  # wide, which is no fault
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "empty.png"):
        (tmp_path / name).touch()
    (tmp_path / "sick.toy").write_bytes(SICK.encode())
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "clean.toy").write_bytes(CLEAN.encode())
    (tmp_path / "sub" / "a.png").touch()
    return tmp_path


def text(made: Proposal, folder: Path, name: str = "sick.toy") -> str:
    held = made.overlay[folder / name]
    assert held is not None
    return held.decode()


def test_safe_edits_only(folder: Path) -> None:
    made = toy.proposal(folder)
    assert set(made.overlay) == {folder / "sick.toy"}
    assert text(made, folder) == (
        SICK.replace("10.5 20 210", "10 20 200").replace("20 20 77", "20 20 400").replace(",", " ")
    )
    assert made.complete and not made.taken_back
    assert made.after.counts() == {"TOY001": 1, "TOY101": 1, "TOY301": 1, "TOY900": 1}
    assert sorted(made.changes["rule"].tolist()) == ["TOY002", "TOY101", "TOY101", "TOY201"]


def test_unsafe_edits(folder: Path) -> None:
    made = toy.proposal(folder, unsafe=True)
    assert text(made, folder) == (
        "image 1 a.png 100 100\nimage 3 empty.png 100 100\n"
        "box 1 1 0 90 10 10 20 200\r\nbox 2 1 0 90 10 10 20 200\n"
        "box 5 1 0 10 10 30 30 900\nbox 6 1 0 10 10 60 20 1200\n"
    )
    assert made.after.counts() == {"TOY900": 1}, "an outlier is told and kept"
    assert not made.dropped_images, "the image dropped was not on disk"


def test_a_second_run_edits_nothing(folder: Path) -> None:
    for unsafe in (False, True):
        made = toy.proposal(folder, unsafe=unsafe)
        (folder / "sick.toy").write_bytes(text(made, folder).encode())
        again = toy.proposal(folder, unsafe=unsafe)
        assert not again.overlay and not len(again.changes) and again.complete


def test_clean_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "clean.toy").write_text(CLEAN)
    made = toy.proposal(tmp_path, unsafe=True)
    assert not made.overlay and not len(made.changes) and not len(made.after)
    assert made.fixed is made.data


def test_changes_say_what_was_and_what_is(folder: Path) -> None:
    changes = toy.proposal(folder).changes
    at = int(np.flatnonzero(changes["column"] == "bbox")[0])
    row = {name: changes[name][at] for name in changes}
    assert row["path"] == folder / "sick.toy" and row["line"] == 4 and row["round"] == 1
    assert (row["old"], row["new"]) == (b"10.5", b"10")
    assert row["old_value"] == (90, 10, 10.5, 20) and row["new_value"] == (90, 10, 10, 20)
    assert (row["image"], row["annotation_id"], row["safe"]) == ("a.png", 1, True)
    assert len(row["fingerprint"]) == 16


def test_fingerprints_count_over_all_findings_of_a_rule(folder: Path) -> None:
    """The finding that is mended second has the fingerprint that the audit shows for it."""
    from annotool.fingerprint import fingerprints

    made = toy.proposal(folder)
    of = made.before.of("TOY101")
    shown = fingerprints(made.data, of)[of.column("annotation") == 0]
    assert made.changes["fingerprint"][made.changes["rule"] == "TOY101"].tolist() == [*shown, *shown]


def test_an_edit_that_makes_it_worse_is_taken_back(folder: Path) -> None:
    """A box clipped to nothing has a finding as severe as the one mended."""
    made = toy.proposal(folder, rules=[toy.Flat(), Shrinks(), toy.Area()])
    assert made.taken_back == {"TOY101": 1}
    assert "10.5 20 210" in text(made, folder), "the finding stays"
    assert "20 20 400" in text(made, folder), "what another rule mends is mended"
    assert made.after.counts()["TOY101"] == made.before.counts()["TOY101"]


class Shrinks(toy.Outside):
    """Mends by taking all the width."""

    def fix(self, data: object, findings: Findings) -> Edits:
        at = findings.column("annotation")
        return toy.edit_cells(self, findings, at, "w", [0.0] * len(at))


class Idle(toy.Area):
    """Changes bytes, but the fault stays."""

    def fix(self, data: object, findings: Findings) -> Edits:
        at = findings.column("annotation")
        return toy.edit_cells(self, findings, at, "area", [-5.0] * len(at))


class Counts(toy.Area):
    """Never comes to an end: each edit asks for the next."""

    def fix(self, data: object, findings: Findings) -> Edits:
        at = findings.column("annotation")
        area = data.table("annotations")["area"][at]  # type: ignore[attr-defined]
        return toy.edit_cells(self, findings, at, "area", (area + 1).tolist())


@pytest.mark.parametrize("rule", [Idle(), Counts()], ids=["idle", "endless"])
def test_an_edit_that_does_not_mend_is_taken_back(folder: Path, rule: Rule) -> None:
    made = toy.proposal(folder, rules=[rule])
    assert not made.overlay and made.taken_back == {"TOY201": 1} and made.complete


def test_never_more_than_five_rounds(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "deep.toy").write_text(CLEAN.replace("400", "393"))
    made = toy.proposal(tmp_path, rules=[Counts()])
    assert not made.overlay, "seven steps are too many: nothing is proven, so nothing is made"
    (tmp_path / "deep.toy").write_text(CLEAN.replace("400", f"{400 - ROUNDS}"))
    made = toy.proposal(tmp_path, rules=[Counts()])
    assert made.complete and made.changes["round"].tolist() == [1, 2, 3, 4, 5]


def test_a_background_image_is_never_dropped(folder: Path) -> None:
    class Empties(toy.Missing):
        def check(self, data: object) -> Findings:
            rows = data.table("images")  # type: ignore[attr-defined]
            return found(self, "all", rows, take=np.arange(len(rows)), fix=Fix.UNSAFE)

    made = toy.proposal(folder, unsafe=True, rules=[Empties()])
    assert "image 3 empty.png" in text(made, folder)
    assert "image 1" not in text(made, folder) and "box" not in text(made, folder).replace("box,5", "")
    assert made.dropped_images == {str(folder / "a.png"), str(folder / "sub" / "a.png")}


def test_images_that_lose_their_last_annotation_are_told(folder: Path) -> None:
    assert toy.proposal(folder, unsafe=True).notes == ()
    (folder / "sub" / "clean.toy").write_text(CLEAN.replace("20 20 400", "0 20 0"))
    (said,) = toy.proposal(folder, unsafe=True).notes
    assert said == "images that lose their last annotation, and are backgrounds from then on: 1"


SIDES = st.sampled_from(["0", "1", "5.50", "20", "99.5", "100", "1e2", "-3"])
BOXES = st.builds(
    lambda image, category, sides, area, end, comma: (
        (" " if not comma else ",").join(["box", "ID", str(image), str(category), *sides, area]) + end
    ),
    st.integers(1, 4),
    st.integers(0, 1),
    st.lists(SIDES, min_size=4, max_size=4),
    st.sampled_from(["400", "0", "12.25"]),
    st.sampled_from(["\n", "\r\n", "  \n"]),
    st.booleans(),
)


@settings(max_examples=60)
@given(st.lists(BOXES, max_size=8), st.booleans())
def test_whatever_is_wrong_comes_to_rest_and_can_be_undone(lines: list[str], unsafe: bool) -> None:
    """For any file: nothing proposed gets worse, a second run edits nothing, what no edit names stays as it
    was.
    """
    images = [f"image {at} {name} 100 100\n" for at, name in enumerate(("a.png", "gone.png", "b.png"), 1)]
    text = "".join([*images, *(line.replace("ID", str(at), 1) for at, line in enumerate(lines, 1))])
    with tempfile.TemporaryDirectory() as name:
        folder, file = Path(name), Path(name) / "x.toy"
        for image in ("a.png", "b.png"):
            (folder / image).touch()
        file.write_bytes(text.encode())
        made = toy.proposal(folder, unsafe=unsafe)
        assert made.complete
        journal = write_in_place(made)
        left = file.read_bytes().decode().splitlines(keepends=True)
        edited = set(made.changes["line"].tolist())
        kept = [line for at, line in enumerate(text.splitlines(keepends=True), 1) if at not in edited]
        rest = iter(left)
        assert all(line in rest for line in kept), "lines that no edit names stay, in order"
        assert not len(toy.proposal(folder, unsafe=unsafe).changes)
        grown = {rule for rule, n in made.after.counts().items() if n > made.before.counts().get(rule, 0)}
        assert grown <= {"TOY900"}, "a row that can be read now may bring a fact to light, no fault"
        if journal:
            undo(journal)
            assert file.read_bytes() == text.encode()
        else:
            assert not len(made.changes)
