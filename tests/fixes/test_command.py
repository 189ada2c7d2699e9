"""fix, undo and apply as they are called: from a folder above the data, with relative paths."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from annotool.cli import program

FORMATS = ["coco", "voc", "yolo"]


@pytest.fixture
def here(tmp_path: Path, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FORMATS:
        shutil.copytree(sample_data / "faulty" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def call(*words: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(program(), list(words))
    assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
    return result


@pytest.mark.parametrize("name", FORMATS)
def test_fix_out_undo_apply(here: Path, name: str) -> None:
    before = tree(here / name)
    said = call("fix", name, "--out", "mended", "--unsafe-fixes", "--fail-on", "never").output
    assert "mended in mended" in said and tree(here / name) == before
    assert "nothing" in call("fix", "mended", "--out", "twice", "--unsafe-fixes", "--fail-on", "never").output
    call("apply", "mended/fixes.jsonl", name, "--out", "anew")
    assert tree(here / "anew") == tree(here / "mended")
    call("undo", "mended/fixes.jsonl")
    assert all(before[file] == held for file, held in tree(here / "mended").items() if file != "fixes.jsonl")


@pytest.mark.parametrize("name", FORMATS)
def test_fix_in_place_and_undo(here: Path, name: str) -> None:
    before = tree(here / name)
    call("fix", f"./{name}", "--in-place", "--fail-on", "never")
    assert tree(here / name) != before
    call("fix", name, "--diff", exit_code=0)
    call("undo", f"{name}/fixes.jsonl")
    (here / name / "fixes.jsonl").unlink()
    assert tree(here / name) == before


@pytest.mark.parametrize("name", FORMATS)
def test_diff_shows_and_writes_nothing(here: Path, name: str) -> None:
    before = tree(here)
    said = call("fix", name, "--diff", exit_code=1).output
    heads = [line for line in said.splitlines() if line.startswith("@@ ")]
    old = [head for head in heads if "(a new file)" not in head]
    assert old and all((here / name / head.split()[1].rpartition(":")[0]).is_file() for head in old)
    assert len(heads) - len(old) == (name == "voc"), "its class list"
    assert not any("(unsafe)" in head for head in heads)
    assert tree(here) == before


def test_only_the_selected_rules_mend(here: Path) -> None:
    said = call("fix", "coco", "--diff", "--select", "SCH006", exit_code=1).output
    assert [line.split()[2] for line in said.splitlines() if line.startswith("@@ ")] == ["SCH006"]


def test_in_place_leaves_images_alone_and_mends_the_rest(here: Path) -> None:
    before = tree(here / "yolo")
    said = call("fix", "yolo", "--in-place", "--unsafe-fixes", exit_code=1).output
    assert "1 finding is not mended in place: its image would be found again; use --out (SPL001)" in " ".join(
        said.split()
    )
    images = {name for name in before if "/images/" in f"/{name}"}
    assert images <= tree(here / "yolo").keys()
    call("audit", "yolo", "--select", "SPL001", exit_code=1)
    call("undo", "yolo/fixes.jsonl")
    (here / "yolo" / "fixes.jsonl").unlink()
    assert tree(here / "yolo") == before


def test_images_left_out_of_a_copy_are_told_by_fix_and_by_undo(here: Path) -> None:
    said = call("fix", "yolo", "--out", "mended", "--unsafe-fixes", "--fail-on", "never").output
    assert "left out: 1 image whose records went; undo brings the records back" in " ".join(said.split())
    said = call("undo", "mended/fixes.jsonl").output
    assert "images that the copy was made without: 1; they are still in the input" in said
    call("fix", "coco", "--out", "other", "--fail-on", "never")
    assert "without" not in call("undo", "other/fixes.jsonl").output


def test_an_audit_tells_of_a_fix_that_did_not_end(here: Path) -> None:
    (here / "yolo" / "fixes-2.jsonl.unfinished").write_bytes(b"half")
    said = "".join(call("audit", "yolo", "--fail-on", "never").output.split())
    assert "files may be half mended; `annotool undo".replace(" ", "") in said
    call("fix", "yolo", "--in-place", "--fail-on", "never")
    assert "half mended" not in call("audit", "yolo", "--fail-on", "never").output
