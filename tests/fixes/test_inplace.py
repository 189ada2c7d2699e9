"""Changing files where they are: nothing is lost, whatever happens in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotool.errors import AnnotoolError, JournalError, UsageError
from annotool.findings import Fix
from annotool.fixes import inplace, output
from annotool.fixes.inplace import recover, undo, write_in_place
from annotool.rules.base import found
from tests.fixes import toy

ROOT = Path(__file__).resolve().parents[2]
SICK = b"image 1 a.png 100 100\nbox 1 1 0 90 10 10.5 20 210\r\n"
MENDED = b"image 1 a.png 100 100\nbox 1 1 0 90 10 10 20 200\r\n"
FILES = 4


@pytest.fixture
def given(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    root.mkdir()
    (root / "a.png").touch()
    for number in range(FILES):
        (root / f"{number} ж.toy").write_bytes(SICK)
    return root


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_in_place_and_back(given: Path) -> None:
    before = tree(given)
    (given / "0 ж.toy").chmod(0o640)
    journal = write_in_place(toy.proposal(given))
    assert journal == given / "fixes.jsonl"
    assert tree(given) == {
        **dict.fromkeys((f"{n} ж.toy" for n in range(FILES)), MENDED), "a.png": b"", "fixes.jsonl": journal.read_bytes()
    }  # fmt: skip
    assert (given / "0 ж.toy").stat().st_mode & 0o777 == 0o640, "mode bits are kept"
    assert len(undo(journal)) == FILES
    assert tree(given) == {**before, "fixes.jsonl": journal.read_bytes()}
    assert (given / "0 ж.toy").stat().st_mode & 0o777 == 0o640
    assert undo(journal) == ()


def test_nothing_to_mend_leaves_no_journal(given: Path) -> None:
    write_in_place(toy.proposal(given))
    before = tree(given)
    assert write_in_place(toy.proposal(given)) is None
    assert tree(given) == before


def test_each_run_has_its_own_journal_and_is_undone_newest_first(given: Path) -> None:
    first = write_in_place(toy.proposal(given))
    second = write_in_place(toy.proposal(given, unsafe=True, rules=[Wide()]))
    assert first and second and second.name == "fixes-2.jsonl"
    with pytest.raises(JournalError, match="is not the file"):
        undo(first)
    undo(second)
    undo(first)
    assert (given / "0 ж.toy").read_bytes() == SICK


class Wide(toy.Outlier):
    """Drops what is wide here."""

    severities = toy.Flat.severities

    def check(self, data: Any) -> Any:
        rows = data.table("annotations")
        return found(self, "wide", rows, take=np.flatnonzero(rows["w"] > 5), fix=Fix.UNSAFE)


def test_undo_refuses_when_a_file_was_changed_since_and_changes_nothing(given: Path) -> None:
    journal = write_in_place(toy.proposal(given))
    assert journal
    (given / "3 ж.toy").write_bytes(MENDED + b"more")
    before = tree(given)
    with pytest.raises(JournalError, match=r"3 ж\.toy: is not the file .* nothing was changed"):
        undo(journal)
    assert tree(given) == before


def test_a_file_that_is_gone_since(given: Path) -> None:
    journal = write_in_place(toy.proposal(given))
    assert journal
    (given / "2 ж.toy").unlink()
    with pytest.raises(JournalError, match="found no such file"):
        undo(journal)


def test_a_linked_label_file_is_replaced_and_its_target_left_alone(given: Path, tmp_path: Path) -> None:
    target = tmp_path / "store"
    (given / "0 ж.toy").rename(target)
    (given / "0 ж.toy").symlink_to(target)
    write_in_place(toy.proposal(given))
    assert target.read_bytes() == SICK and (given / "0 ж.toy").read_bytes() == MENDED


def test_files_without_a_folder_in_common(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inplace, "home", lambda _: Path("/"))
    with pytest.raises(UsageError, match="no folder in common"):
        write_in_place(toy.proposal(given))


def test_read_only_files_are_refused_before_anything_is_changed(given: Path) -> None:
    (given / "3 ж.toy").chmod(0o444)
    before = tree(given)
    with pytest.raises(AnnotoolError, match=r"3 ж\.toy: is read-only; nothing was changed"):
        write_in_place(toy.proposal(given))
    assert tree(given) == before


def test_a_file_changed_meanwhile_is_refused(given: Path) -> None:
    made = toy.proposal(given)
    (given / "1 ж.toy").write_bytes(SICK + b"more")
    before = tree(given)
    with pytest.raises(AnnotoolError, match=r"1 ж\.toy: was changed while annotool worked"):
        write_in_place(made)
    assert tree(given) == before


class Every(toy.Missing):
    """Drops every image that a line names."""

    def check(self, data: Any) -> Any:
        rows = data.table("images")
        return found(self, "all", rows, take=np.flatnonzero(rows["source"] >= 0), fix=Fix.UNSAFE)


def test_images_are_never_deleted_in_place(given: Path) -> None:
    """Where an image would be found again in its folder, dropping its record alone would make it a
    background.
    """
    (given / "b.jpg").touch()
    (given / "0 ж.toy").write_bytes(SICK.replace(b"a.png", b"b.jpg"))
    before, made = tree(given), toy.proposal(given, unsafe=True, rules=[Every()])
    assert made.deletions == {str(given / "b.jpg")} and not made.taken_back
    assert made.dropped_images == {str(given / "a.png"), str(given / "b.jpg")}
    with pytest.raises(
        UsageError,
        match=r"deletes no image, and 1 would have to go, as .*b\.jpg; use --out, or --ignore TOY301",
    ):
        write_in_place(made)
    assert tree(given) == before


def test_what_would_delete_an_image_is_left_alone_in_place_and_the_rest_is_mended(given: Path) -> None:
    (given / "b.jpg").touch()
    (given / "0 ж.toy").write_bytes(SICK.replace(b"a.png", b"b.jpg"))
    rules = [*toy.RULES[1:-1], Every()]
    assert toy.proposal(given, unsafe=True, rules=rules).deletions
    made = toy.proposal(given, unsafe=True, rules=rules, in_place=True)
    assert made.dropped_images == {str(given / "a.png")} and not made.deletions and not made.taken_back
    assert made.notes == (
        "1 finding is not mended in place: its image would be found again; use --out (TOY301)",
    )
    assert made.after.counts() == {"TOY301": 1}, "it still stands, and counts"
    assert write_in_place(made)
    held = tree(given)
    assert held["b.jpg"] == b"" and held["0 ж.toy"] == MENDED.replace(b"a.png", b"b.jpg")
    assert held["1 ж.toy"] == b""


def test_records_of_images_go_in_place_where_only_they_count(given: Path) -> None:
    made = toy.proposal(given, unsafe=True, rules=[Every()])
    assert made.dropped_images == {str(given / "a.png")} and not made.deletions
    assert write_in_place(made)
    assert (given / "a.png").exists() and (given / "0 ж.toy").read_bytes() == b""


@pytest.mark.parametrize("step", range(FILES + 1))
def test_an_error_in_the_middle_puts_all_back(
    given: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The step-th file, or at last the journal, cannot be put in place."""
    before, real = tree(given), os.replace
    left = [step]

    def failing(source: Any, target: Any) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise OSError(5, "Input/output error", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    if step == FILES:
        monkeypatch.setattr(Path, "rename", lambda *_: failing("", "the journal"))
    with pytest.raises(AnnotoolError, match="Input/output error; all files are as they were"):
        write_in_place(toy.proposal(given))
    assert tree(given) == before


PROGRAM = """
import os, signal, sys
from pathlib import Path
from annotool.fixes import inplace, journal, output
from tests.fixes import toy

what, step, given, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])

def dying(real, left=[step]):
    def call(*args, **more):
        left[0] -= 1
        if left[0] == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)
    return call

if what == "in place":
    os.replace = dying(os.replace)
    inplace.write_in_place(toy.proposal(given))
elif what == "in place, flushing":
    os.fsync = dying(os.fsync)
    inplace.write_in_place(toy.proposal(given))
elif what == "in place, renaming":
    Path.rename = dying(Path.rename, [0])
    inplace.write_in_place(toy.proposal(given))
elif what == "in place, adding":
    os.replace = dying(os.replace)
    inplace.write_in_place(toy.proposal(given, rules=[*toy.RULES, toy.Unlisted()]))
elif what == "undo":
    os.replace = dying(os.replace)
    inplace.undo(given / "fixes.jsonl")
else:
    os.link = dying(os.link)
    Path.write_bytes = dying(Path.write_bytes)
    output.write(toy.proposal(given), out)
print("done")
"""


def program(
    what: str, step: int, given: Path, out: Path = Path("none"), **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a fix in a process of its own that is killed at its step-th write."""
    call = [sys.executable, "-c", PROGRAM, what, str(step), str(given), str(out)]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False, **more)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "step"),
    [
        ("in place", 0),
        ("in place", 2),
        ("in place", FILES - 1),
        ("in place, flushing", 0),
        ("in place, flushing", 1),
        ("in place, flushing", FILES),
        ("in place, renaming", 0),
        ("in place, adding", 1),
        ("in place, adding", FILES),  # files are replaced in the order of their names: the list is the last
    ],
)
def test_killed_in_the_middle_the_next_run_puts_all_back(given: Path, what: str, step: int) -> None:
    before = tree(given)
    ended = program(what, step, given)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert list(given.glob("*.unfinished")), "a dead run leaves its journal, or its beginning"
    with pytest.raises(AnnotoolError, match=r"did not end; `annotool undo .*\.unfinished`"):
        toy.proposal(given)
    (said,) = recover([given / "a.png", given / "0 ж.toy"])
    assert "an earlier run did not end" in said
    assert tree(given) == before
    journal = write_in_place(toy.proposal(given))
    assert journal and len(undo(journal)) == FILES


@pytest.mark.slow
def test_undo_of_a_journal_that_did_not_end(given: Path) -> None:
    before = tree(given)
    assert program("in place", 2, given).returncode == -signal.SIGKILL
    assert len(undo(given / "fixes.jsonl.unfinished")) == 2
    assert tree(given) == before


@pytest.mark.slow
def test_not_killed_it_ends(given: Path) -> None:
    ended = program("in place", 99, given)
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr
    assert recover([given]) == ()


@pytest.mark.slow
def test_killed_while_undoing_undo_goes_on(given: Path) -> None:
    before = tree(given)
    journal = write_in_place(toy.proposal(given))
    assert journal
    assert program("undo", 2, given).returncode == -signal.SIGKILL
    undone = [name for name, held in tree(given).items() if held == SICK and name.endswith(".toy")]
    assert len(undone) == 2
    assert len(undo(journal)) == FILES - 2
    journal.unlink()
    assert tree(given) == before


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 1, 3])
def test_killed_while_writing_a_copy(given: Path, tmp_path: Path, step: int) -> None:
    """What is left has a clear name, and the next run takes it away."""
    out, before = tmp_path / "out", tree(given)
    assert program("out", step, given, out).returncode == -signal.SIGKILL
    assert not out.exists()
    (left,) = [each for each in tmp_path.iterdir() if each != given]
    assert "annotool-unfinished" in left.name
    assert tree(given) == before
    assert program("out", 99, given, out).stdout == "done\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "out"]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["in place", "out"])
def test_a_full_disk(given: Path, tmp_path: Path, what: str) -> None:
    """Files cannot grow beyond a size here, which fails as a full disk does: in the middle of a write."""
    import resource

    (given / "big.toy").write_bytes(SICK + b"# filler\n" * 20_000)
    before = tree(given)
    limit = (100_000, resource.RLIM_INFINITY)
    ended = program(
        what, 99, given, tmp_path / "out", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    )
    assert ended.returncode == 1 and "AnnotoolError" in ended.stderr and "File too large" in ended.stderr
    assert tree(given) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data"]


def test_a_live_run_is_not_disturbed(given: Path) -> None:
    path = given / "fixes.jsonl.unfinished"
    with inplace.journalled(path, [b"half a journal"]):
        with pytest.raises(AnnotoolError, match="another annotool is changing these files"):
            recover([given])
        assert path.exists()
    recover([given])
    assert not path.exists(), "cut short, so nothing had been changed"


def test_names_that_are_no_unicode(given: Path) -> None:
    name = os.fsdecode(b"\xff \xe9.toy")
    (given / name).write_bytes(SICK)
    journal = write_in_place(toy.proposal(given))
    assert journal and (given / name).read_bytes() == MENDED
    assert len(undo(journal)) == FILES + 1
    assert (given / name).read_bytes() == SICK


def test_names_as_long_as_can_be(given: Path) -> None:
    name = "x" * 251 + ".toy"
    (given / name).write_bytes(SICK)
    assert write_in_place(toy.proposal(given))
    assert (given / name).read_bytes() == MENDED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user for a while")
def test_permission_denied(given: Path) -> None:
    """A folder that its user may read and not write to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        there = shutil.copytree(given, Path(name) / "data")
        before = tree(there)
        os.seteuid(65534)
        try:
            with pytest.raises(AnnotoolError, match="Permission denied; nothing was changed"):
                write_in_place(toy.proposal(there))
            with pytest.raises(AnnotoolError, match="Permission denied"):
                output.write(toy.proposal(there), Path(name) / "out")
        finally:
            os.seteuid(0)
        assert tree(there) == before
        assert [each.name for each in Path(name).iterdir()] == ["data"]
