from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from annotool.errors import AnnotoolError, UsageError
from annotool.output import UNFINISHED, check_place, place_image, staged, write_file


def test_the_folder_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with staged(out) as work:
        (work / "a.txt").write_text("a")
        assert not out.exists()
    assert [each.name for each in out.iterdir()] == ["a.txt"]
    assert os.listdir(out.parent) == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with staged(tmp_path / "out") as work:
        (work / "a").write_text("")
    assert (tmp_path / "out" / "a").exists()


def test_nothing_is_left_when_the_block_fails(tmp_path: Path) -> None:
    def full_disk() -> None:
        with staged(tmp_path / "out") as work:
            (work / "a").write_text("a")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(AnnotoolError, match="No space left"):
        full_disk()
    assert os.listdir(tmp_path) == []


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}out-x1").mkdir()
    with staged(tmp_path / "out"):
        pass
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("place", ["data", "data/below", "."])
def test_the_inputs_are_out_of_bounds(tmp_path: Path, place: str) -> None:
    (tmp_path / "data" / "below").mkdir(parents=True)
    with pytest.raises(UsageError), staged(tmp_path / place, [tmp_path / "data"]):
        pass
    assert os.listdir(tmp_path) == ["data"]


def test_a_full_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("keep")
    with pytest.raises(UsageError, match="new or empty"), staged(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "mine").read_text() == "keep"


def test_a_file_is_replaced_whole_or_not(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")

    def broken() -> list[bytes]:
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        write_file(target, (part for part in [b"new", *broken()]))
    assert target.read_bytes() == b"old"
    write_file(target, [b"new", b"er"], mode=0o640)
    assert target.read_bytes() == b"newer"
    assert target.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(("how", "links"), [("link", 2), ("copy", 1)])
def test_images_are_linked_or_copied(tmp_path: Path, how: str, links: int) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(b"jpeg")
    place_image(str(source), tmp_path / "to" / "b.jpg", how)
    assert (tmp_path / "to" / "b.jpg").read_bytes() == b"jpeg"
    assert source.stat().st_nlink == links


def test_a_linked_image_is_resolved(tmp_path: Path) -> None:
    source, link = tmp_path / "a.jpg", tmp_path / "link.jpg"
    source.write_bytes(b"jpeg")
    link.symlink_to(source)
    place_image(str(link), tmp_path / "b.jpg", "link")
    assert not (tmp_path / "b.jpg").is_symlink()


def test_a_file_that_cannot_be_written_is_named_as_given(tmp_path: Path) -> None:
    with pytest.raises(AnnotoolError) as told:
        write_file(tmp_path / "none" / "x.json", [b""])
    assert str(told.value) == f"{tmp_path}/none/x.json: could not be written: No such file or directory"


def test_a_place_that_takes_no_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_place(tmp_path / "a.json")
    assert os.listdir(tmp_path) == []
    check_place(Path(os.devnull))
    with pytest.raises(UsageError, match="no such folder"):
        check_place(tmp_path / "none" / "a.json")
    with pytest.raises(UsageError, match="is a folder"):
        check_place(tmp_path)

    def read_only(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    with pytest.raises(UsageError, match="nothing can be written .* Read-only file system"):
        check_place(tmp_path / "a.json")
